package rig

// Label is what the maker of a generated tenant knows about one account: what
// it is, and what a careful judge who sees the whole tenant must decide.
type Label struct {
	// ID and UPN name the account.
	ID, UPN string
	// Sort is what the scenario calls it; "" is an ordinary person or guest.
	Sort string
	// Kind is person, guest, shared, room, equipment, scheduling,
	// teams_resource, system or unknown_mailbox.
	Kind string
	// Verdict is the first line of the decision table that applies: not_yours,
	// blocked, exception, on_premises, hold or block. It is "" for accounts
	// that get none: people and guests.
	Verdict string
	// Reason is what the verdict rests on, one of the reasons below; "" for
	// block, which is the absence of all of them.
	Reason string
}

// The verdicts, in the order of the decision table.
const (
	NotYours   = "not_yours"
	Blocked    = "blocked"
	Exception  = "exception"
	OnPremises = "on_premises"
	Hold       = "hold"
	Block      = "block"
)

// The reasons of labels.
const (
	BecauseSystem    = "system"     // an account that the service made for itself
	BecauseDisabled  = "disabled"   // it is blocked already
	BecauseTeamsRoom = "teams_room" // a Teams Rooms licence and a room mailbox
	BecauseSynced    = "synced"     // it must be disabled on-premises
	BecauseRole      = "role"       // it holds a role, however it came by it
	BecauseSignIn    = "sign_in"    // a successful sign-in within 90 days
	BecauseSMTP      = "smtp_auth"  // devices or programs send mail as it
	BecausePerson    = "person"     // signs that it is a person's
	BecauseUnseen    = "could_not_look:activity"
	BecauseUnknown   = "could_not_look:kind"
)
