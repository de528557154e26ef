package check

import (
	"slices"
	"strings"

	"vakt/internal/directory"
)

// purgeDays is how long an account is to have been disabled before it is
// deleted for good: as long as the bin keeps it.
const purgeDays = 30

// tenantTable is every fact about a tenant.
var tenantTable = []fact{
	{"account", "the tenant's id", func(v *view) value { return words(v.j.s.Tenant) }},
	{"security_defaults", "true where Microsoft's security defaults are on", func(v *view) value { return flagOf(v.j.s.SecurityDefaults) }},
	{"ca.user_risk", "names of enabled policies on the risk of users", func(v *view) value { return v.riskPolicies(userRisk) }},
	{"ca.user_risk_excludes", "users, groups and roles that they leave out", func(v *view) value { return v.excluded(userRisk) }},
	{"ca.signin_risk", "names of enabled policies on the risk of sign-ins", func(v *view) value { return v.riskPolicies(signInRisk) }},
	{"ca.signin_risk_excludes", "users, groups and roles that they leave out", func(v *view) value { return v.excluded(signInRisk) }},
	{"ca.report_only", "names of policies that only report", (*view).reportOnly},
	{"break_glass.count", "declared emergency accounts that exist and are enabled", (*view).breakGlassCount},
	{"break_glass.missing", "declared emergency accounts that do not exist or are disabled", (*view).breakGlassMissing},
	{"deleted.purged_early", "accounts deleted for good without 30 days of being disabled before", (*view).purgedEarly},
	{"mailbox_audit_off", "true where mailbox auditing is off for the organization", func(v *view) value { return flagOf(v.j.s.AuditOff) }},
	{"smtp_auth_off", "true where SMTP AUTH is off for the organization", func(v *view) value { return flagOf(v.j.s.SMTPAuthOff) }},
}

func userRisk(p *directory.Policy) []string   { return p.UserRisk }
func signInRisk(p *directory.Policy) []string { return p.SignInRisk }

// risk gives the enabled policies that act on high risk for everybody, save
// exclusions.
func (v *view) risk(levels func(*directory.Policy) []string) []*directory.Policy {
	var list []*directory.Policy
	for i := range v.j.s.Policies.Value {
		p := &v.j.s.Policies.Value[i]
		acts := controls(p) > 0 && slices.Contains(p.Users.IncludeUsers, "All") && slices.Contains(p.IncludeApps, "All")
		if p.State == "enabled" && acts && slices.Contains(levels(p), "high") {
			list = append(list, p)
		}
	}
	return list
}

func (v *view) riskPolicies(levels func(*directory.Policy) []string) value {
	if !v.j.s.Policies.Known {
		return unknown(v.j.s.Policies.Why)
	}
	var names []string
	for _, p := range v.risk(levels) {
		names = append(names, p.Name)
	}
	return words(names...)
}

// excluded names whom every one of the policies leaves out, in words: who is
// left out by one of two is covered by the other.
func (v *view) excluded(levels func(*directory.Policy) []string) value {
	if !v.j.s.Policies.Known {
		return unknown(v.j.s.Policies.Why)
	}
	policies := v.risk(levels)
	count := map[string]int{}
	for _, p := range policies {
		for _, who := range v.leftOut(p) {
			count[who]++
		}
	}
	var list []string
	for who, n := range count {
		if n == len(policies) {
			list = append(list, who)
		}
	}
	slices.Sort(list)
	return words(list...)
}

// leftOut names each exclusion of a policy once. Emergency accounts are left
// out on purpose.
func (v *view) leftOut(p *directory.Policy) []string {
	var list []string
	for _, u := range p.Users.ExcludeUsers {
		if name := v.j.nameOf(u); !v.j.breakGlass.holds(v.j.now, u, name).Value {
			list = append(list, name)
		}
	}
	for _, id := range p.Users.ExcludeGroups {
		list = append(list, "group "+v.j.groupName(id))
	}
	for _, id := range p.Users.ExcludeRoles {
		list = append(list, "role "+v.j.roleNamed(id))
	}
	for _, kind := range p.Users.ExcludeGuests {
		list = append(list, "guests: "+kind)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (j *judge) groupName(id string) string {
	if g := j.groups[strings.ToLower(id)]; g != nil && g.Name != "" {
		return g.Name
	}
	return id
}

func (j *judge) roleNamed(template string) string {
	for i := range j.s.Roles.Value {
		if r := &j.s.Roles.Value[i]; strings.EqualFold(r.Template, template) || strings.EqualFold(r.ID, template) {
			return r.Name
		}
	}
	return template
}

func (v *view) reportOnly() value {
	return whole(v.j.s.Policies, func(p directory.Policy) string {
		if p.State == "enabledForReportingButNotEnforced" {
			return p.Name
		}
		return ""
	})
}

// emergency sorts the declared emergency accounts: those that work, and the
// names of those that do not.
func (v *view) emergency() (working int, missing []string, unread string) {
	l := v.j.breakGlass
	seen := map[*directory.Account]bool{}
	for item, until := range l.items {
		if until != 0 && v.j.now.Unix() >= until {
			continue
		}
		a := v.j.account(item)
		if a == nil {
			a = v.j.accountByUPN(item)
		}
		switch {
		case a == nil && len(v.j.accounts) == 0:
			unread = "users.json was not read"
		case a == nil, directory.Is(a.Enabled, false):
			missing = append(missing, item)
		case !a.Enabled.Known:
			unread = unreadWhy(a.Enabled.Why)
		case !seen[a]:
			seen[a] = true
			working++
		}
	}
	slices.Sort(missing)
	if unread == "" {
		unread = l.unread
	}
	return working, missing, unread
}

func (v *view) breakGlassCount() value {
	n, _, unread := v.emergency()
	if unread != "" {
		return unknown(unread)
	}
	return number(n)
}

func (v *view) breakGlassMissing() value {
	_, missing, unread := v.emergency()
	if unread != "" && len(missing) == 0 {
		return unknown(unread)
	}
	return words(missing...)
}

// purgedEarly names accounts that were deleted for good less than purgeDays
// after they had been disabled, or that never were.
func (v *view) purgedEarly() value {
	if !v.j.s.Deleted.Known {
		return unknown(v.j.s.Deleted.Why)
	}
	var list []string
	unread := ""
	for _, d := range v.j.s.Deleted.Value {
		switch {
		case !d.Hard:
		case !d.Disabled.Known:
			unread = unreadWhy(d.Disabled.Why)
		case d.Disabled.Value.IsZero(), days(d.Disabled.Value, d.At) < purgeDays:
			name := d.UPN
			if name == "" {
				name = d.ID
			}
			list = append(list, name)
		}
	}
	if len(list) == 0 && unread != "" {
		return unknown(unread)
	}
	slices.Sort(list)
	return words(list...)
}
