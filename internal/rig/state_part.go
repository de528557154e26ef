package rig

import (
	"slices"
	"strings"
)

// The parts of a tenant. A part is a list of objects of one kind; its name is
// the stem of the file that holds it in a folder.
const (
	Users                = "users"
	DeletedUsers         = "deletedUsers"
	Mailboxes            = "mailboxes"
	CASMailboxes         = "casMailboxes"
	MailboxPermissions   = "mailboxPermissions"
	RecipientPermissions = "recipientPermissions"
	Registrations        = "userRegistrationDetails"
	Methods              = "authenticationMethods" // by user id
	RoleAssignments      = "roleAssignments"
	RoleDefinitions      = "roleDefinitions"
	RoleEligibilities    = "roleEligibilitySchedules"
	RoleSchedules        = "roleAssignmentSchedules"
	Groups               = "groups" // with their members, transitive
	ConditionalAccess    = "conditionalAccessPolicies"
	NamedLocations       = "namedLocations"
	SKUs                 = "subscribedSkus"
	Domains              = "domains"
	Organization         = "organization"
	Policies             = "policies" // by id: see the policy constants
	ServicePrincipals    = "servicePrincipals"
	MessageRules         = "messageRules"    // by user id: Graph's messageRule
	InboxRules           = "inboxRules"      // by user id: Get-InboxRule
	MailboxSettings      = "mailboxSettings" // by user id; only of loaded tenants
	AuditBypass          = "auditBypass"
	RoleGroups           = "roleGroups"
	BlockedSenders       = "blockedSenders"
	RemoteDomains        = "remoteDomains"
	OutboundSpamPolicies = "outboundSpamPolicies"
	TransportRules       = "transportRules"
	TransportConfig      = "transportConfig"
	OrganizationConfig   = "organizationConfig"
	SignIns              = "signIns"
	DirectoryAudits      = "directoryAudits"
	RiskDetections       = "riskDetections"
	RiskyUsers           = "riskyUsers"
)

// The keys of the objects of Policies: the last segments of their paths below
// /policies. The object of security defaults has another id.
const (
	SecurityDefaults      = "identitySecurityDefaultsEnforcementPolicy"
	AuthorizationPolicy   = "authorizationPolicy"
	AuthenticationMethods = "authenticationMethodsPolicy"
)

// The states of a part.
const (
	Complete = "complete"
	Partial  = "partial"
	Absent   = "absent"
)

// kind says how a part is kept.
type kind struct {
	name    string
	file    string
	byOwner bool     // {owner: list body} instead of a list
	keys    []string // members by which an object is found, in any case
}

// kinds holds every part of INTERFACE 5 and those that a server needs besides.
// The keys of mailboxes are what Exchange takes for an -Identity.
var kinds = func() []kind {
	ids := []string{"id"}
	identities := []string{"ExternalDirectoryObjectId", "UserPrincipalName", "PrimarySmtpAddress", "Alias", "Name", "Identity", "Guid", "ExchangeGuid", "DistinguishedName"}
	all := []kind{
		{name: Users, keys: []string{"id", "userPrincipalName"}},
		{name: DeletedUsers, keys: []string{"id", "userPrincipalName"}},
		{name: Mailboxes, keys: identities},
		{name: CASMailboxes, keys: identities},
		{name: MailboxPermissions, keys: []string{"Identity"}},
		{name: RecipientPermissions, keys: []string{"Identity"}},
		{name: Registrations, keys: []string{"id", "userPrincipalName"}},
		{name: Methods, byOwner: true},
		{name: RoleAssignments, keys: []string{"id"}},
		{name: RoleDefinitions, keys: []string{"id", "templateId"}},
		{name: RoleEligibilities, keys: ids},
		{name: RoleSchedules, keys: ids},
		{name: Groups, keys: ids},
		{name: ConditionalAccess, keys: ids},
		{name: NamedLocations, keys: ids},
		{name: SKUs, keys: []string{"id", "skuId", "skuPartNumber"}},
		{name: Domains, keys: ids},
		{name: Organization, keys: ids},
		{name: Policies, keys: ids},
		{name: ServicePrincipals, keys: []string{"id", "appId"}},
		{name: MessageRules, byOwner: true},
		{name: InboxRules, byOwner: true},
		{name: MailboxSettings, byOwner: true},
		{name: AuditBypass, keys: []string{"Identity", "Name", "ObjectId"}},
		{name: RoleGroups, keys: []string{"Identity", "Name", "Guid"}},
		{name: BlockedSenders, keys: []string{"SenderAddress"}},
		{name: RemoteDomains, keys: []string{"Identity", "Name", "DomainName"}},
		{name: OutboundSpamPolicies, keys: []string{"Identity", "Name"}},
		{name: TransportRules, keys: []string{"Identity", "Name", "Guid"}},
		{name: TransportConfig, keys: []string{"Identity", "Name"}},
		{name: OrganizationConfig, keys: []string{"Identity", "Name"}},
		{name: SignIns, keys: ids},
		{name: DirectoryAudits, keys: ids},
		{name: RiskDetections, keys: ids},
		{name: RiskyUsers, keys: ids},
	}
	for i := range all {
		all[i].file = all[i].name + ".json"
		if slices.Contains([]string{SignIns, DirectoryAudits, RiskDetections}, all[i].name) {
			all[i].file += "l"
		}
	}
	return all
}()

// PartNames returns the names of all parts, in a fixed order.
func PartNames() []string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].name
	}
	return names
}

// row is one place of a part. A row that was removed stays, empty, so that
// places never move.
type row struct {
	raw  Object // nil where there is none (any more), or where it is made when asked for
	past *past  // what replicas may still see, nil where it was never written
}

// table holds the rows of a part.
type table struct {
	kind       *kind
	state, why string
	rows       []row
	owners     []string // of each row, where the part is byOwner
	live       int      // rows that are not empty
	index      *index   // nil until somebody looks something up
	fill       func() []Object

	// The first rows of a generated tenant are made anew whenever they are
	// read, until they are written: large tenants cost little memory.
	cards []int32 // the account that row i is about
	make  func(card int) Object
}

// newest returns what the row at a place holds, nil for nothing.
func (t *table) newest(at int) Object {
	r := &t.rows[at]
	if r.raw == nil && r.past == nil && at < len(t.cards) {
		return t.make(int(t.cards[at]))
	}
	return r.raw
}

// keysOf returns what the row at a place is found by, in lower case.
func (t *table) keysOf(at int, o Object) []string {
	if t.kind.byOwner {
		return []string{strings.ToLower(t.owners[at])}
	}
	keys := make([]string, 0, len(t.kind.keys)+1)
	if t.kind.name == Policies {
		keys = append(keys, strings.ToLower(policyName(o)))
	}
	for _, name := range t.kind.keys {
		if key := strings.ToLower(o.Text(name)); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// add appends a row and returns its place.
func (t *table) add(owner string, o Object) int {
	at := len(t.rows)
	t.rows = append(t.rows, row{raw: o})
	if t.kind.byOwner {
		t.owners = append(t.owners, owner)
	}
	if o != nil {
		t.live++
	}
	if t.index != nil {
		t.index.add(t.keysOf(at, o), at)
	}
	return at
}

// addCard appends a row that is made from a card when it is asked for. Such
// rows come before all others.
func (t *table) addCard(owner string, card int) {
	t.rows = append(t.rows, row{})
	t.cards = append(t.cards, int32(card))
	if t.kind.byOwner {
		t.owners = append(t.owners, owner)
	}
	t.live++
}

// load makes the rows of a part that is made when it is first asked for.
func (t *table) load() {
	if t.fill == nil {
		return
	}
	fill := t.fill
	t.fill = nil
	for _, o := range fill() {
		t.add("", o)
	}
}

// places returns where objects with the key stand, in order.
func (t *table) places(key string) []int32 {
	if t.index == nil {
		t.index = newIndex(len(t.rows))
		for at := range t.rows {
			if o := t.newest(at); o != nil {
				t.index.add(t.keysOf(at, o), at)
			}
		}
	}
	var found []int32
	for _, at := range t.index.places(strings.ToLower(key)) {
		if o := t.newest(int(at)); o != nil && slices.Contains(t.keysOf(int(at), o), strings.ToLower(key)) {
			found = append(found, at)
		}
	}
	return found
}

// policyName tells which policy of /policies an object is, by its shape.
func policyName(o Object) string {
	if _, ok := o.Field("isEnabled"); ok {
		return SecurityDefaults
	}
	return o.Text("id")
}

// first returns where the first object with the key stands.
func (t *table) first(key string) (at int, ok bool) {
	t.load()
	for _, at := range t.places(key) {
		return int(at), true
	}
	return 0, false
}
