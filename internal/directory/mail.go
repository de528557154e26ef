package directory

import "time"

// BlockedSender is an address that Exchange Online does not let send.
type BlockedSender struct {
	Address string // lower case
	Reason  string // as Exchange writes it: numbers of letters, why it was blocked
	Since   time.Time
}

// Signature is what a mailbox puts below what it sends
// (Get-MailboxMessageConfiguration). Signatures that Outlook keeps elsewhere
// (roaming signatures) are not in it.
type Signature struct {
	HTML, Text string
	// Auto is true where it is added to new messages by itself.
	Auto bool
}

// Message is one message that a search in a mailbox has found (Microsoft
// Graph: message).
type Message struct {
	Subject, Preview string
	To               []string // addresses of to, cc and bcc, in lower case
	Sent             time.Time
}

// ownedFacts are facts about some of the accounts, by object id. They are kept
// beside the accounts: few are ever asked for.
type ownedFacts[T any] struct {
	of  map[string]Fact[T]
	why string // of the accounts that are not among them
}

func (o ownedFacts[T]) at(id string) Fact[T] {
	if f, ok := o.of[id]; ok {
		return f
	}
	return Unknown[T](o.why)
}

// Signature is that of an account's mailbox, by the account's object id.
func (s *Snapshot) Signature(id string) Fact[Signature] { return s.signatures.at(id) }

// Search is what a search in an account's mailbox has found, by the account's
// object id. Mailboxes are searched one by one, when one is looked into.
func (s *Snapshot) Search(id string) Fact[[]Message] { return s.searches.at(id) }

// Searched is true where the mailbox was searched or tried to. It is unknown
// where no search is known of at all.
func (s *Snapshot) Searched(id string) Fact[bool] {
	if s.searches.of == nil {
		return Unknown[bool](s.searches.why)
	}
	_, ok := s.searches.of[id]
	return Known(ok)
}
