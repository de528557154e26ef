package tenant

import (
	"fmt"
	"strings"
)

const azHead = `# Creates the app registrations of Vakt. Run it as somebody who may grant
# admin consent; az login first. Make the certificates beforehand, and keep
# each key in a file that only its owner can read:
#   openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj /CN=vakt-read -keyout vakt-read.key -out vakt-read.crt
#   cat vakt-read.key vakt-read.crt > vakt-read.pem && chmod 600 vakt-read.pem && rm vakt-read.key
set -eu
graph=$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)
`

// azRegistration is the code for one registration. Permissions whose id is not
// known are looked up by name.
func azRegistration(r AppRegistration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "app=$(az ad app create --display-name %s --sign-in-audience AzureADMyOrg --query appId --output tsv)\n", r.Name)
	b.WriteString("sp=$(az ad sp create --id \"$app\" --query id --output tsv)\n")
	fmt.Fprintf(&b, "az ad app credential reset --id \"$app\" --cert @%s.crt --append --output none\n", r.Name)
	for _, group := range r.byApp() {
		for _, p := range group {
			fmt.Fprintf(&b, "# %s%s\n", p.Name, tierNote(p))
			id := p.ID
			if id == "" {
				id = `"$(az ad sp show --id ` + p.App + ` --query "appRoles[?value=='` + p.Name + `'].id | [0]" --output tsv)"`
			}
			fmt.Fprintf(&b, "az ad app permission add --id \"$app\" --api %s --api-permissions %s=Role --output none\n", p.App, id)
		}
	}
	b.WriteString("sleep 30 # until a new application is known everywhere\n")
	b.WriteString("az ad app permission admin-consent --id \"$app\"\n")
	for _, role := range r.Roles {
		if id := roleTemplates[role]; id != "" {
			fmt.Fprintf(&b, "# %s\n", role)
			b.WriteString("az rest --method POST --url \"${graph%/}/v1.0/roleManagement/directory/roleAssignments\" --output none \\\n")
			fmt.Fprintf(&b, "  --body \"{\\\"principalId\\\":\\\"$sp\\\",\\\"roleDefinitionId\\\":\\\"%s\\\",\\\"directoryScopeId\\\":\\\"/\\\"}\"\n", id)
		}
	}
	for _, role := range r.byHand() {
		fmt.Fprintf(&b, "echo 'By hand: %s'\n", role)
	}
	fmt.Fprintf(&b, "echo \"%s: client_id $app\"\n", r.Name)
	return b.String()
}

func tierNote(p EmittedRole) string {
	if p.Tier0 {
		return " (tier 0: whoever holds it can take over the tenant)"
	}
	return ""
}
