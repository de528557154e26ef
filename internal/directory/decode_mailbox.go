package directory

import (
	"errors"
	"fmt"
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
	whole := d.each(MailboxesPart, func(o object) error {
		m := &Mailbox{}
		if err := d.mailbox(m, o); err != nil {
			return err
		}
		d.boxIDs.add(len(d.boxes), mailboxNames(o)...)
		d.boxes = append(d.boxes, m)
		return nil
	})
	for _, m := range d.boxes {
		for _, p := range mailboxProperties {
			p.settle(m, d.seen[MailboxesPart+"/"+p.name])
		}
	}
	d.protocols()
	d.bypass()
	d.join(whole)
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
	claims := map[int][]*Mailbox{}
	strangers := map[int]bool{}
	d.owners = make([]string, len(d.boxes))
	for at, m := range d.boxes {
		i, ok := d.owner(m)
		if ok {
			claims[i] = append(claims[i], m)
			d.owners[at] = d.s.Accounts[i].ID
			continue
		}
		d.s.Orphans = append(d.s.Orphans, *m)
		if named, ok := d.names.find(m.UPN); ok {
			strangers[named] = true // its UPN is an account's, its id another's
		}
	}
	why := d.why(MailboxesPart)
	for i := range d.s.Accounts {
		d.s.Accounts[i].Mailbox = d.claimed(claims[i], strangers[i], whole, why)
	}
}

func (d *decoder) owner(m *Mailbox) (int, bool) {
	if m.ID != "" {
		i, ok := d.byID[m.ID]
		return i, ok
	}
	if i, ok := d.names.find(m.UPN); ok {
		return i, true
	}
	return d.mails.find(m.Mail)
}

// claimed decides between what mailboxes say. The same mailbox may come twice,
// where a list began anew; two sorts of mailbox for one account are a riddle.
func (d *decoder) claimed(boxes []*Mailbox, stranger, whole bool, why string) Fact[*Mailbox] {
	switch {
	case len(boxes) > 0:
		last := boxes[len(boxes)-1]
		for _, m := range boxes {
			if m.Type != last.Type {
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
func (d *decoder) findBox(o object) (*Mailbox, bool) {
	i, ok := d.boxIDs.find(o.id("mailbox"), o.id("externaldirectoryobjectid"), o.id("objectid"), o.text("guid"), o.text("mailboxguid"), o.text("distinguishedname"),
		o.text("userprincipalname"), o.text("primarysmtpaddress"), o.text("identity"), o.text("id"), o.text("alias"), o.text("name"))
	if !ok {
		return nil, false
	}
	return d.boxes[i], true
}

// protocols reads Get-CASMailbox. Most mailboxes have one of few combinations.
func (d *decoder) protocols() {
	shared := map[Protocols]*Protocols{}
	whole := d.each(CASPart, func(o object) error {
		m, ok := d.findBox(o)
		if !ok {
			return nil
		}
		p := d.protocolsOf(o)
		if shared[p] == nil {
			shared[p] = &p
		}
		m.Protocols = Known(shared[p])
		return nil
	})
	why := d.why(CASPart)
	if whole {
		why = CASPart + " has no row for the mailbox"
	}
	none := &Protocols{}
	for _, f := range []*Fact[bool]{&none.IMAP, &none.POP, &none.ActiveSync, &none.MAPI, &none.EWS, &none.OWA, &none.SMTPAuthOff} {
		f.Why = why
	}
	for _, m := range d.boxes {
		if !m.Protocols.Known {
			m.Protocols = Fact[*Protocols]{Value: none, Why: why}
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
		for _, m := range d.boxes {
			m.AuditBypass = Unknown[bool]("the audit bypass list was not read")
		}
		return
	}
	whole := d.each(BypassPart, func(o object) error {
		if m, ok := d.findBox(o); ok {
			m.AuditBypass = valueOr(needFlag, o.get("auditbypassenabled"), "AuditBypassEnabled cannot be read")
		}
		return nil
	})
	why := d.why(BypassPart)
	if whole {
		why = BypassPart + " has no row for the mailbox"
	}
	for _, m := range d.boxes {
		if !m.AuditBypass.Known && m.AuditBypass.Why == "" {
			m.AuditBypass.Why = why
		}
	}
}
