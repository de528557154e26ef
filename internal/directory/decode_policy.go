package directory

import (
	"errors"
	"slices"
	"strings"
)

// policies reads Conditional Access policies. A condition that is not known
// here is named in the policy: whom the policy covers cannot then be told.
// https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
func (d *decoder) policies() {
	policies := newUnique[Policy]()
	d.each(AccessPart, func(o object) error {
		p := Policy{ID: o.id("id"), Name: o.text("displayname"), State: o.text("state")}
		if p.ID == "" || p.State == "" {
			return errors.New("has no id or no state")
		}
		p.conditions(o.inner("conditions"))
		p.grant(o.inner("grantcontrols"))
		p.HasSession = hasControls(o.inner("sessioncontrols"))
		policies.put(p.ID, p)
		return nil
	})
	d.s.Policies = fact(d, AccessPart, policies.ordered())
}

// knownConditions are the members of conditions that Policy holds.
var knownConditions = []string{
	"users", "applications", "clientapptypes", "signinrisklevels", "userrisklevels", "locations", "platforms", "devices",
}

func (p *Policy) conditions(c object) {
	if c == nil {
		p.Unknown = append(p.Unknown, "conditions")
		return
	}
	p.users(c.inner("users"))
	apps := c.inner("applications")
	p.IncludeApps, p.ExcludeApps = apps.texts("includeapplications"), apps.texts("excludeapplications")
	p.UserActions = apps.texts("includeuseractions")
	p.AuthenticationContexts = apps.texts("includeauthenticationcontextclassreferences")
	if apps.get("applicationfilter") != nil {
		p.Unknown = append(p.Unknown, "applicationFilter")
	}
	p.ClientAppTypes = c.texts("clientapptypes")
	p.SignInRisk, p.UserRisk = c.texts("signinrisklevels"), c.texts("userrisklevels")
	where := c.inner("locations")
	p.IncludeLocations, p.ExcludeLocations = where.texts("includelocations"), where.texts("excludelocations")
	on := c.inner("platforms")
	p.IncludePlatforms, p.ExcludePlatforms = on.texts("includeplatforms"), on.texts("excludeplatforms")
	p.devices(c.inner("devices"))
	for _, m := range c {
		name, value := m.lowerName(), m.raw
		if !slices.Contains(knownConditions, name) && !strings.HasPrefix(name, "@") && !emptyCondition(value) {
			p.Unknown = append(p.Unknown, name)
		}
	}
	slices.Sort(p.Unknown)
}

func emptyCondition(raw []byte) bool {
	switch strings.Join(strings.Fields(string(raw)), "") {
	case "null", "[]", "{}", `""`, `"none"`:
		return true
	}
	return false
}

func (p *Policy) users(u object) {
	p.Users = PolicyUsers{
		IncludeUsers: u.texts("includeusers"), ExcludeUsers: u.texts("excludeusers"),
		IncludeGroups: u.texts("includegroups"), ExcludeGroups: u.texts("excludegroups"),
		IncludeRoles: u.texts("includeroles"), ExcludeRoles: u.texts("excluderoles"),
		IncludeGuests: guestsOf(u.inner("includeguestsorexternalusers")), ExcludeGuests: guestsOf(u.inner("excludeguestsorexternalusers")),
	}
	for _, ids := range [][]string{
		p.Users.IncludeGroups, p.Users.ExcludeGroups, p.Users.IncludeRoles, p.Users.ExcludeRoles, p.Users.IncludeUsers, p.Users.ExcludeUsers,
	} {
		for i, id := range ids {
			if strings.Count(id, "-") == 4 { // an id, not a word such as All
				ids[i] = cleanID(id)
			}
		}
	}
	if u == nil {
		p.Unknown = append(p.Unknown, "users")
	}
}

// guestsOf reads guestOrExternalUserTypes, a list in one string.
func guestsOf(o object) []string {
	var out []string
	for word := range strings.SplitSeq(o.text("guestorexternalusertypes"), ",") {
		if word = strings.TrimSpace(word); word != "" && !strings.EqualFold(word, "none") {
			out = append(out, word)
		}
	}
	return out
}

func (p *Policy) devices(o object) {
	filter := o.inner("devicefilter")
	p.DeviceFilter, p.DeviceFilterMode = filter.text("rule"), filter.text("mode")
	for _, m := range o {
		name, value := m.lowerName(), m.raw
		if name != "devicefilter" && !strings.HasPrefix(name, "@") && !emptyCondition(value) {
			p.Unknown = append(p.Unknown, "devices."+name)
		}
	}
}

func (p *Policy) grant(g object) {
	p.Operator = strings.ToUpper(g.text("operator"))
	p.Controls = g.texts("builtincontrols")
	p.OtherFactors = g.texts("customauthenticationfactors")
	p.TermsOfUse = g.texts("termsofuse")
	p.Strength = g.inner("authenticationstrength").id("id")
}

// hasControls is true where one session control is set.
func hasControls(o object) bool {
	for _, m := range o {
		name, value := m.lowerName(), m.raw
		if !strings.HasPrefix(name, "@") && !emptyCondition(value) && string(value) != "false" {
			return true
		}
	}
	return false
}
