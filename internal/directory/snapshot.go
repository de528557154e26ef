package directory

import "time"

// Snapshot is a tenant at a moment, as far as it was looked at.
type Snapshot struct {
	// ID names the snapshot in the store; empty for one read from a folder.
	ID string
	// Tenant is the tenant's id, lower case; empty where nothing says it.
	Tenant string
	// Taken is when the reading began. Zero where nothing says it.
	Taken time.Time

	// Parts tells of every part what became of it, ordered by name.
	Parts []PartState
	// Accounts are ordered by ID.
	Accounts []Account
	// Orphans are mailboxes that no account was found for, or more than one.
	Orphans []Mailbox
	// Odd are objects that could not be understood. Each one makes its part
	// partial.
	Odd []Oddity

	// Groups are those that roles and policies name, with their members.
	Groups Fact[[]Group]
	// Policies are the Conditional Access policies.
	Policies Fact[[]Policy]
	// Locations are the named locations.
	Locations Fact[[]Location]
	// SecurityDefaults is true where Microsoft's security defaults are on.
	SecurityDefaults Fact[bool]
	// Roles are the role definitions of the tenant.
	Roles Fact[[]RoleDefinition]
	// Assignments are all role assignments, active and eligible, to principals
	// of any type. Accounts carry those that reach them.
	Assignments Fact[[]Assignment]
	// AzureRoles are role assignments of Azure subscriptions, which only a
	// file can bring (`az role assignment list --all`).
	AzureRoles Fact[[]AzureRole]
	// Blocked are the senders that Exchange Online does not let send any more.
	Blocked Fact[[]BlockedSender]
	// SKUs are the licences that the tenant has.
	SKUs Fact[[]SKU]
	// Domains are the tenant's domains.
	Domains Fact[[]Domain]
	// Organization names the tenant for people.
	Organization Fact[Organization]
	// SMTPAuthOff is true where SMTP AUTH is off for the whole organization;
	// mailboxes may differ.
	SMTPAuthOff Fact[bool]
	// AuditOff is true where mailbox auditing is off for the organization.
	AuditOff Fact[bool]
	// Deleted are accounts that were deleted, softly or for good.
	Deleted Fact[[]Deleted]

	// Complete is true where every part was read to its end. Nothing may be
	// planned on a snapshot that is not.
	Complete bool
	// Missing names the parts that were not, ordered by name.
	Missing []Missing
	// Evidence tells which logs were read and how far back they reach.
	Evidence []Window
	// Unresolved counts conversions of mailboxes in the logs that name no
	// mailbox of the snapshot, or more than one: whose they are is not known.
	Unresolved int

	signatures ownedFacts[Signature]
	searches   ownedFacts[[]Message]

	// names leads from the names of mailboxes to places in Accounts, for logs
	// that call accounts by them.
	names roster
}

// The states of a part. A part that is not complete was not looked at: never
// take it for an empty one.
const (
	StateComplete = "complete"
	StatePartial  = "partial"
	StateAbsent   = "absent"
)

// PartState is what became of one part of a snapshot.
type PartState struct {
	Name  string `json:"name"`          // file name in an export
	State string `json:"state"`         // complete, partial or absent
	Why   string `json:"why,omitempty"` // why it is not complete; also remarks on a complete one
	Count int    `json:"count"`         // items read
	// Licence is the licence for want of which the service refused the part:
	// P1 or P2; empty for none. What nobody can have without a licence is then
	// known to be empty, see Snapshot.Parts.
	Licence string `json:"licence,omitempty"`
}

// Oddity is an object that could not be understood.
type Oddity struct {
	Part  string
	Index int // place in the part, counted from 0
	Why   string
}

// Kind is what an account is for.
type Kind string

// The kinds of account.
const (
	KindPerson     Kind = "person"
	KindGuest      Kind = "guest"
	KindShared     Kind = "shared"
	KindRoom       Kind = "room"
	KindEquipment  Kind = "equipment"
	KindScheduling Kind = "scheduling" // Bookings
	// KindTeamsResource is the account of an auto attendant or call queue.
	KindTeamsResource Kind = "teams_resource"
	// KindSystem is an account that Microsoft made for itself.
	KindSystem Kind = "system"
	// KindUnknownMailbox has a mailbox of a type that Vakt does not know.
	KindUnknownMailbox Kind = "unknown_mailbox"
)

// Resource is true for accounts that nobody should sign in to: shared, room,
// equipment, scheduling and Teams resource accounts.
func (k Kind) Resource() bool {
	switch k {
	case KindShared, KindRoom, KindEquipment, KindScheduling, KindTeamsResource:
		return true
	}
	return false
}

// Account is one user object of the directory, joined with everything that
// other parts say about it.
//
// Fields of type Fact are unknown unless the part they come from was read.
// An empty known value means that the directory holds none.
type Account struct {
	ID       string // Entra object id, lower case
	UPN      string // as the directory writes it
	Name     string // display name, raw: may hold anything
	Mail     string
	UserType string // Member or Guest, as the directory writes it; may be empty

	// Kind is what the account is for. It is unknown where the mailbox was not
	// looked at.
	Kind Fact[Kind]
	// KindFrom tells what Kind was decided from, such as "Exchange:
	// SharedMailbox" or "userPurpose: room".
	KindFrom string

	Enabled Fact[bool]
	Created Fact[time.Time]
	// CreationType is null for ordinary accounts, Invitation for guests.
	CreationType Fact[string]
	// Synced is never, now or was (synchronised from on-premises).
	Synced Fact[string]
	// Federated is true where the domain of the UPN signs in elsewhere.
	Federated Fact[bool]

	// Signs of a person.
	EmployeeID   Fact[string]
	EmployeeType Fact[string]
	Department   Fact[string]
	JobTitle     Fact[string]
	GivenName    Fact[string]
	Surname      Fact[string]
	Mobile       Fact[string]
	// Manager is the object id of the manager, lower case.
	Manager Fact[string]

	// PasswordChanged is zero where it was never set.
	PasswordChanged Fact[time.Time]
	// PasswordPolicies is a list in one string, such as "DisableStrongPassword,
	// DisablePasswordExpiration".
	PasswordPolicies Fact[string]
	Licences         Fact[[]Licence]
	// TeamsResource is the directory's isResourceAccount: a sign, not a proof.
	TeamsResource Fact[bool]

	// Activity is the directory's own record of sign-ins (Entra ID P1).
	Activity Fact[Activity]
	// Use is what logs say about sign-ins and other use; how far the logs
	// reach stands in Snapshot.Evidence. See Snapshot.UsedSince.
	Use []Use

	// Registration is the row of the registration report. Known and nil: the
	// report was read and has no row, which is so for every disabled account.
	Registration Fact[*Registration]
	// Methods are the authentication methods, read for enabled resource
	// accounts only. The password is not among them.
	Methods Fact[[]Method]
	// Roles are Entra roles that the account holds in any way.
	Roles Fact[[]Role]
	// Groups are the ids of Snapshot.Groups that have the account as a
	// (transitive) member.
	Groups Fact[[]string]
	// Mailbox is known and nil where the account has none.
	Mailbox Fact[*Mailbox]
	// Purpose is Graph's mailboxSettings.userPurpose in lower case; "none"
	// where Graph says that there is no mailbox.
	Purpose Fact[string]
	// DisabledSince is when the account was last disabled, zero where it is
	// enabled. Only audit logs and earlier snapshots know it.
	DisabledSince Fact[time.Time]
}

// The values of Account.Synced (Graph: onPremisesSyncEnabled null, true, false).
const (
	SyncedNever = "never"
	SyncedNow   = "now"
	SyncedWas   = "was"
)

// Activity is Graph's signInActivity of one account. A zero time means never,
// as far back as Microsoft keeps it (LastSuccess: since 2023-12-01).
type Activity struct {
	LastAttempt        time.Time // interactive, successful or not
	LastNonInteractive time.Time // successful or not
	LastSuccess        time.Time // of either sort
}

// Licence is one assigned licence.
type Licence struct {
	SKU  string // skuId, lower case
	Part string // skuPartNumber; empty where the tenant's SKUs were not read
	// Plans are the enabled service plans; nil where the SKUs were not read.
	Plans []Plan
}

// Plan is one service plan of a licence.
type Plan struct {
	ID   string // servicePlanId, lower case
	Name string // servicePlanName
}

// Registration is one row of Graph's userRegistrationDetails.
type Registration struct {
	Registered bool // isMfaRegistered: a strong method is registered
	Capable    bool // isMfaCapable: registered, and the policy allows it
	Admin      bool
	Methods    []string // methodsRegistered: an open set
	Updated    time.Time
}

// Method is one authentication method.
type Method struct {
	Type string // @odata.type without #microsoft.graph.
	ID   string
	// Created is unknown for types that carry no createdDateTime.
	Created Fact[time.Time]
}

// How a role reaches an account.
const (
	ViaDirect = "direct"
	ViaGroup  = "group"
)

// Role is one Entra role that an account holds.
type Role struct {
	Template string // template id of the role, lower case
	Name     string // display name; empty where definitions were not read
	Via      string // direct or group
	// Eligible is true where the role must first be activated (PIM).
	Eligible bool
	// Standing tells of an active role that it was assigned without an end.
	// Unknown where the schedule was not read.
	Standing Fact[bool]
	Group    string // id of the group, where Via is group
	Scope    string // directoryScopeId: "/" is the whole tenant
}
