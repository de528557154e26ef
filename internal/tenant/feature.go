package tenant

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/text"
)

// A Capability is one thing that Vakt can do for a tenant, and that costs
// permissions.
type Capability string

// Capabilities that read, then those that write.
const (
	Accounts     Capability = "accounts"
	Activity     Capability = "activity"
	Mailboxes    Capability = "mailboxes"
	Purpose      Capability = "purpose"
	InboxRules   Capability = "inbox_rules"
	Registration Capability = "registration"
	Methods      Capability = "methods"
	Roles        Capability = "roles"
	Eligible     Capability = "eligible_roles"
	Groups       Capability = "groups"
	Policies     Capability = "policies"
	Products     Capability = "products"
	Domains      Capability = "domains"
	SignInLogs   Capability = "sign_in_logs"
	AuditLogs    Capability = "audit_logs"
	Risk         Capability = "risk"
	Applications Capability = "applications"
	UnifiedAudit Capability = "unified_audit"
	MessageTrace Capability = "message_trace"

	Block          Capability = "block"
	ResetPassword  Capability = "reset_password"
	MailRules      Capability = "mail_rules"
	MailboxChanges Capability = "mailbox_changes"
	RemoveMethods  Capability = "remove_methods"
	RevokeGrants   Capability = "revoke_grants"
	ConfirmRisk    Capability = "confirm_risk"
	RemoveRoles    Capability = "remove_roles"
)

// Feature says what a capability needs and what is lost without it.
type Feature struct {
	ID    Capability
	Title string
	Write bool // belongs to the second app registration
	// Optional features are asked for by name only: they are tier 0, or few
	// tenants want them.
	Optional bool
	Needs    []string // names of permissions, all of them
	// Role is the Entra role that the application needs besides; "": none.
	Role    string
	Why     string // what it is used for
	Loses   string // what Vakt cannot do without it
	Licence Licence
	Hides   string // what a tenant without the licence does not show
	Instead string // what stands in for it then
}

// Entra roles that an application is given besides its permissions.
const (
	GlobalReader      = "Global Reader"
	UserAdministrator = "User Administrator"
	ExchangeRole      = "Exchange role group Vakt Response (Mail Recipients)"
	AuthAdministrator = "Privileged Authentication Administrator"
)

const useLogs = "give exported sign-in logs with --logs: they show use as far back as they reach"

// features is the one table that doctor, permissions and the set-up code read.
var features = []Feature{
	{
		ID: Accounts, Title: "Accounts", Needs: []string{"User.Read.All"},
		Why: "list accounts with state, licences, age and synchronisation", Loses: "everything: without accounts there is nothing to judge",
	},
	{
		ID: Activity, Title: "Last sign-in", Needs: []string{"AuditLog.Read.All"}, Licence: P1,
		Why:   "show when an account last signed in",
		Loses: "no proof that nobody uses an account: such accounts are held, not proposed for blocking",
		Hides: "signInActivity of every account", Instead: useLogs,
	},
	{
		ID: Mailboxes, Title: "Mailboxes", Needs: []string{"Exchange.ManageAsApp"}, Role: GlobalReader,
		Why:   "read type, delegates, protocols, forwarding and audit state of mailboxes",
		Loses: "mailbox types come one by one from mailbox settings; delegates, protocols, forwarding, audit state and conversions stay unknown",
	},
	{
		ID: Purpose, Title: "Mailbox purpose", Needs: []string{"MailboxSettings.Read"},
		Why:   "tell shared, room and equipment mailboxes where Exchange cannot be asked",
		Loses: "without Exchange no account is known to be a resource",
	},
	{
		ID: InboxRules, Title: "Inbox rules", Needs: []string{"MailboxSettings.Read"},
		Why: "find rules that forward or hide mail", Loses: "forwarding by inbox rules stays unknown",
	},
	{
		ID: Registration, Title: "MFA registration", Needs: []string{"AuditLog.Read.All"}, Licence: P1,
		Why: "who is registered for MFA, for the coverage figures", Loses: "MFA coverage is unknown",
		Hides: "the registration report", Instead: "methods are read account by account where UserAuthenticationMethod.Read.All is granted",
	},
	{
		ID: Methods, Title: "MFA methods", Needs: []string{"UserAuthenticationMethod.Read.All"},
		Why: "which methods a resource account has, and since when", Loses: "a method that an attacker registered on a resource account stays unseen",
	},
	{
		ID: Roles, Title: "Roles", Needs: []string{"RoleManagement.Read.Directory"},
		Why: "keep holders of roles from being blocked", Loses: "every verdict is hold: a role could be missed",
	},
	{
		ID: Eligible, Title: "Eligible roles", Licence: P2,
		Needs: []string{"RoleEligibilitySchedule.Read.Directory", "RoleAssignmentSchedule.Read.Directory"},
		Why:   "keep those who can activate a role from being blocked, and tell standing roles from activated ones",
		Loses: "eligible holders look like nobody: every verdict is hold",
		Hides: "nothing: without P2 there is no eligibility", Instead: "active assignments are all there is",
	},
	{
		ID: Groups, Title: "Groups", Needs: []string{"GroupMember.Read.All"},
		Why: "resolve groups that roles and policies name", Loses: "roles by group and policy coverage stay unknown",
	},
	{
		ID: Policies, Title: "Policies", Needs: []string{"Policy.Read.All"}, Licence: P1,
		Why: "Conditional Access, security defaults, authorization policy", Loses: "whether anything guards an account stays unknown",
		Hides: "Conditional Access, which the tenant cannot have", Instead: "security defaults are read all the same",
	},
	{
		ID: Products, Title: "Licences", Needs: []string{"Organization.Read.All"},
		Why: "tell Teams Rooms by their product, and what the tenant can show", Loses: "a Teams Room looks like a plain room: rooms with a licence are held",
	},
	{
		ID: Domains, Title: "Domains", Needs: []string{"Domain.Read.All"},
		Why: "tell federated accounts and own domains", Loses: "federation and external forwarding stay unknown",
	},
	{
		ID: SignInLogs, Title: "Sign-in logs", Needs: []string{"AuditLog.Read.All"}, Licence: P1,
		Why: "refused attempts since a block; who signs in as a mailbox", Loses: "no detection on live sign-ins",
		Hides: "sign-in logs through Graph", Instead: useLogs,
	},
	{
		ID: AuditLogs, Title: "Directory audits", Needs: []string{"AuditLog.Read.All"},
		Why: "who changed what", Loses: "no detection on changes",
	},
	{
		ID: Risk, Title: "Risk", Needs: []string{"IdentityRiskEvent.Read.All", "IdentityRiskyUser.Read.All"}, Licence: P2,
		Why: "risk that Microsoft saw", Loses: "no detection on Microsoft's risk events",
		Hides: "details of risk detections and risky users", Instead: "Vakt's own rules on sign-in logs",
	},
	{
		ID: Applications, Title: "Applications", Needs: []string{"Application.Read.All"},
		Why: "name the applications in findings", Loses: "applications are shown by id",
	},
	{
		ID: UnifiedAudit, Title: "Unified audit log", Optional: true, Needs: []string{"ActivityFeed.Read"},
		Why: "mailbox and file events as they happen", Loses: "no detection on mailbox events but from exported files",
	},
	{
		ID: MessageTrace, Title: "Message trace", Optional: true, Needs: []string{"ExchangeMessageTrace.Read.All"},
		Why: "what a compromised account sent", Loses: "the scope of an incident is told from audit logs alone",
	},
	{
		ID: Block, Title: "Block sign-in", Write: true, Needs: []string{"User.EnableDisableAccount.All", "User.Read.All", "User.RevokeSessions.All"},
		Why: "block and unblock accounts, end their sessions", Loses: "plans are made, and carried out by hand",
	},
	{
		ID: ResetPassword, Title: "Reset passwords", Write: true, Needs: []string{"User-PasswordProfile.ReadWrite.All"}, Role: UserAdministrator,
		Why: "lock an attacker out", Loses: "the reset is a step by hand",
	},
	{
		ID: MailRules, Title: "Disable inbox rules", Write: true, Needs: []string{"MailboxSettings.ReadWrite"},
		Why: "switch off rules that an attacker left", Loses: "rules are switched off by hand",
	},
	{
		ID: MailboxChanges, Title: "Change mailboxes", Write: true, Needs: []string{"Exchange.ManageAsApp"}, Role: ExchangeRole,
		Why: "end forwarding, close protocols, remove delegates", Loses: "these steps are done by hand",
	},
	{
		ID: RemoveMethods, Title: "Remove MFA methods", Write: true, Optional: true, Needs: []string{"UserAuthenticationMethod.ReadWrite.All"},
		Why: "remove methods that an attacker registered", Loses: "methods are removed by hand",
	},
	{
		ID: RevokeGrants, Title: "Revoke consents", Write: true, Needs: []string{"DelegatedPermissionGrant.ReadWrite.All"},
		Why: "take back what a person granted to an application", Loses: "grants are removed by hand",
	},
	{
		ID: ConfirmRisk, Title: "Confirm compromise", Write: true, Needs: []string{"IdentityRiskyUser.ReadWrite.All"}, Licence: P2,
		Why: "tell Identity Protection", Loses: "risk policies do not learn of the incident",
		Hides: "the risk state of users", Instead: "block and reset do the same work",
	},
	{
		ID: RemoveRoles, Title: "Remove roles", Write: true, Optional: true, Needs: []string{"RoleManagement.ReadWrite.Directory"},
		Why: "take roles from a compromised account", Loses: "roles are removed by hand",
	},
}

// Features lists every feature, those that read first.
func Features() []Feature { return slices.Clone(features) }

// ReadFeatures are what the read registration asks for unless told otherwise.
func ReadFeatures() []Capability { return selectFeatures(false) }

// WriteFeatures are what the write registration asks for unless told
// otherwise: nothing of tier 0.
func WriteFeatures() []Capability { return selectFeatures(true) }

func selectFeatures(write bool) []Capability {
	var out []Capability
	for _, f := range features {
		if f.Write == write && !f.Optional {
			out = append(out, f.ID)
		}
	}
	return out
}

// FeatureByID gives a feature, or an error that names the nearest one.
func FeatureByID(id string) (Feature, error) {
	i := slices.IndexFunc(features, func(f Feature) bool { return string(f.ID) == id })
	if i >= 0 {
		return features[i], nil
	}
	var names []string
	for _, f := range features {
		names = append(names, string(f.ID))
	}
	if near := text.Nearest(id, names); near != "" {
		return Feature{}, fmt.Errorf("no feature is called %q: did you mean %q?", id, near)
	}
	return Feature{}, fmt.Errorf("no feature is called %q: there are %s", id, strings.Join(names, ", "))
}

// featuresOf gives the features in the table's order.
func featuresOf(ids []Capability) []Feature {
	var out []Feature
	for _, f := range features {
		if slices.Contains(ids, f.ID) {
			out = append(out, f)
		}
	}
	return out
}

// A Grant says how a permission that a feature needs stands.
type Grant struct {
	Feature    Capability
	Permission Permission
	Granted    bool
	By         string // the permission that grants it; a wider one is more than needed
}

// A Surplus is a permission that was granted and that no feature needs.
type Surplus struct {
	Permission Permission
	Instead    []string // narrower permissions that would do in its place
}

// Comparison sets what is granted against what the features need.
type Comparison struct {
	Grants  []Grant // by feature, then as the feature lists them
	Missing []Grant // those of Grants that are not granted
	Surplus []Surplus
}

// Compare sets granted permissions, as the tokens' roles name them, against
// what the features need.
func Compare(granted []string, ids []Capability) Comparison {
	var c Comparison
	needed := map[string]bool{}
	instead := map[string][]string{}
	for _, f := range featuresOf(ids) {
		for _, name := range f.Needs {
			p, _ := PermissionByName(name)
			needed[p.Name] = true
			g := Grant{Feature: f.ID, Permission: p}
			g.By, g.Granted = grantedBy(p, granted)
			if g.Granted && g.By != p.Name && !slices.Contains(instead[g.By], p.Name) {
				instead[g.By] = append(instead[g.By], p.Name)
			}
			c.Grants = append(c.Grants, g)
			if !g.Granted {
				c.Missing = append(c.Missing, g)
			}
		}
	}
	for _, name := range slices.Sorted(slices.Values(granted)) {
		if p, _ := PermissionByName(name); !needed[p.Name] {
			c.Surplus = append(c.Surplus, Surplus{p, instead[p.Name]})
		}
	}
	return c
}

// grantedBy finds the permission itself, or else the first wider one.
func grantedBy(p Permission, granted []string) (string, bool) {
	for _, name := range append([]string{p.Name}, p.Wider...) {
		if slices.ContainsFunc(granted, func(g string) bool { return strings.EqualFold(g, name) }) {
			return name, true
		}
	}
	return "", false
}
