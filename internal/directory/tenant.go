package directory

import "time"

// Group is a group that a role or a policy names.
type Group struct {
	ID, Name, Mail string
	RoleAssignable Fact[bool]
	// Members are the accounts in it, directly or by other groups.
	Members Fact[[]string]
}

// RoleDefinition is one Entra role.
type RoleDefinition struct {
	ID, Template, Name string
	BuiltIn            bool
	Privileged         Fact[bool] // isPrivileged: beta only
}

// Assignment is one role assignment.
type Assignment struct {
	Principal     string // object id, lower case
	PrincipalType string // user, group, servicePrincipal; empty where not read
	PrincipalName string
	Role          string // id of the role definition, lower case
	Scope         string
	Eligible      bool
	Standing      Fact[bool]
}

// AzureRole is one role assignment of an Azure subscription.
type AzureRole struct {
	Principal, PrincipalName, PrincipalType, Role, Scope string
}

// SKU is one licence that the tenant has.
type SKU struct {
	ID, Part string // skuId in lower case, skuPartNumber
	Status   string // capabilityStatus: Enabled, Warning, Suspended …
	Plans    []Plan
	Enabled  int // prepaid units
	Consumed int
}

// Domain is one domain of the tenant.
type Domain struct {
	Name               string // lower case
	Federated          Fact[bool]
	Verified           bool
	Initial, IsDefault bool
}

// Organization names the tenant.
type Organization struct{ ID, Name string }

// Deleted is an account that is in the bin, or was removed for good.
type Deleted struct {
	ID, UPN, Name string
	At            time.Time
	Hard          bool
	// Disabled is when it had been disabled before; unknown where the audit
	// log does not reach back.
	Disabled Fact[time.Time]
}

// Policy is a Conditional Access policy.
type Policy struct {
	ID, Name string
	State    string // enabled, disabled, enabledForReportingButNotEnforced
	Users    PolicyUsers

	IncludeApps, ExcludeApps []string // All, None, Office365, app ids
	UserActions              []string // urn:user:registersecurityinfo …
	AuthenticationContexts   []string
	ClientAppTypes           []string
	SignInRisk, UserRisk     []string
	IncludeLocations         []string // nil: no condition on the location
	ExcludeLocations         []string
	IncludePlatforms         []string
	ExcludePlatforms         []string
	DeviceFilter             string // rule; empty for none
	DeviceFilterMode         string // include, exclude

	Operator     string // AND, OR
	Controls     []string
	Strength     string // id of the authentication strength; empty for none
	TermsOfUse   []string
	OtherFactors []string
	// HasSession is true where session controls are set.
	HasSession bool
	// Unknown names conditions in the policy that Vakt does not understand:
	// what it applies to cannot be told.
	Unknown []string
}

// PolicyUsers are whom a policy is for. Exclusion wins.
type PolicyUsers struct {
	IncludeUsers, ExcludeUsers   []string // All, None, GuestsOrExternalUsers, ids
	IncludeGroups, ExcludeGroups []string
	IncludeRoles, ExcludeRoles   []string // role template ids
	// IncludeGuests and ExcludeGuests are guestOrExternalUserTypes.
	IncludeGuests, ExcludeGuests []string
}

// Location is a named location.
type Location struct {
	ID, Name  string
	Trusted   bool
	Ranges    []string // CIDR
	Countries []string
	// CountriesAndRegions is true where it is a list of countries.
	CountriesAndRegions bool
}
