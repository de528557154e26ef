// The app registrations of Vakt, with the Bicep extension for Microsoft Graph.
// bicepconfig.json beside this file gives the extension (v1.0) the name graph.
// Entra roles are not part of the extension: give those that the outputs name.
extension graph

func appRole(roles array, name string) string => filter(roles, r => r.value == name)[0].id

@description('Base64 of the DER certificate of vakt-read')
param vakt_read_certificate string

resource vakt_read_app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'vakt-read'
  displayName: 'vakt-read'
  signInAudience: 'AzureADMyOrg'
  keyCredentials: [
    { displayName: 'vakt-read', usage: 'Verify', type: 'AsymmetricX509Cert', key: vakt_read_certificate }
  ]
}

resource vakt_read_principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: vakt_read_app.appId
}

resource vakt_read_api0 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource vakt_read_grants0 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [
  'User.Read.All'
  'AuditLog.Read.All'
  'MailboxSettings.Read'
  'UserAuthenticationMethod.Read.All'
  'RoleManagement.Read.Directory'
  'RoleEligibilitySchedule.Read.Directory'
  'RoleAssignmentSchedule.Read.Directory'
  'GroupMember.Read.All'
  'Policy.Read.All'
  'Organization.Read.All'
  'Domain.Read.All'
  'IdentityRiskEvent.Read.All'
  'IdentityRiskyUser.Read.All'
  'Application.Read.All'
]: {
  appRoleId: appRole(vakt_read_api0.appRoles, name)
  principalId: vakt_read_principal.id
  resourceId: vakt_read_api0.id
}]

resource vakt_read_api1 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000002-0000-0ff1-ce00-000000000000'
}

resource vakt_read_grants1 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [
  'Exchange.ManageAsApp'
]: {
  appRoleId: appRole(vakt_read_api1.appRoles, name)
  principalId: vakt_read_principal.id
  resourceId: vakt_read_api1.id
}]

resource vakt_read_api2 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: 'c5393580-f805-4401-95e8-94b7a6ef2fc2'
}

resource vakt_read_grants2 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [
  'ActivityFeed.Read'
]: {
  appRoleId: appRole(vakt_read_api2.appRoles, name)
  principalId: vakt_read_principal.id
  resourceId: vakt_read_api2.id
}]

output vakt_read_client_id string = vakt_read_app.appId
output vakt_read_entra_roles array = ['Global Reader']

@description('Base64 of the DER certificate of vakt-write')
param vakt_write_certificate string

resource vakt_write_app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'vakt-write'
  displayName: 'vakt-write'
  signInAudience: 'AzureADMyOrg'
  keyCredentials: [
    { displayName: 'vakt-write', usage: 'Verify', type: 'AsymmetricX509Cert', key: vakt_write_certificate }
  ]
}

resource vakt_write_principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: vakt_write_app.appId
}

resource vakt_write_api0 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource vakt_write_grants0 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [
  'User.EnableDisableAccount.All'
  'User.Read.All'
  'User.RevokeSessions.All'
  'User-PasswordProfile.ReadWrite.All'
  'MailboxSettings.ReadWrite'
  'DelegatedPermissionGrant.ReadWrite.All'
  'IdentityRiskyUser.ReadWrite.All'
]: {
  appRoleId: appRole(vakt_write_api0.appRoles, name)
  principalId: vakt_write_principal.id
  resourceId: vakt_write_api0.id
}]

resource vakt_write_api1 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000002-0000-0ff1-ce00-000000000000'
}

resource vakt_write_grants1 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [
  'Exchange.ManageAsApp'
]: {
  appRoleId: appRole(vakt_write_api1.appRoles, name)
  principalId: vakt_write_principal.id
  resourceId: vakt_write_api1.id
}]

output vakt_write_client_id string = vakt_write_app.appId
output vakt_write_entra_roles array = ['User Administrator', 'Exchange role group Vakt Response (Mail Recipients)']

@description('Base64 of the DER certificate of vakt-roles')
param vakt_roles_certificate string

resource vakt_roles_app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'vakt-roles'
  displayName: 'vakt-roles'
  signInAudience: 'AzureADMyOrg'
  keyCredentials: [
    { displayName: 'vakt-roles', usage: 'Verify', type: 'AsymmetricX509Cert', key: vakt_roles_certificate }
  ]
}

resource vakt_roles_principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: vakt_roles_app.appId
}

resource vakt_roles_api0 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource vakt_roles_grants0 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [
  // tier 0: whoever holds it can take over the tenant
  'RoleManagement.ReadWrite.Directory'
]: {
  appRoleId: appRole(vakt_roles_api0.appRoles, name)
  principalId: vakt_roles_principal.id
  resourceId: vakt_roles_api0.id
}]

output vakt_roles_client_id string = vakt_roles_app.appId
output vakt_roles_entra_roles array = []
