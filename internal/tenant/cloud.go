package tenant

import (
	"fmt"
	"slices"
	"strings"
)

// A Service is one API of a tenant. Each has its own hosts and its own tokens.
type Service string

// The services that Vakt talks to.
const (
	Graph      Service = "graph"
	Exchange   Service = "exchange"   // the admin REST interface of Exchange Online
	Compliance Service = "compliance" // the same protocol for Defender and Purview role groups
	Manage     Service = "manage"     // the Office 365 Management Activity API
)

// Cloud holds where the services of one cloud answer: base URLs without a
// slash at the end. A token of one cloud is worth nothing in another.
type Cloud struct {
	Name       string // global, usgov, usgovdod, china or custom
	Login      string // the authority, without the tenant; scheme and host only
	Graph      string // without the version
	Exchange   string
	Compliance string // the door that leads to the tenant's regional host
	Manage     string // "": the cloud does not offer the activity feed
}

// Custom is the name of a cloud whose hosts the configuration gives: a
// simulated tenant, or a proxy.
const Custom = "custom"

// clouds are the public clouds, from the deployment pages of Microsoft Graph,
// the app-only pages of Exchange Online PowerShell and the reference of the
// Management Activity API.
var clouds = []Cloud{
	{
		Name: "global", Login: "https://login.microsoftonline.com",
		Graph: "https://graph.microsoft.com", Exchange: "https://outlook.office365.com",
		Compliance: "https://ps.compliance.protection.outlook.com", Manage: "https://manage.office.com",
	},
	{
		Name: "usgov", Login: "https://login.microsoftonline.us",
		Graph: "https://graph.microsoft.us", Exchange: "https://outlook.office365.us",
		Compliance: "https://ps.compliance.protection.office365.us", Manage: "https://manage.office365.us",
	},
	{
		Name: "usgovdod", Login: "https://login.microsoftonline.us",
		Graph: "https://dod-graph.microsoft.us", Exchange: "https://outlook-dod.office365.us",
		Compliance: "https://l5.ps.compliance.protection.office365.us", Manage: "https://manage.protection.apps.mil",
	},
	{
		Name: "china", Login: "https://login.chinacloudapi.cn",
		Graph: "https://microsoftgraph.chinacloudapi.cn", Exchange: "https://partner.outlook.cn",
		Compliance: "https://ps.compliance.protection.partner.outlook.cn",
	},
}

// CloudByName gives a public cloud.
func CloudByName(name string) (Cloud, bool) {
	i := slices.IndexFunc(clouds, func(c Cloud) bool { return c.Name == name })
	if i < 0 {
		return Cloud{}, false
	}
	return clouds[i], true
}

// CloudNames lists what the key cloud: takes.
func CloudNames() []string {
	var out []string
	for _, c := range clouds {
		out = append(out, c.Name)
	}
	return append(out, Custom)
}

// Base is where a service answers, or an error where the cloud does not offer
// it.
func (c Cloud) Base(s Service) (string, error) {
	base := map[Service]string{Graph: c.Graph, Exchange: c.Exchange, Compliance: c.Compliance, Manage: c.Manage}[s]
	if base == "" {
		return "", fmt.Errorf("the cloud %q does not offer the service %q", c.Name, s)
	}
	return base, nil
}

// Scope is what a token for the service is asked for with. "" where the cloud
// does not offer the service.
func (c Cloud) Scope(s Service) string {
	base, err := c.Base(s)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(base, "/") + "/.default"
}
