package directory

import "time"

// Mailbox is what Exchange says about one mailbox. Accounts may share one: do
// not change it. Of the mailboxes of people, which are many, ID, UPN, Name, Mail
// and the two dates are not kept: their accounts tell.
type Mailbox struct {
	ID   string // ExternalDirectoryObjectId, lower case; may be empty
	UPN  string
	Name string
	Mail string // PrimarySmtpAddress
	// Type is RecipientTypeDetails as Exchange writes it.
	Type    string
	Created Fact[time.Time]

	// ForwardingSMTP and ForwardingAddress are empty where mail is not
	// forwarded. The first is an address without "smtp:", the second names a
	// recipient of the organization.
	ForwardingSMTP    Fact[string]
	ForwardingAddress Fact[string]
	DeliverAndForward Fact[bool]
	HiddenFromLists   Fact[bool]
	LitigationHold    Fact[bool]
	// Archive is true where the mailbox has an archive.
	Archive Fact[bool]
	// Changed is when anything about the mailbox was last changed.
	Changed Fact[time.Time]
	// SignInDisabled is Exchange's own view of the account.
	SignInDisabled Fact[bool]
	// RoomAccount is RoomMailboxAccountEnabled.
	RoomAccount Fact[bool]
	// PreviousType is the RecipientTypeDetails that the mailbox had before it
	// was converted; empty where Exchange says that there was none.
	PreviousType Fact[string]
	// ManagedBy names who answers for the mailbox, where Exchange says so.
	ManagedBy Fact[[]string]

	SendOnBehalf Fact[[]string]
	FullAccess   Fact[[]Delegate]
	SendAs       Fact[[]Delegate]

	Audit       Fact[bool] // AuditEnabled
	AuditBypass Fact[bool]
	// Protocols is never nil.
	Protocols Fact[*Protocols]
	// Rules are the inbox rules, read only on demand.
	Rules Fact[[]InboxRule]
}

// Delegate is who may open or send as a mailbox. Inherited rights and those of
// the mailbox itself are left out.
type Delegate struct {
	Name string   // as Exchange writes it: an address, a name or a SID
	IDs  []string // accounts it stands for where it could be resolved: one, or the members of a group
	Deny bool
}

// Protocols are the protocols of one mailbox (Get-CASMailbox). A protocol that
// Exchange left null inherits from the organization and is unknown here,
// except SMTPAuthOff, which is resolved with the organization's setting.
type Protocols struct {
	IMAP, POP, ActiveSync, MAPI, EWS, OWA Fact[bool]
	// SMTPAuthOff is true where SMTP AUTH cannot be used.
	SMTPAuthOff Fact[bool]
}

// InboxRule is one rule of an inbox.
type InboxRule struct {
	ID, Name      string
	Enabled       bool
	ForwardTo     []string // addresses of forward, forward as attachment and redirect
	Delete        bool     // deletes the message
	MoveToFolder  string
	HasError      bool
	StopsFurther  bool
	FromGraphOnly bool // Graph does not show hidden rules
}
