package check

import (
	"slices"
	"strings"

	"vakt/internal/directory"
)

// accountTable is every fact about an account, in the order of the guide for
// people who write checks. Ages are whole days before the tenant was read.
var accountTable = []fact{
	{"account", "object id and user principal name", func(v *view) value { return words(v.a.ID, v.a.UPN) }},
	{"upn", "user principal name", func(v *view) value { return words(v.a.UPN) }},
	{"name", "display name", func(v *view) value { return words(v.a.Name) }},
	{"domain", "what follows @ in the user principal name", func(v *view) value { return words(domainOf(v.a.UPN)) }},
	{"user_type", "member or guest", func(v *view) value { return words(strings.ToLower(v.a.UserType)) }},
	{"kind", "person, guest, shared, room, equipment, scheduling, teams_resource, system, unknown_mailbox", (*view).kind},
	{"enabled", "true where the account may sign in", func(v *view) value { return flagOf(v.a.Enabled) }},
	{"created_days", "age", func(v *view) value { return daysOf(v.a.Created, v.j.at) }},
	{"disabled_days", "since when it has been disabled; empty where it is enabled", func(v *view) value { return daysOf(v.a.DisabledSince, v.j.at) }},
	{"synced", "never, now or was: from a local directory", func(v *view) value { return wordsOf(v.a.Synced) }},
	{"federated", "true where its domain signs in elsewhere", func(v *view) value { return flagOf(v.a.Federated) }},
	{"employee_id", "employeeId", func(v *view) value { return wordsOf(v.a.EmployeeID) }},
	{"employee_type", "employeeType", func(v *view) value { return wordsOf(v.a.EmployeeType) }},
	{"department", "department", func(v *view) value { return wordsOf(v.a.Department) }},
	{"job_title", "jobTitle", func(v *view) value { return wordsOf(v.a.JobTitle) }},
	{"manager", "object id of the manager", func(v *view) value { return wordsOf(v.a.Manager) }},
	{"attributes.missing", "names of required_attributes that are not set as they should be", (*view).missing},

	{"password.age_days", "since the password was set; empty where it never was", func(v *view) value { return daysOf(v.a.PasswordChanged, v.j.at) }},
	{"password.policies", "DisableStrongPassword, DisablePasswordExpiration", (*view).passwordPolicies},
	{"licence.name", "skuPartNumber of each licence, else its id", func(v *view) value { return whole(v.a.Licences, licenceName) }},
	{"licence.room", "the licence for Teams Rooms or a shared Teams device", func(v *view) value { return wordsOf(v.a.RoomLicence()) }},
	{"room", "true of a Teams Room: that licence and a room mailbox", func(v *view) value { return flagOf(v.a.TeamsRoom()) }},

	{"signin.recent", "true where a sign-in succeeded within 90 days", func(v *view) value { return flagOf(v.j.usedSince(v.a, v.j.at.Add(-silence))) }},
	{"signin.success_days", "since the last successful sign-in; empty where none is known of", (*view).successDays},
	{"signin.attempt_days", "since the last attempt, successful or not", (*view).attemptDays},
	{"signin.dormant", "true where no sign-in succeeded within dormant_days", (*view).dormant},
	{"use", "what logs show within 90 days: signin, noninteractive, smtp_auth, legacy, owner", (*view).use},

	{"mfa.registered", "true where a method for MFA is registered", (*view).registered},
	{"mfa.capable", "true where one is, and the policy allows it", (*view).capable},
	{"mfa.methods", "the registered methods for MFA", (*view).methods},
	{"mfa.first_days", "since the first of them was registered", func(v *view) value { days, _ := v.firstMethod(); return days }},
	{"mfa.late", "true where the first came dormant_days or more after the account, or after its last sign-in", (*view).lateMethod},

	{"role.id", "template ids of all roles, eligible ones included", func(v *view) value { return whole(v.a.Roles, func(r directory.Role) string { return r.Template }) }},
	{"role.name", "their names; what is known where not all were read", func(v *view) value { return atLeast(v.a.Roles, roleName) }},
	{"role.active", "template ids of roles that need no activation", func(v *view) value { return whole(v.a.Roles, activeRole) }},
	{"role.standing", "template ids of roles that are active without an end", (*view).standing},
	{"role.azure", "privileged Azure roles", (*view).azureRoles},
	{"group.assignable", "names of groups that roles can be given to", (*view).assignableGroups},

	{"mailbox", "RecipientTypeDetails; empty where there is no mailbox", func(v *view) value { return v.box(func(m *directory.Mailbox) value { return words(m.Type) }) }},
	{"mailbox.type", "the same", func(v *view) value { return v.box(func(m *directory.Mailbox) value { return words(m.Type) }) }},
	{"mailbox.audit", "true where mailbox auditing is on", (*view).audit},
	{"mailbox.audit_bypass", "true where what the account does is left out of mailbox audits", func(v *view) value { return v.box(func(m *directory.Mailbox) value { return flagOf(m.AuditBypass) }) }},
	{"mailbox.protocols", "old protocols that can be used: imap, pop, activesync, smtp_auth", (*view).protocols},
	{"mailbox.forward", "where all mail is forwarded to", (*view).forward},
	{"mailbox.forward_domain", "domain of that address where it is not one of the tenant's", (*view).forwardDomain},
	{"mailbox.rule_domain", "foreign domains that inbox rules forward to", (*view).ruleDomains},
	{"mailbox.blocked_sender", "why Exchange does not let it send; empty where it may", (*view).blockedSender},
	{"mailbox.signature", "words of its signature, without tags", (*view).signature},
	{"mailbox.signature_domain", "foreign domains that the signature leads to", (*view).signatureDomains},
	{"mailbox.mass_mail", "subject and beginning of messages that went to scam_recipients foreign addresses or more under one subject, of those that a search found", (*view).massMail},
	{"mailbox.delegates", "who may open it", func(v *view) value { return v.box(delegates) }},

	{"ca.mfa", "covered, partial or none: how far MFA is asked for, or the sign-in refused", func(v *view) value { return wordsOf(v.ca().mfa) }},
	{"ca.interactive", "true where a person must answer at every sign-in", func(v *view) value { return flagOf(v.ca().interactive) }},
	{"ca.registration_guarded", "true where a policy stands before the registration of security info", func(v *view) value { return flagOf(v.ca().registration) }},
	{"ca.legacy_blocked", "true where legacy authentication is refused", func(v *view) value { return flagOf(v.ca().legacy) }},
	{"ca.bound", "true where it can sign in only from some places or devices, or nowhere", func(v *view) value { return flagOf(v.ca().bound) }},
	{"ca.policies", "names of enabled policies that apply", func(v *view) value { return words(v.ca().policies...) }},

	{"break_glass", "true of a declared emergency account", func(v *view) value { return flagOf(v.j.breakGlass.holds(v.j.now, v.a.ID, v.a.UPN)) }},
	{"verdict", "not_yours, blocked, exception, on_premises, hold or block; empty where there is none", (*view).verdictWord},
}

func domainOf(upn string) string {
	at := strings.LastIndexByte(upn, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(upn[at+1:])
}

func (v *view) kind() value {
	if !v.a.Kind.Known {
		return unknown(v.a.Kind.Why)
	}
	return words(string(v.a.Kind.Value))
}

func (v *view) verdictWord() value {
	if v.verdict == nil {
		return none()
	}
	return words(string(v.verdict.Verdict))
}

func (v *view) passwordPolicies() value {
	if !v.a.PasswordPolicies.Known {
		return unknown(v.a.PasswordPolicies.Why)
	}
	var list []string
	for _, p := range strings.Split(v.a.PasswordPolicies.Value, ",") {
		if p = strings.TrimSpace(p); !strings.EqualFold(p, "none") {
			list = append(list, p)
		}
	}
	return words(list...)
}

func licenceName(l directory.Licence) string {
	if l.Part != "" {
		return l.Part
	}
	return l.SKU
}

func (v *view) successDays() value {
	last := v.j.lastSuccess(v.a)
	switch {
	case !last.IsZero():
		return number(days(last, v.j.at))
	case !v.a.Activity.Known:
		return unknown(v.a.Activity.Why)
	}
	return none()
}

func (v *view) attemptDays() value {
	if !v.a.Activity.Known {
		return unknown(v.a.Activity.Why)
	}
	last := v.a.Activity.Value.LastAttempt
	if other := v.a.Activity.Value.LastNonInteractive; other.After(last) {
		last = other
	}
	if last.IsZero() {
		return none()
	}
	return number(days(last, v.j.at))
}

func (v *view) dormant() value {
	used := v.j.usedSince(v.a, v.j.at.AddDate(0, 0, -v.j.dormantDays))
	if !used.Known {
		return unknown(used.Why)
	}
	return flag(!used.Value)
}

// use is empty where nobody signed in: every password that is used, and every
// owner of a mailbox, signs in.
func (v *view) use() value {
	var list []string
	for _, u := range v.a.Use {
		if u.What != directory.UseRefused && u.What != directory.UseConverted && !u.Last.Before(v.j.at.Add(-silence)) && !slices.Contains(list, u.What) {
			list = append(list, u.What)
		}
	}
	if used := v.j.usedSince(v.a, v.j.at.Add(-silence)); len(list) == 0 && !directory.Is(used, false) {
		return unknown("no log tells what it is used for")
	}
	slices.Sort(list)
	return words(list...)
}

func (v *view) capable() value {
	return v.registration(func(r *directory.Registration) value { return flag(r.Capable) })
}

func roleName(r directory.Role) string {
	if r.Name != "" {
		return r.Name
	}
	return r.Template
}

func activeRole(r directory.Role) string {
	if r.Eligible {
		return ""
	}
	return r.Template
}

// standing is unknown where it is of one active role: the schedules were not
// read.
func (v *view) standing() value {
	if !v.a.Roles.Known {
		return unknown(v.a.Roles.Why)
	}
	var list []string
	for _, r := range v.a.Roles.Value {
		switch {
		case r.Eligible:
		case !r.Standing.Known:
			return unknown(r.Standing.Why)
		case r.Standing.Value:
			list = append(list, r.Template)
		}
	}
	return words(list...)
}

// privilegedAzure are the Azure roles that can give themselves everything.
var privilegedAzure = []string{"owner", "contributor", "user access administrator", "role based access control administrator", "co-administrator", "service administrator"}

func (v *view) azureRoles() value {
	if !v.j.s.AzureRoles.Known {
		return unknown(v.j.s.AzureRoles.Why)
	}
	var list []string
	for _, r := range v.j.azure[v.a.ID] {
		if slices.Contains(privilegedAzure, strings.ToLower(r.Role)) && !slices.Contains(list, r.Role) {
			list = append(list, r.Role)
		}
	}
	slices.Sort(list)
	return words(list...)
}

func (v *view) assignableGroups() value {
	return whole(v.a.Groups, func(id string) string {
		g := v.j.groups[strings.ToLower(id)]
		if g == nil || !directory.Is(g.RoleAssignable, true) {
			return ""
		}
		return g.Name
	})
}
