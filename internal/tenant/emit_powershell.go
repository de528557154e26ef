package tenant

import (
	"fmt"
	"strings"
)

const powershellHead = `# Creates the app registrations of Vakt with the Microsoft Graph module. Run it
# as somebody who may grant admin consent, with the certificates vakt-read.crt
# and vakt-write.crt beside it.
$ErrorActionPreference = 'Stop'
Connect-MgGraph -Scopes 'Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'RoleManagement.ReadWrite.Directory' -NoWelcome

function Grant-VaktPermission($Principal, $Resource, [string[]] $Names) {
    $api = Get-MgServicePrincipal -Filter "appId eq '$Resource'"
    foreach ($name in $Names) {
        $role = $api.AppRoles | Where-Object { $_.Value -eq $name -and $_.AllowedMemberTypes -contains 'Application' }
        if (-not $role) { throw "The application $Resource has no permission $name" }
        New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $Principal.Id -PrincipalId $Principal.Id -ResourceId $api.Id -AppRoleId $role.Id | Out-Null
    }
}

function New-VaktRegistration($Name) {
    $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new((Resolve-Path "$Name.crt").Path)
    $key = @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData; DisplayName = $Name }
    $app = New-MgApplication -DisplayName $Name -SignInAudience 'AzureADMyOrg' -KeyCredentials @($key)
    New-MgServicePrincipal -AppId $app.AppId
}
`

func powershellRegistration(r AppRegistration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$principal = New-VaktRegistration '%s'\n", r.Name)
	for _, group := range r.byApp() {
		var names []string
		for _, p := range group {
			if p.Tier0 {
				fmt.Fprintf(&b, "# %s is tier 0: whoever holds it can take over the tenant\n", p.Name)
			}
			names = append(names, "    '"+p.Name+"'")
		}
		fmt.Fprintf(&b, "Grant-VaktPermission $principal '%s' @(\n%s\n)\n", group[0].App, strings.Join(names, "\n"))
	}
	for _, role := range r.Roles {
		if id := roleTemplates[role]; id != "" {
			fmt.Fprintf(&b, "# %s\n", role)
			fmt.Fprintf(&b, "New-MgRoleManagementDirectoryRoleAssignment -PrincipalId $principal.Id -RoleDefinitionId '%s' -DirectoryScopeId '/' | Out-Null\n", id)
		}
	}
	for _, role := range r.byHand() {
		fmt.Fprintf(&b, "Write-Output 'By hand: %s'\n", role)
	}
	fmt.Fprintf(&b, "Write-Output \"%s: client_id $($principal.AppId)\"\n", r.Name)
	return b.String()
}
