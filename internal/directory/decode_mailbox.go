package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mailboxProperties are the facts that mailboxes.json brings (Get-Mailbox).
var mailboxProperties = []property[Mailbox]{
	prop(MailboxesPart, "ForwardingSmtpAddress", func(m *Mailbox) *Fact[string] { return &m.ForwardingSMTP }, smtpOf),
	prop(MailboxesPart, "ForwardingAddress", func(m *Mailbox) *Fact[string] { return &m.ForwardingAddress }, textOf),
	prop(MailboxesPart, "DeliverToMailboxAndForward", func(m *Mailbox) *Fact[bool] { return &m.DeliverAndForward }, flagOf),
	prop(MailboxesPart, "HiddenFromAddressListsEnabled", func(m *Mailbox) *Fact[bool] { return &m.HiddenFromLists }, flagOf),
	prop(MailboxesPart, "LitigationHoldEnabled", func(m *Mailbox) *Fact[bool] { return &m.LitigationHold }, flagOf),
	prop(MailboxesPart, "ArchiveStatus", func(m *Mailbox) *Fact[bool] { return &m.Archive }, archiveOf),
	prop(MailboxesPart, "AccountDisabled", func(m *Mailbox) *Fact[bool] { return &m.SignInDisabled }, needFlag),
	prop(MailboxesPart, "RoomMailboxAccountEnabled", func(m *Mailbox) *Fact[bool] { return &m.RoomAccount }, flagOf),
	prop(MailboxesPart, "PreviousRecipientTypeDetails", func(m *Mailbox) *Fact[string] { return &m.PreviousType }, typeOf),
	prop(MailboxesPart, "ManagedBy", func(m *Mailbox) *Fact[[]string] { return &m.ManagedBy }, textsOf),
	prop(MailboxesPart, "GrantSendOnBehalfTo", func(m *Mailbox) *Fact[[]string] { return &m.SendOnBehalf }, textsOf),
	prop(MailboxesPart, "AuditEnabled", func(m *Mailbox) *Fact[bool] { return &m.Audit }, needFlag),
}

// mailboxTimes come under two names, in UTC and in the reader's zone.
var mailboxTimes = []struct {
	names [2]string
	at    func(*Mailbox) *Fact[time.Time]
}{
	{[2]string{"whencreatedutc", "whencreated"}, func(m *Mailbox) *Fact[time.Time] { return &m.Created }},
	{[2]string{"whenchangedutc", "whenchanged"}, func(m *Mailbox) *Fact[time.Time] { return &m.Changed }},
}

// smtpOf takes the scheme off an address: smtp:anna@example.com.
func smtpOf(raw []byte) (string, bool) {
	s, ok := textOf(raw)
	if len(s) >= 5 && strings.EqualFold(s[:5], "smtp:") {
		s = s[5:]
	}
	return s, ok
}

func archiveOf(raw []byte) (bool, bool) {
	s, ok := textOf(raw)
	return s != "" && !strings.EqualFold(s, "None") && s != "0", ok
}

// typeNumbers are the values of RecipientTypeDetails, for files in which
// PowerShell wrote enumerations as numbers.
var typeNumbers = map[string]string{
	"1": "UserMailbox", "2": "LinkedMailbox", "4": "SharedMailbox", "8": "LegacyMailbox", "16": "RoomMailbox", "32": "EquipmentMailbox",
}

// typeOf reads a RecipientTypeDetails; None is none.
func typeOf(raw []byte) (string, bool) {
	s, ok := textOf(raw)
	if name, isNumber := typeNumbers[s]; isNumber {
		return name, ok
	}
	if strings.EqualFold(s, "None") || s == "0" {
		return "", ok
	}
	return s, ok
}

// mailboxes reads the mailboxes and gives each to its account: by object id,
// and only where Exchange names none by UPN.
func (d *decoder) mailboxes() {
	d.boxIDs = newIndex()
	d.people = map[mailboxKey]*Mailbox{}
	whole := d.each(MailboxesPart, func(o object) error {
		m := &Mailbox{}
		if err := d.mailbox(m, o); err != nil {
			return err
		}
		d.boxIDs.add(len(d.boxes), mailboxNames(o)...)
		d.owners = append(d.owners, d.owner(m))
		d.boxes = append(d.boxes, nil)
		d.setBox(len(d.boxes)-1, m)
		return nil
	})
	for i := range d.boxes {
		d.change(i, func(m *Mailbox) {
			for _, p := range mailboxProperties {
				p.settle(m, d.seen[MailboxesPart+"/"+p.name])
			}
		})
	}
	d.protocols()
	d.bypass()
	d.join(whole)
}

// mailboxKey is all that tells the mailboxes of people apart, once what their
// accounts tell as well is taken away. Most tenants have few such mailboxes,
// and only those without lists of names.
type mailboxKey struct {
	kind                           string
	smtp, address, previous        Fact[string]
	deliver, hidden, hold, archive Fact[bool]
	signIn, room, audit, bypass    Fact[bool]
	protocols                      Fact[*Protocols]
	lists                          [5]Fact[bool] // known or why, of the lists
}

// keyOfPerson gives the key of a person's mailbox; false for other mailboxes
// and for those that differ in more.
func keyOfPerson(m *Mailbox) (mailboxKey, bool) {
	if mailboxKinds[strings.ToLower(m.Type)] != KindPerson ||
		len(m.ManagedBy.Value)+len(m.SendOnBehalf.Value)+len(m.FullAccess.Value)+len(m.SendAs.Value)+len(m.Rules.Value) > 0 {
		return mailboxKey{}, false
	}
	return mailboxKey{
		m.Type, m.ForwardingSMTP, m.ForwardingAddress, m.PreviousType, m.DeliverAndForward, m.HiddenFromLists, m.LitigationHold, m.Archive,
		m.SignInDisabled, m.RoomAccount, m.Audit, m.AuditBypass, m.Protocols,
		[5]Fact[bool]{knownOf(m.ManagedBy), knownOf(m.SendOnBehalf), knownOf(m.FullAccess), knownOf(m.SendAs), knownOf(m.Rules)},
	}, true
}

func knownOf[T any](f Fact[T]) Fact[bool] { return Fact[bool]{Known: f.Known, Why: f.Why} }

// notKept is said of the dates of people's mailboxes.
const notKept = "not kept for the mailboxes of people"

// setBox keeps a mailbox. Those of people share one copy for each combination
// of facts: there are many of them, and their accounts carry their names.
func (d *decoder) setBox(i int, m *Mailbox) {
	if key, ok := keyOfPerson(m); ok && d.owners[i] != noAccount {
		if d.people[key] == nil {
			m.ID, m.UPN, m.Name, m.Mail = "", "", "", ""
			m.Created, m.Changed = Unknown[time.Time](notKept), Unknown[time.Time](notKept)
			d.people[key] = m
		}
		m = d.people[key]
	}
	d.boxes[i] = m
}

// change changes one mailbox, which others may share.
func (d *decoder) change(i int, do func(m *Mailbox)) {
	if _, shared := keyOfPerson(d.boxes[i]); !shared || d.owners[i] == noAccount {
		do(d.boxes[i])
		return
	}
	own := *d.boxes[i]
	do(&own)
	d.setBox(i, &own)
}

// mailboxNames are the names by which other cmdlets refer to a mailbox.
func mailboxNames(o object) []string {
	return []string{
		o.id("externaldirectoryobjectid"), o.text("guid"), o.text("exchangeguid"), o.text("distinguishedname"),
		o.text("userprincipalname"), o.text("primarysmtpaddress"), o.text("identity"), o.text("id"), o.text("alias"), o.text("name"),
	}
}

func (d *decoder) mailbox(m *Mailbox, o object) error {
	m.ID, m.UPN, m.Mail = o.id("externaldirectoryobjectid"), o.text("userprincipalname"), o.text("primarysmtpaddress")
	m.Name = o.first("displayname", "name")
	kind, ok := typeOf(o.get("recipienttypedetails"))
	if !ok || kind == "" {
		return errors.New("has no RecipientTypeDetails")
	}
	m.Type = d.word(kind)
	for _, p := range mailboxProperties {
		p.read(m, o)
		if o.has(p.name) {
			d.seen[MailboxesPart+"/"+p.name] = true
		}
	}
	for _, t := range mailboxTimes {
		*t.at(m) = Unknown[time.Time]("mailboxes.json does not carry it")
		for _, name := range t.names {
			if value, ok := needTime(o.get(name)); ok {
				*t.at(m) = Known(value)
				break
			}
		}
	}
	m.FullAccess = Unknown[[]Delegate](notCarried)
	m.Rules = Unknown[[]InboxRule]("inbox rules were not asked for")
	return nil
}

// join gives mailboxes to accounts.
func (d *decoder) join(whole bool) {
	strangers := map[int]bool{}
	claims := map[int][]int{} // of the accounts that more than one mailbox names
	d.boxOf = slices.Repeat([]int32{none}, len(d.s.Accounts))
	for at, m := range d.boxes {
		if i := d.owners[at]; i != noAccount {
			if first := d.boxOf[i]; first != none {
				claims[i] = append(claims[i], int(first))
			}
			d.boxOf[i] = int32(at)
			continue
		}
		if named, ok := d.names.find(m.UPN); ok {
			strangers[named] = true // its UPN is an account's, its id another's
		}
	}
	why := d.why(MailboxesPart)
	for i := range d.s.Accounts {
		d.s.Accounts[i].Mailbox = d.claimed(i, claims[i], strangers[i], whole, why)
	}
}

// point gives the accounts their mailboxes as they are now, and keeps those
// that have none.
func (d *decoder) point() {
	for i, m := range d.boxes {
		if d.owners[i] == noAccount {
			d.s.Orphans = append(d.s.Orphans, *m)
		}
	}
	for i := range d.s.Accounts {
		if f := &d.s.Accounts[i].Mailbox; f.Known && f.Value != nil {
			f.Value = d.boxes[d.boxOf[i]]
		}
	}
}

// owner is the place of the account that a mailbox belongs to.
func (d *decoder) owner(m *Mailbox) int {
	i, ok := d.byID[m.ID]
	if m.ID == "" {
		if i, ok = d.names.find(m.UPN); !ok {
			i, ok = d.mails.find(m.Mail)
		}
	}
	if !ok {
		return noAccount
	}
	return i
}

// Places that are none, of accounts and of mailboxes.
const (
	noAccount = -1
	none      = -1
)

// claimed decides between what mailboxes say. The same mailbox may come twice,
// where a list began anew; two sorts of mailbox for one account are a riddle.
func (d *decoder) claimed(account int, others []int, stranger, whole bool, why string) Fact[*Mailbox] {
	switch {
	case d.boxOf[account] != none:
		last := d.boxes[d.boxOf[account]]
		for _, at := range others {
			if m := d.boxes[at]; m.Type != last.Type {
				return Unknown[*Mailbox](d.word(fmt.Sprintf("two mailboxes name the account, %s and %s", m.Type, last.Type)))
			}
		}
		return Known(last)
	case stranger:
		return Unknown[*Mailbox]("a mailbox has the account's UPN but another object id")
	}
	return Fact[*Mailbox]{Known: whole, Why: why}
}

// findBox finds the mailbox that a row of another cmdlet is about.
func (d *decoder) findBox(o object) (int, bool) {
	return d.boxIDs.find(o.id("mailbox"), o.id("externaldirectoryobjectid"), o.id("objectid"), o.text("guid"), o.text("mailboxguid"), o.text("distinguishedname"),
		o.text("userprincipalname"), o.text("primarysmtpaddress"), o.text("identity"), o.text("id"), o.text("alias"), o.text("name"))
}

// protocols reads Get-CASMailbox. Most mailboxes have one of few combinations.
func (d *decoder) protocols() {
	shared := map[Protocols]*Protocols{}
	whole := d.each(CASPart, func(o object) error {
		i, ok := d.findBox(o)
		if !ok {
			return nil
		}
		p := d.protocolsOf(o)
		if shared[p] == nil {
			shared[p] = &p
		}
		d.change(i, func(m *Mailbox) { m.Protocols = Known(shared[p]) })
		return nil
	})
	why := d.why(CASPart)
	if whole {
		why = CASPart + " has no row for the mailbox"
	}
	unread := &Protocols{}
	for _, f := range []*Fact[bool]{&unread.IMAP, &unread.POP, &unread.ActiveSync, &unread.MAPI, &unread.EWS, &unread.OWA, &unread.SMTPAuthOff} {
		f.Why = why
	}
	for i := range d.boxes {
		if !d.boxes[i].Protocols.Known {
			d.change(i, func(m *Mailbox) { m.Protocols = Fact[*Protocols]{Value: unread, Why: why} })
		}
	}
}

func (d *decoder) protocolsOf(o object) Protocols {
	at := func(name string) Fact[bool] {
		if o.get(name) == nil {
			return Unknown[bool]("the mailbox inherits it from the organization")
		}
		return valueOr(needFlag, o.get(name), "cannot be read")
	}
	p := Protocols{
		IMAP: at("imapenabled"), POP: at("popenabled"), ActiveSync: at("activesyncenabled"), MAPI: at("mapienabled"),
		EWS: at("ewsenabled"), OWA: at("owaenabled"), SMTPAuthOff: at("smtpclientauthenticationdisabled"),
	}
	if o.get("smtpclientauthenticationdisabled") == nil {
		p.SMTPAuthOff = d.s.SMTPAuthOff
	}
	return p
}

// bypass reads Get-MailboxAuditBypassAssociation, which lists every recipient.
func (d *decoder) bypass() {
	if !d.asked(BypassPart) {
		for i := range d.boxes {
			d.change(i, func(m *Mailbox) { m.AuditBypass = Unknown[bool]("the audit bypass list was not read") })
		}
		return
	}
	whole := d.each(BypassPart, func(o object) error {
		if i, ok := d.findBox(o); ok {
			bypass := valueOr(needFlag, o.get("auditbypassenabled"), "AuditBypassEnabled cannot be read")
			d.change(i, func(m *Mailbox) { m.AuditBypass = bypass })
		}
		return nil
	})
	why := d.why(BypassPart)
	if whole {
		why = BypassPart + " has no row for the mailbox"
	}
	for i := range d.boxes {
		if f := d.boxes[i].AuditBypass; !f.Known && f.Why == "" {
			d.change(i, func(m *Mailbox) { m.AuditBypass.Why = why })
		}
	}
}
