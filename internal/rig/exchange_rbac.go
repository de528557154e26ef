package rig

import (
	"net/http"
	"slices"
	"strings"
)

// Management roles of Exchange, as far as cmdlets here belong to them.
const (
	viewRecipients    = "View-Only Recipients"
	viewConfiguration = "View-Only Configuration"
	mailRecipients    = "Mail Recipients"
	roleManagement    = "Role Management"
	transportHygiene  = "Transport Hygiene"
	messageTracking   = "Message Tracking"
	allRoles          = "*"
)

// rolesOfEntra are the management roles that an Entra role brings: the page
// "App-only authentication for unattended scripts" names the roles; what each
// brings follows the role groups of the same names.
var rolesOfEntra = map[string][]string{
	roleGlobalAdmin:       {allRoles},
	roleExchangeAdmin:     {allRoles},
	roleExchangeRecipient: {mailRecipients, viewRecipients},
	roleGlobalReader:      {viewRecipients, viewConfiguration},
	roleSecurityReader:    {viewRecipients, viewConfiguration},
	roleSecurityAdmin:     {viewRecipients, viewConfiguration, transportHygiene},
	roleComplianceAdmin:   {viewRecipients, viewConfiguration},
	roleHelpdeskAdmin:     {viewRecipients},
}

// managementRoles are those of the caller.
func (c *call) managementRoles() []string {
	roles := slices.Clone(c.who.app.ManagementRoles)
	for _, id := range c.who.app.DirectoryRoles {
		roles = append(roles, rolesOfEntra[id]...)
	}
	return roles
}

func (c *call) mayRun(cmd *cmdlet) bool {
	return slices.ContainsFunc(c.managementRoles(), func(r string) bool { return r == allRoles || slices.Contains(cmd.roles, r) })
}

// moduleFile lists the cmdlets that the caller may run, separated by commas.
func (c *call) moduleFile() *answer {
	var names []string
	for _, cmd := range cmdletTable {
		if c.mayRun(&cmd) {
			names = append(names, cmd.name)
		}
	}
	slices.Sort(names)
	return jsonAnswer(http.StatusOK, map[string]any{
		"@odata.context": c.base + "/" + c.version + c.path,
		"value":          []any{map[string]any{"exportedCmdlets": strings.Join(names, ",")}},
	})
}

// banner leads from the general host of Security & Compliance to the one of
// the tenant's region. Where all services stand under one address there is no
// other host to lead to.
func (c *call) banner(r *http.Request) *answer {
	for _, host := range serviceHosts[serviceCompliance] {
		if r.Host == host {
			a := rawAnswer(http.StatusFound, nil)
			a.header.Set("Location", "https://eur01b."+host+":446/"+c.version+c.path)
			return a
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"value": []any{}})
}
