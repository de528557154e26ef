package rig

import (
	"crypto/x509"
	"slices"
)

// App is an application registered in the simulated tenant, together with its
// service principal: how it proves who it is, and what it was granted.
type App struct {
	// ClientID is the application's id, ObjectID that of its service principal
	// (the claim oid of its tokens).
	ClientID, ObjectID string
	Name               string
	// Secret, Certificate and Federated are the ways in which it may prove
	// itself; one that is empty is refused. Federated is the certificate of an
	// issuer whose tokens stand for it (workload identity).
	Secret      string
	Certificate *x509.Certificate
	Federated   *x509.Certificate
	// Managed says that the managed identity endpoints answer for it.
	Managed bool
	// Roles are the application permissions on Graph with admin consent; in a
	// sign-in of a person they are the delegated ones.
	Roles []string
	// ExchangeRoles are those on Office 365 Exchange Online.
	ExchangeRoles []string
	// DirectoryRoles are template ids of Entra roles that the service principal
	// holds.
	DirectoryRoles []string
	// ManagementRoles are Exchange management roles that it holds through a
	// role group, such as "View-Only Recipients".
	ManagementRoles []string
}

// Template ids of the Entra roles that matter to an application: the page
// "Microsoft Entra built-in roles".
const (
	roleGlobalAdmin         = "62e90394-69f5-4237-9190-012177145e10"
	roleGlobalReader        = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
	roleExchangeAdmin       = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	roleExchangeRecipient   = "31392ffb-586c-42d1-9346-e59415a2cc4e"
	roleSecurityReader      = "5d6b6bb7-de71-4623-b4af-96380a352509"
	roleSecurityAdmin       = "194ae4cb-b126-40b2-bd5b-6091b380977d"
	roleComplianceAdmin     = "17315797-102d-40b4-93e0-432062caca18"
	roleHelpdeskAdmin       = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
	roleUserAdmin           = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	rolePrivilegedAuthAdmin = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
)

// readPermissions are what a reading application asks for: the profile
// "Read / discover".
var readPermissions = []string{
	"Application.Read.All", "AuditLog.Read.All", "Domain.Read.All", "GroupMember.Read.All",
	"IdentityRiskEvent.Read.All", "IdentityRiskyUser.Read.All", "MailboxSettings.Read", "Organization.Read.All",
	"Policy.Read.All", "RoleAssignmentSchedule.Read.Directory", "RoleEligibilitySchedule.Read.Directory",
	"RoleManagement.Read.Directory", "User.Read.All", "UserAuthenticationMethod.Read.All",
}

// writePermissions are what an application that blocks and responds asks for
// in addition. Nothing here can grant itself more.
var writePermissions = []string{
	"DelegatedPermissionGrant.ReadWrite.All", "MailboxSettings.ReadWrite", "User-PasswordProfile.ReadWrite.All",
	"User.EnableDisableAccount.All", "User.RevokeSessions.All", "UserAuthenticationMethod.ReadWrite.All",
	"IdentityRiskyUser.ReadWrite.All",
}

// ReadApp is an application as a careful administrator registers it for
// reading: the reading permissions, Global Reader for Exchange, no secret and
// no certificate yet.
func ReadApp() App {
	return App{
		ClientID: "a0000000-0000-4000-8000-000000000001", ObjectID: "a0000000-0000-4000-8000-0000000000a1", Name: "Vakt (read)",
		Roles:          slices.Clone(readPermissions),
		ExchangeRoles:  []string{"Exchange.ManageAsApp"},
		DirectoryRoles: []string{roleGlobalReader},
	}
}

// WriteApp is the second application, for approved changes only.
func WriteApp() App {
	return App{
		ClientID: "a0000000-0000-4000-8000-000000000002", ObjectID: "a0000000-0000-4000-8000-0000000000a2", Name: "Vakt (write)",
		Roles:           slices.Concat(readPermissions, writePermissions),
		ExchangeRoles:   []string{"Exchange.ManageAsApp"},
		DirectoryRoles:  []string{roleGlobalReader, roleUserAdmin},
		ManagementRoles: []string{"Mail Recipients", "Role Management", "Transport Hygiene", "Message Tracking"},
	}
}

// Without gives the application without some of its permissions, whichever
// API they are for.
func (a App) Without(permissions ...string) App {
	gone := func(p string) bool { return slices.Contains(permissions, p) }
	a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), gone)
	a.ExchangeRoles = slices.DeleteFunc(slices.Clone(a.ExchangeRoles), gone)
	return a
}
