package rig

import "fmt"

// policy is a Conditional Access policy while the tenant is made. What is
// left out is no condition.
type policy struct {
	name, state               string
	users, roles, groups      []string // included
	withoutGroups             []string
	apps, actions, clients    []string
	userRisk, signInRisk      []string
	locations, exceptLocation []string
	controls                  []string
}

// conditional makes the Conditional Access policies, which need P1, and those
// by risk, which need P2. They have the holes that such policies have: nested
// groups of exceptions, and registration that is only reported.
func (g *maker) conditional() {
	if g.licence == "none" {
		return
	}
	g.locations()
	except := []string{g.emergency.id, g.exempt.id}
	all := []policy{
		{name: "Kräv MFA för alla", state: "enabled", users: []string{"All"}, withoutGroups: except, apps: []string{"All"}, clients: []string{"all"}, controls: []string{"mfa"}},
		{name: "Blockera äldre autentisering", state: "enabled", users: []string{"All"}, withoutGroups: except, apps: []string{"All"}, clients: []string{"exchangeActiveSync", "other"}, controls: []string{"block"}},
		{name: "Kräv MFA för administratörer", state: "enabled", roles: []string{builtIn[0][0], builtIn[1][0], builtIn[3][0], builtIn[5][0], builtIn[6][0]}, withoutGroups: []string{g.emergency.id}, apps: []string{"All"}, clients: []string{"all"}, controls: []string{"mfa"}},
		{name: "Skydda registrering av säkerhetsinfo", state: "enabledForReportingButNotEnforced", users: []string{"All"}, withoutGroups: []string{g.emergency.id}, actions: []string{"urn:user:registersecurityinfo"}, clients: []string{"all"}, locations: []string{"All"}, exceptLocation: []string{"AllTrusted"}, controls: []string{"block"}},
		{name: "Teams-rum: endast kända platser", state: "enabled", groups: []string{g.rooms.id}, apps: []string{"All"}, clients: []string{"all"}, locations: []string{"All"}, exceptLocation: []string{"AllTrusted"}, controls: []string{"block"}},
		{name: "Gäster: MFA (test)", state: "disabled", users: []string{"GuestsOrExternalUsers"}, apps: []string{"All"}, clients: []string{"all"}, controls: []string{"mfa"}},
	}
	if g.licence == "p2" {
		all = append(all,
			policy{name: "Användarrisk: byt lösenord", state: "enabled", users: []string{"All"}, withoutGroups: except, apps: []string{"All"}, clients: []string{"all"}, userRisk: []string{"high"}, controls: []string{"mfa", "passwordChange"}},
			policy{name: "Inloggningsrisk: MFA", state: "enabled", users: []string{"All"}, withoutGroups: except, apps: []string{"All"}, clients: []string{"all"}, signInRisk: []string{"high", "medium"}, controls: []string{"mfa"}})
	}
	for i := range all {
		g.state.add(ConditionalAccess, "", g.policy(&all[i], i))
	}
}

// policy writes a policy as Graph does. The ids are those that sign-in
// records name.
func (g *maker) policy(p *policy, i int) Object {
	operator := "OR"
	if len(p.controls) > 1 {
		operator = "AND"
	}
	return made(func(w *writer) {
		w.str("id", fmt.Sprintf("0d1c2b3a-4f5e-4a6b-8c7d-%012d", i+1))
		w.str("displayName", p.name)
		w.str("state", p.state)
		w.time("createdDateTime", g.ago(800))
		w.time("modifiedDateTime", g.ago(90))
		w.object("conditions", func() { p.conditions(w) })
		w.object("grantControls", func() {
			w.str("operator", operator)
			w.strs("builtInControls", p.controls...)
			w.strs("customAuthenticationFactors")
			w.strs("termsOfUse")
			w.nulls("authenticationStrength")
		})
		w.nulls("sessionControls")
	})
}

func (p *policy) conditions(w *writer) {
	w.strs("clientAppTypes", p.clients...)
	w.strs("signInRiskLevels", p.signInRisk...)
	w.strs("userRiskLevels", p.userRisk...)
	w.object("applications", func() {
		w.strs("includeApplications", p.apps...)
		w.strs("excludeApplications")
		w.strs("includeUserActions", p.actions...)
		w.strs("includeAuthenticationContextClassReferences")
	})
	w.object("users", func() {
		w.strs("includeUsers", p.users...)
		w.strs("excludeUsers")
		w.strs("includeGroups", p.groups...)
		w.strs("excludeGroups", p.withoutGroups...)
		w.strs("includeRoles", p.roles...)
		w.strs("excludeRoles")
		w.nulls("includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers")
	})
	if len(p.locations) == 0 {
		w.nulls("locations")
	} else {
		w.object("locations", func() {
			w.strs("includeLocations", p.locations...)
			w.strs("excludeLocations", p.exceptLocation...)
		})
	}
	w.nulls("platforms", "devices")
}

func (g *maker) locations() {
	g.state.add(NamedLocations, "", made(func(w *writer) {
		w.str("@odata.type", "#microsoft.graph.ipNamedLocation")
		w.str("id", uuidOf(g.seed, useGroup, 1, 6))
		w.str("displayName", "Kontoren")
		w.time("createdDateTime", g.ago(900))
		w.time("modifiedDateTime", g.ago(100))
		w.bit("isTrusted", true)
		w.list("ipRanges", func() {
			w.item(func() {
				w.str("@odata.type", "#microsoft.graph.iPv4CidrRange")
				w.str("cidrAddress", "192.0.2.0/24")
			})
		})
	}))
	g.state.add(NamedLocations, "", made(func(w *writer) {
		w.str("@odata.type", "#microsoft.graph.countryNamedLocation")
		w.str("id", uuidOf(g.seed, useGroup, 2, 6))
		w.str("displayName", "Sverige")
		w.time("createdDateTime", g.ago(900))
		w.time("modifiedDateTime", g.ago(900))
		w.strs("countriesAndRegions", "SE")
		w.str("countryLookupMethod", "clientIpAddress")
		w.bit("includeUnknownCountriesAndRegions", false)
	}))
}
