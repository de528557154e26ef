package tenant

import (
	"slices"
	"strings"
)

// A Permission is an application permission: an app role of one of Microsoft's
// services that an administrator consents to.
type Permission struct {
	Name string
	// ID is the app role's id, or "" where Microsoft's reference at hand does
	// not give it; the set-up code then looks it up by name.
	ID      string
	Service Service
	// Tier0: whoever holds it can make itself Global Administrator, or take
	// over an account that is one.
	Tier0 bool
	// Wider are permissions that allow this too. Holding one of them does, but
	// is more than needed.
	Wider []string
}

// Applications whose app roles are granted.
const (
	GraphApp    = "00000003-0000-0000-c000-000000000000"
	ExchangeApp = "00000002-0000-0ff1-ce00-000000000000"
	ManageApp   = "c5393580-f805-4401-95e8-94b7a6ef2fc2"
)

// AppID is the application that defines the service's app roles. Compliance
// tokens carry the roles of Exchange.
func (s Service) AppID() string {
	switch s {
	case Exchange, Compliance:
		return ExchangeApp
	case Manage:
		return ManageApp
	}
	return GraphApp
}

const (
	directoryRead  = "Directory.Read.All"
	directoryWrite = "Directory.ReadWrite.All"
)

// permissions are those that a feature may need, and those that are too much.
// Ids are those of Microsoft's permission reference.
var permissions = []Permission{
	{"User.Read.All", "df021288-bdef-4463-88db-98f22de89214", Graph, false, []string{"User.ReadWrite.All", directoryRead, directoryWrite}},
	{"AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da", Graph, false, nil},
	{"MailboxSettings.Read", "40f97065-369a-49f4-947c-6a255697ae91", Graph, false, []string{"MailboxSettings.ReadWrite"}},
	{"Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68", Graph, false, nil},
	{"RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", Graph, false, []string{"RoleManagement.ReadWrite.Directory", directoryRead, directoryWrite}},
	{
		"RoleEligibilitySchedule.Read.Directory", "ff278e11-4a33-4d0c-83d2-d01dc58929a5", Graph, false,
		[]string{"RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"},
	},
	{
		"RoleAssignmentSchedule.Read.Directory", "d5fe8ce8-684c-4c83-a52c-46e882ce4be1", Graph, false,
		[]string{"RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.Read.All", "RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"},
	},
	{"Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", Graph, false, []string{"Domain.ReadWrite.All", directoryRead}},
	{"Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", Graph, false, []string{"Organization.ReadWrite.All", directoryRead, directoryWrite}},
	{"GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", Graph, false, []string{"GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", directoryRead, directoryWrite}},
	{"Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", Graph, false, []string{"Application.ReadWrite.All", directoryRead}},
	{"UserAuthenticationMethod.Read.All", "38d9df27-64da-44fd-b7c5-a6fbac20248f", Graph, false, []string{"UserAuthenticationMethod.ReadWrite.All"}},
	{"IdentityRiskEvent.Read.All", "6e472fd1-ad78-48da-a0f0-97ab2c6b769e", Graph, false, []string{"IdentityRiskEvent.ReadWrite.All"}},
	{"IdentityRiskyUser.Read.All", "dc5007c0-2d7d-4c42-879c-2dab87571379", Graph, false, []string{"IdentityRiskyUser.ReadWrite.All"}},
	{"ExchangeMessageTrace.Read.All", "", Graph, false, nil},
	{"Mail.ReadBasic.All", "693c5e45-0940-467d-9b8a-1022fb9d42ef", Graph, false, []string{"Mail.Read", "Mail.ReadWrite"}},
	{"Exchange.ManageAsApp", "dc50a0fb-09a3-484d-be87-e023b12c6440", Exchange, false, nil},
	{"ActivityFeed.Read", "", Manage, false, nil},

	{"User.EnableDisableAccount.All", "3011c876-62b7-4ada-afa2-506cbbecc68c", Graph, false, []string{"User.ReadWrite.All", directoryWrite}},
	{"User.RevokeSessions.All", "77f3a031-c388-4f99-b373-dc68676a979e", Graph, false, []string{"User.ReadWrite.All", directoryWrite}},
	{"User-PasswordProfile.ReadWrite.All", "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7", Graph, false, []string{"User.ReadWrite.All", directoryWrite}},
	{"MailboxSettings.ReadWrite", "6931bccd-447a-43d1-b442-00a195474933", Graph, false, nil},
	{"UserAuthenticationMethod.ReadWrite.All", "50483e42-d915-4231-9639-7fdb7fd190e5", Graph, true, nil},
	{"DelegatedPermissionGrant.ReadWrite.All", "8e8e4742-1d95-4f68-9d56-6ee75648c72a", Graph, false, []string{directoryWrite}},
	{"Policy.ReadWrite.AuthenticationMethod", "29c18626-4985-4dcd-85c0-193eef327366", Graph, true, nil},
	{"IdentityRiskyUser.ReadWrite.All", "656f6061-f9fe-4807-9708-6a2e0934df76", Graph, false, nil},
	{"AppRoleAssignment.ReadWrite.All", "06b708a9-e830-4db3-a914-8e69da51d44f", Graph, true, nil},
	{"RoleManagement.ReadWrite.Directory", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", Graph, true, nil},

	{directoryRead, "7ab1d382-f21e-4acd-a863-ba3e13f7da61", Graph, false, nil},
	{directoryWrite, "19dbc75e-c2e2-444c-a770-ec69d8559fc7", Graph, true, nil},
	{"User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca", Graph, true, nil},
	{"Application.ReadWrite.All", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", Graph, true, nil},
	{"GroupMember.ReadWrite.All", "dbaae8cf-10b5-4b86-a4a1-f871c94c6695", Graph, false, nil},
	{"Group.ReadWrite.All", "62a82d76-70ea-41e2-9197-370581804d09", Graph, false, nil},
	{"Policy.ReadWrite.ConditionalAccess", "01c0a623-fc9b-48e9-b794-0756f8e8f067", Graph, true, nil},
	{"Policy.ReadWrite.Authorization", "fb221be6-99f2-473f-bd32-01c6a0e9ca3b", Graph, true, nil},
	{"Domain.ReadWrite.All", "7e05723c-0bb0-42da-be95-ae9f08a6e53c", Graph, true, nil},
	{"RoleAssignmentSchedule.ReadWrite.Directory", "dd199f4a-f148-40a4-a2ec-f0069cc799ec", Graph, true, nil},
	{"RoleEligibilitySchedule.ReadWrite.Directory", "fee28b28-e1f3-4841-818e-2704dc62245f", Graph, true, nil},
	{"full_access_as_app", "", Exchange, false, nil},
}

// PermissionByName gives what is known of a permission. Names are compared
// without case.
func PermissionByName(name string) (Permission, bool) {
	i := slices.IndexFunc(permissions, func(p Permission) bool { return strings.EqualFold(p.Name, name) })
	if i < 0 {
		return Permission{Name: name}, false
	}
	return permissions[i], true
}
