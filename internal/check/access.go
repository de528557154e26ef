package check

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/directory"
	"vakt/internal/rule"
)

// How far Conditional Access asks an account for MFA, wherever it signs in.
const (
	mfaCovered = "covered" // every sign-in is asked for it, or refused
	mfaPartial = "partial" // some are, such as those from outside the trusted places
	mfaNone    = "none"    // none is
)

// access is what Conditional Access and the security defaults make of one
// account. Everything is unknown where the policies, or the groups and roles
// that they name, were not read.
type access struct {
	mfa directory.Fact[string] // covered, partial or none
	// interactive is true where MFA or an authentication strength is asked
	// for at every sign-in: a device without a person cannot pass.
	interactive directory.Fact[bool]
	// registration is true where registering security info is guarded.
	registration directory.Fact[bool]
	// legacy is true where legacy authentication is refused.
	legacy directory.Fact[bool]
	// bound is true where the account can sign in only from some places or
	// devices, or nowhere.
	bound directory.Fact[bool]
	// policies are the names of enabled policies that apply for sure.
	policies []string
}

// accessOf evaluates all policies for an account (Microsoft Graph:
// conditionalAccessPolicy; exclusion wins over inclusion).
func (j *judge) accessOf(a *directory.Account) access {
	if !j.s.Policies.Known {
		return j.unreadAccess()
	}
	t := tallied{}
	for i := range j.s.Policies.Value {
		p := &j.s.Policies.Value[i]
		if p.State != "enabled" {
			continue
		}
		applies, partly := j.applies(p, a)
		if len(p.Unknown) > 0 && applies == rule.True {
			applies = rule.Unknown
		}
		if applies != rule.False {
			t.add(p, applies, partly)
		}
	}
	return t.access(j.s.SecurityDefaults)
}

// unreadAccess is what is known without the policies: security defaults rule
// Conditional Access out, since a tenant has one or the other.
func (j *judge) unreadAccess() access {
	if directory.Is(j.s.SecurityDefaults, true) {
		return tallied{}.access(j.s.SecurityDefaults)
	}
	why := j.s.Policies.Why
	return access{
		mfa: directory.Unknown[string](why), interactive: directory.Unknown[bool](why), registration: directory.Unknown[bool](why),
		legacy: directory.Unknown[bool](why), bound: directory.Unknown[bool](why),
	}
}

// tallied holds, for each effect, the best truth of any policy.
type tallied struct {
	full, some, interactive, registration, legacy, bound rule.Truth
	names                                                []string
	why                                                  string // of the first policy that may apply
}

func (t *tallied) add(p *directory.Policy, applies rule.Truth, partly bool) {
	raise := func(to *rule.Truth, effect bool) {
		if effect {
			*to = max(*to, applies)
		}
	}
	e := effectOf(p)
	raise(&t.full, e.asks && e.everywhere && !partly)
	raise(&t.some, e.asks)
	raise(&t.interactive, e.person && e.everywhere && !partly)
	raise(&t.registration, e.guards && !partly)
	raise(&t.legacy, e.legacy && !partly)
	raise(&t.bound, e.binds && !partly)
	switch {
	case applies == rule.True:
		t.names = append(t.names, p.Name)
	case t.why == "" && len(p.Unknown) > 0:
		t.why = fmt.Sprintf("the policy %q has a condition that is not understood: %s", p.Name, strings.Join(p.Unknown, ", "))
	case t.why == "":
		t.why = fmt.Sprintf("the policy %q names a group or role whose members were not read", p.Name)
	}
}

func (t tallied) access(defaults directory.Fact[bool]) access {
	why := t.why
	if directory.Is(defaults, true) {
		t.some, t.legacy = rule.True, rule.True // MFA is asked for when Microsoft finds a sign-in unusual
	} else if !defaults.Known {
		t.legacy, t.some = max(t.legacy, rule.Unknown), max(t.some, rule.Unknown)
		if why == "" {
			why = "whether security defaults are on: " + unreadWhy(defaults.Why)
		}
	}
	a := access{policies: t.names, mfa: directory.Known(mfaNone)}
	switch {
	case t.full == rule.True:
		a.mfa = directory.Known(mfaCovered)
	case t.full == rule.Unknown, t.some == rule.Unknown:
		a.mfa = directory.Unknown[string](why)
	case t.some == rule.True:
		a.mfa = directory.Known(mfaPartial)
	}
	fact := func(x rule.Truth) directory.Fact[bool] {
		if x == rule.Unknown {
			return directory.Unknown[bool](why)
		}
		return directory.Known(x == rule.True)
	}
	a.interactive, a.registration, a.legacy, a.bound = fact(t.interactive), fact(t.registration), fact(t.legacy), fact(t.bound)
	return a
}

// effect is what a policy does to the accounts that it applies to.
type effect struct {
	asks       bool // for MFA or a strength, or it refuses: at least for some sign-ins
	everywhere bool // for all apps, clients, places, platforms, devices and risks
	person     bool // MFA or a strength without another way to satisfy it
	guards     bool // it stands before the registration of security info
	legacy     bool // legacy authentication cannot pass it
	binds      bool // what remains are some places or devices
}

func effectOf(p *directory.Policy) effect {
	blocks := slices.Contains(p.Controls, "block")
	mfa := slices.Contains(p.Controls, "mfa") || p.Strength != ""
	alone := strings.EqualFold(p.Operator, "AND") || controls(p) <= 1
	device := alone && (slices.Contains(p.Controls, "compliantDevice") || slices.Contains(p.Controls, "domainJoinedDevice"))
	apps := len(p.UserActions) == 0 && len(p.AuthenticationContexts) == 0 && (slices.Contains(p.IncludeApps, "All") || slices.Contains(p.IncludeApps, "Office365"))
	wide := apps && len(p.ExcludeApps) == 0 && anyClient(p) && anyPlatform(p) && !risky(p)
	person := mfa && alone && !blocks
	e := effect{person: person}
	e.asks = apps && modernClient(p) && (blocks || mfa && alone)
	e.everywhere = wide && anyPlace(p) && p.DeviceFilter == ""
	e.guards = slices.Contains(p.UserActions, "urn:user:registersecurityinfo") && controls(p) > 0 && anyPlatform(p) && !risky(p) && outside(p)
	e.legacy = apps && len(p.ExcludeApps) == 0 && legacyClients(p) && anyPlatform(p) && !risky(p) && anyPlace(p) && p.DeviceFilter == "" && (blocks || mfa && alone || device)
	e.binds = wide && (blocks && (outside(p) && p.DeviceFilter == "" || anyPlace(p) && p.DeviceFilterMode == "exclude") ||
		device && outside(p) && p.DeviceFilter == "")
	return e
}

// controls counts what a policy demands; a strength is one.
func controls(p *directory.Policy) int {
	n := len(p.Controls) + len(p.TermsOfUse) + len(p.OtherFactors)
	if p.Strength != "" {
		n++
	}
	return n
}

// anyClient is true of a policy for browsers and for apps.
func anyClient(p *directory.Policy) bool {
	return len(p.ClientAppTypes) == 0 || slices.Contains(p.ClientAppTypes, "all") ||
		slices.Contains(p.ClientAppTypes, "browser") && slices.Contains(p.ClientAppTypes, "mobileAppsAndDesktopClients")
}

// modernClient is true of a policy that is not for legacy authentication only.
func modernClient(p *directory.Policy) bool {
	return len(p.ClientAppTypes) == 0 || slices.ContainsFunc(p.ClientAppTypes, func(c string) bool {
		return c == "all" || c == "browser" || c == "mobileAppsAndDesktopClients"
	})
}

// legacyClients is true of a policy for both sorts of legacy authentication.
func legacyClients(p *directory.Policy) bool {
	return len(p.ClientAppTypes) == 0 || slices.Contains(p.ClientAppTypes, "all") ||
		slices.Contains(p.ClientAppTypes, "exchangeActiveSync") && slices.Contains(p.ClientAppTypes, "other")
}

func anyPlatform(p *directory.Policy) bool {
	return (len(p.IncludePlatforms) == 0 || slices.Contains(p.IncludePlatforms, "all")) && len(p.ExcludePlatforms) == 0
}

func risky(p *directory.Policy) bool { return len(p.SignInRisk)+len(p.UserRisk) > 0 }

// anyPlace is true of a policy without a condition on the place.
func anyPlace(p *directory.Policy) bool {
	return (len(p.IncludeLocations) == 0 || slices.Contains(p.IncludeLocations, "All")) && len(p.ExcludeLocations) == 0
}

// outside is true of a policy for all places, but for some that it leaves out.
func outside(p *directory.Policy) bool {
	return len(p.IncludeLocations) == 0 || slices.Contains(p.IncludeLocations, "All")
}
