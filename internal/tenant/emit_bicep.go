package tenant

import (
	"fmt"
	"strings"
)

const bicepHead = `// The app registrations of Vakt, with the Bicep extension for Microsoft Graph.
// bicepconfig.json beside this file gives the extension (v1.0) the name graph.
// Entra roles are not part of the extension: give those that the outputs name.
extension graph

func appRole(roles array, name string) string => filter(roles, r => r.value == name)[0].id
`

func bicepRegistration(r AppRegistration) string {
	var b strings.Builder
	id := strings.ReplaceAll(r.Name, "-", "_")
	fmt.Fprintf(&b, "@description('Base64 of the DER certificate of %s')\nparam %s_certificate string\n\n", r.Name, id)
	fmt.Fprintf(&b, "resource %s_app 'Microsoft.Graph/applications@v1.0' = {\n", id)
	fmt.Fprintf(&b, "  uniqueName: '%s'\n  displayName: '%s'\n  signInAudience: 'AzureADMyOrg'\n", r.Name, r.Name)
	fmt.Fprintf(&b, "  keyCredentials: [\n    { displayName: '%s', usage: 'Verify', type: 'AsymmetricX509Cert', key: %s_certificate }\n  ]\n}\n\n", r.Name, id)
	fmt.Fprintf(&b, "resource %s_principal 'Microsoft.Graph/servicePrincipals@v1.0' = {\n  appId: %s_app.appId\n}\n", id, id)
	for i, group := range r.byApp() {
		b.WriteString(bicepGrants(id, i, group))
	}
	fmt.Fprintf(&b, "\noutput %s_client_id string = %s_app.appId\n", id, id)
	fmt.Fprintf(&b, "output %s_entra_roles array = [%s]\n", id, bicepTexts(r.Roles))
	return b.String()
}

// bicepGrants grants the permissions of one application, looked up by name.
func bicepGrants(id string, i int, group []EmittedRole) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nresource %s_api%d 'Microsoft.Graph/servicePrincipals@v1.0' existing = {\n  appId: '%s'\n}\n\n", id, i, group[0].App)
	fmt.Fprintf(&b, "resource %s_grants%d 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for name in [\n", id, i)
	for _, p := range group {
		if p.Tier0 {
			b.WriteString("  // tier 0: whoever holds it can take over the tenant\n")
		}
		fmt.Fprintf(&b, "  '%s'\n", p.Name)
	}
	b.WriteString("]: {\n")
	fmt.Fprintf(&b, "  appRoleId: appRole(%s_api%d.appRoles, name)\n  principalId: %s_principal.id\n  resourceId: %s_api%d.id\n}]\n", id, i, id, id, i)
	return b.String()
}

func bicepTexts(texts []string) string {
	var quoted []string
	for _, t := range texts {
		quoted = append(quoted, "'"+t+"'")
	}
	return strings.Join(quoted, ", ")
}
