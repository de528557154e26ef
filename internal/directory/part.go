package directory

import (
	"encoding/json"
	"slices"
)

// The parts of a snapshot, named as the files of an export.
const (
	UsersPart          = "users.json"
	ActivityPart       = "signInActivity.json" // exported within users.json
	MailboxesPart      = "mailboxes.json"
	CASPart            = "casMailboxes.json"
	PermissionsPart    = "mailboxPermissions.json"
	RecipientPart      = "recipientPermissions.json"
	BypassPart         = "auditBypass.json"
	SettingsPart       = "mailboxSettings.json"
	OrganizationalPart = "organizationConfig.json"
	TransportPart      = "transportConfig.json"
	RegistrationPart   = "userRegistrationDetails.json"
	MethodsPart        = "authenticationMethods.json"
	AssignmentsPart    = "roleAssignments.json"
	SchedulesPart      = "roleAssignmentSchedules.json"
	DefinitionsPart    = "roleDefinitions.json"
	EligibilityPart    = "roleEligibilitySchedules.json"
	GroupsPart         = "groups.json"
	AccessPart         = "conditionalAccessPolicies.json"
	LocationsPart      = "namedLocations.json"
	PoliciesPart       = "policies.json"
	SKUsPart           = "subscribedSkus.json"
	DomainsPart        = "domains.json"
	OrganizationPart   = "organization.json"
	DeletedPart        = "deletedUsers.json"
	RulesPart          = "messageRules.json"
	AzureRolesPart     = "azureRoleAssignments.json"
	BlockedPart        = "blockedSenders.json"
	SignaturesPart     = "messageConfiguration.json"
	SearchPart         = "mailSearch.json"
	SignInsPart        = "signIns.jsonl"
	RefusedPart        = "refusedSignIns.jsonl" // attempts at blocked accounts only
	AuditsPart         = "directoryAudits.jsonl"
	RisksPart          = "riskDetections.jsonl"
)

// shape is how a part is written down.
type shape int

const (
	list   shape = iota // {"value":[…]} or an array
	owned               // {user id: list body}
	lines               // JSON Lines
	single              // a list of one, or the object itself
)

// need is whether a snapshot is whole without the part.
type need int

const (
	needed   need = iota
	wanted        // tells more where it is there; a snapshot is whole without
	evidence      // logs: never part of the state
	brought       // like wanted, and only people put it there: no manifest names it
)

// partKind is what is known of one part.
type partKind struct {
	name  string
	shape shape
	need  need
}

// parts are all parts that Vakt reads and writes. Files of other names in a
// folder are left alone.
var parts = []partKind{
	{UsersPart, list, needed},
	{ActivityPart, list, needed},
	{MailboxesPart, list, needed},
	{CASPart, list, needed},
	{PermissionsPart, list, needed},
	{RecipientPart, list, needed},
	{BypassPart, list, wanted},
	{SettingsPart, owned, wanted},
	{OrganizationalPart, single, wanted},
	{TransportPart, single, wanted},
	{RegistrationPart, list, needed},
	{MethodsPart, owned, needed},
	{AssignmentsPart, list, needed},
	{SchedulesPart, list, wanted},
	{DefinitionsPart, list, needed},
	{EligibilityPart, list, needed},
	{GroupsPart, list, needed},
	{AccessPart, list, needed},
	{LocationsPart, list, wanted},
	{PoliciesPart, list, wanted},
	{SKUsPart, list, needed},
	{DomainsPart, list, needed},
	{OrganizationPart, list, wanted},
	{DeletedPart, list, wanted},
	{RulesPart, owned, wanted},
	{AzureRolesPart, list, brought},
	{BlockedPart, list, wanted},
	{SignaturesPart, owned, brought},
	{SearchPart, owned, brought},
	{SignInsPart, lines, evidence},
	{RefusedPart, lines, evidence},
	{AuditsPart, lines, evidence},
	{RisksPart, lines, evidence},
}

func kindOfPart(name string) (partKind, bool) {
	i := slices.IndexFunc(parts, func(p partKind) bool { return p.name == name })
	if i < 0 {
		return partKind{}, false
	}
	return parts[i], true
}

// Item is one object of a part, as the service wrote it.
type Item struct {
	// Owner is the id of the account that the object belongs to, for parts
	// that are kept by account.
	Owner string
	Raw   json.RawMessage
}

// Parts are the raw material of a snapshot: a folder, or what a store holds.
type Parts interface {
	// About tells the tenant and when the reading began (RFC 3339); both may
	// be empty.
	About() (tenant, taken string)
	// State is what became of a part.
	State(name string) PartState
	// Each hands over the items of a part. An error of its own means that the
	// rest of the part could not be read.
	Each(name string, do func(Item) error) error
}
