package directory

import (
	"errors"
	"strings"
)

// mail reads who must not send, and what people bring about mailboxes. The
// latter is not read from the service by itself: a signature is one command for each mailbox, and a search
// reads what people write to each other.
func (d *decoder) mail() {
	d.blocked()
	d.s.signatures = byOwner(d, SignaturesPart, "signatures are not read: put the objects of Get-MailboxMessageConfiguration, by the id of the account, into "+SignaturesPart, signatureOf)
	d.s.searches = byOwner(d, SearchPart, "no mailbox was searched: put the messages that were found, by the id of the account, into "+SearchPart, messagesOf)
}

func (d *decoder) blocked() {
	if !d.asked(BlockedPart) {
		d.s.Blocked = Unknown[[]BlockedSender]("blocked senders were not asked for")
		return
	}
	list := []BlockedSender{}
	d.each(BlockedPart, func(o object) error {
		b := BlockedSender{Address: strings.ToLower(o.text("senderaddress")), Reason: o.text("reason"), Since: o.time("createddatetime")}
		if b.Address == "" {
			return errors.New("has no SenderAddress")
		}
		list = append(list, b)
		return nil
	})
	d.s.Blocked = fact(d, BlockedPart, list)
}

// byOwner reads a part that is kept by account. unread says why it is not known
// where nobody meant to read it.
func byOwner[T any](d *decoder, part, unread string, read func(raw []byte) Fact[T]) ownedFacts[T] {
	if !d.asked(part) {
		return ownedFacts[T]{why: unread}
	}
	facts := ownedFacts[T]{of: map[string]Fact[T]{}}
	whole := d.items(part, func(item Item) error {
		if item.Owner == "" {
			return errors.New("belongs to no account")
		}
		facts.of[item.Owner] = read(item.Raw)
		return nil
	})
	facts.why = part + " does not have the account"
	if !whole {
		facts.why = d.why(part)
	}
	if len(facts.of) == 0 && !whole {
		facts.of = nil
	}
	return facts
}

// signatureOf reads one configuration, or a list of one.
func signatureOf(raw []byte) Fact[Signature] {
	if list, ok := elements(raw); ok && len(list) == 1 {
		raw = list[0]
	}
	o, err := parseObject(raw)
	if err != nil || !o.has("signaturehtml") && !o.has("signaturetext") {
		return Unknown[Signature](refused(raw, "the configuration carries no signature"))
	}
	return Known(Signature{HTML: o.text("signaturehtml"), Text: o.text("signaturetext"), Auto: o.flag("autoaddsignature")})
}

func messagesOf(raw []byte) Fact[[]Message] {
	list, ok := elements(raw)
	if !ok {
		return Unknown[[]Message](refused(raw, "the list of messages cannot be read"))
	}
	messages := Known([]Message{})
	for _, raw := range list {
		o, err := parseObject(raw)
		if err != nil {
			return Fact[[]Message]{Value: messages.Value, Why: "a message cannot be read"}
		}
		messages.Value = append(messages.Value, messageOf(o))
	}
	return messages
}

func messageOf(o object) Message {
	m := Message{Subject: o.text("subject"), Preview: o.text("bodypreview"), Sent: o.time("sentdatetime")}
	for _, name := range []string{"torecipients", "ccrecipients", "bccrecipients"} {
		for _, to := range o.objects(name) {
			if address := strings.ToLower(to.inner("emailaddress").text("address")); address != "" {
				m.To = append(m.To, address)
			}
		}
	}
	return m
}
