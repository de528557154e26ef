package sim

import (
	"fmt"
	"strings"
	"time"
)

// cmdlet writes a call of an Exchange cmdlet into the diary. The object is the
// mailbox or the rule that it is about.
func (d *diary) cmdlet(c *company, at time.Time, by account, place origin, operation string, object account, parameters [][2]string) {
	seed := mix(c.w.seed, useStaff, uint64(at.UnixNano()), textSeed(operation+object.id+by.id))
	at = at.Truncate(time.Second)
	d.add(Unified, at, func() []byte {
		return c.unified(seed, at, func(w *writer) {
			c.w.common(w, operation, "True", 1, 2, by)
			w.str("ClientIP", withPort(place.ip, 1024+int(seed%60000)))
			w.str("ObjectId", firstKnown(object.alias, object.name))
			w.str("UserId", by.upn)
			w.str("AppId", "")
			w.str("ClientAppId", "")
			w.bit("ExternalAccess", false)
			w.str("OrganizationName", c.w.initialDomain())
			w.str("OriginatingServer", "VI1PR04MB5437 (15.20.9654.016)")
			w.array("Parameters", func() {
				for _, p := range parameters {
					w.pair("Name", p[0], "Value", p[1])
				}
			})
			w.str("SessionId", derivedUUID(seed, useSession))
		})
	})
}

// unified writes a record of the unified audit log: time, id and what fill
// adds.
func (c *company) unified(seed uint64, at time.Time, fill func(*writer)) []byte {
	w := &writer{b: make([]byte, 0, 2<<10)}
	w.item(func() {
		w.str("CreationTime", at.Format("2006-01-02T15:04:05"))
		w.str("Id", derivedUUID(seed, useID))
		fill(w)
	})
	return w.b
}

// letter is a record about messages in a mailbox.
type letter struct {
	operation string
	owner     account
	by        account // who did it; the owner, a delegate, or a program's name
	logon     int     // 0 owner, 1 administrator, 2 delegate
	app       string  // application, "" is Outlook on the web
	asApp     bool    // an application did it by itself
	place     origin
	client    string
	folder    string
	subject   string
	message   uint64 // seed of the message
	session   string
}

// mail writes a record about messages into the diary.
func (d *diary) mail(c *company, at time.Time, l letter) {
	seed := mix(c.w.seed, useStaff, uint64(at.UnixNano()), textSeed(l.operation+l.owner.id), l.message)
	at = at.Truncate(time.Second)
	d.add(Unified, at, func() []byte { return c.unified(seed, at, func(w *writer) { c.letter(w, &l, seed) }) })
}

func (c *company) letter(w *writer, l *letter, seed uint64) {
	record := map[string]int{"MailItemsAccessed": 50, "HardDelete": 3, "SoftDelete": 3, "MoveToDeletedItems": 3}[l.operation]
	if record == 0 {
		record = 2
	}
	kind := 0
	if l.asApp {
		kind = 5
	}
	c.w.common(w, l.operation, "Succeeded", record, kind, l.by)
	client := firstKnown(l.app, apps[0].id)
	w.str("UserId", l.by.upn)
	w.str("AppId", client)
	w.str("ClientAppId", client)
	w.str("ClientIPAddress", l.place.ip)
	w.str("ClientInfoString", firstKnown(l.client, "Client=OWA;Action=ViaProxy"))
	w.bit("ExternalAccess", false)
	w.num("InternalLogonType", 0)
	w.num("LogonType", l.logon)
	w.str("LogonUserSid", "S-1-5-21-1004336348-1177238915-682003330-"+fmt.Sprint(1000+textSeed(l.by.id)%90000))
	w.str("MailboxGuid", derivedUUID(c.w.seed, useResident, textSeed(l.owner.id), 1))
	w.str("MailboxOwnerSid", "S-1-5-21-1004336348-1177238915-682003330-"+fmt.Sprint(1000+textSeed(l.owner.id)%90000))
	w.str("MailboxOwnerUPN", l.owner.upn)
	w.str("OrganizationName", c.w.initialDomain())
	w.str("OriginatingServer", "VI1PR04MB5437 (15.20.9654.016)\r\n")
	w.str("SessionId", firstKnown(l.session, derivedUUID(mix(textSeed(l.by.id), seed>>40), useSession)))
	switch record {
	case 50:
		c.itemsRead(w, l, seed)
	case 3:
		w.array("AffectedItems", func() { w.item(func() { c.item(w, l) }) })
		w.bit("CrossMailboxOperation", l.logon != 0)
	default:
		w.object("Item", func() { c.item(w, l) })
	}
}

func (c *company) itemsRead(w *writer, l *letter, seed uint64) {
	n := 1 + int(seed%4)
	w.array("OperationProperties", func() {
		w.pair("Name", "MailAccessType", "Value", "Bind")
		w.pair("Name", "IsThrottled", "Value", "False")
	})
	w.array("Folders", func() {
		w.item(func() {
			w.array("FolderItems", func() {
				for i := range n {
					w.item(func() {
						w.str("InternetMessageId", "<"+derivedUUID(seed, useDetail, uint64(i))+"@example.com>")
						w.num("SizeInBytes", 9000+i*1977)
					})
				}
			})
			w.str("Id", "LgAAAAB"+strings.ToUpper(derivedUUID(textSeed(l.owner.id), useDetail)[:8])+"AAB")
			w.str("Path", `\Inbox`)
		})
	})
	w.num("OperationCount", n)
}

func (c *company) item(w *writer, l *letter) {
	message := derivedUUID(l.message, useDetail)
	w.str("Id", "RgAAAAB"+strings.ToUpper(message[:8])+"AAA")
	w.str("InternetMessageId", "<"+message+"@"+c.s.Tenant.Domain+">")
	w.object("ParentFolder", func() {
		w.str("Id", "LgAAAAB"+strings.ToUpper(derivedUUID(textSeed(l.owner.id+l.folder), useDetail)[:8])+"AAB")
		w.str("Path", `\`+firstKnown(l.folder, "Inbox"))
	})
	w.str("Subject", firstKnown(l.subject, "Möte "+strings.ToUpper(message[:4])))
}

// backup is an application that reads everybody's mail by right.
var backup = program{"Contoso Arkiv", "2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901"}

// mailDay writes what people do with their mail in a day.
func (c *company) mailDay(d *diary, day int64) {
	s := &staff{c, d, day, random(mix(c.w.seed, useStaff, uint64(day), 5))}
	for range s.r.times(c.busy(day) * c.scale * float64(c.s.Life.Mailbox)) {
		s.readsMail()
	}
	for range s.r.times(c.scale * 300) { // an archive reads mailboxes all day
		owner := c.colleague(&s.r).account
		place := throughMicrosoft(s.r.next())
		d.mail(c, time.Unix(day*86400+int64(s.r.below(86400)), 0).UTC(), letter{operation: "MailItemsAccessed", owner: owner, by: owner, logon: 1, app: backup.appID, asApp: true, place: place, client: "Client=REST;", message: s.r.next()})
	}
	for range s.r.times(c.busy(day) * c.scale * 25) {
		s.tidies()
	}
	for range s.r.times(c.busy(day) * c.scale * 12) {
		s.arranges()
	}
	for range s.r.times(c.busy(day) * c.scale * 6) {
		s.sharesMailbox()
	}
}

// readsMail is somebody in his own mailbox, or in a shared one as a delegate;
// some write letters.
func (s *staff) readsMail() {
	p, at := s.c.colleague(&s.r), s.hours()
	l := letter{operation: "MailItemsAccessed", owner: p.account, by: p.account, place: s.c.desk(p.account, at), message: s.r.next()}
	shared := s.c.residents["forgotten_shared"]
	if s.r.chance(0.3) && len(shared) > 0 {
		l.owner, l.logon = pick(&s.r, shared), 2
	}
	switch n := s.r.float(); {
	case n < 0.15 && l.logon == 0:
		l.operation, l.folder = "Send", "Sent Items"
	case n < 0.1:
		l.operation, l.folder = pick(&s.r, []string{"SendAs", "SendOnBehalf"}), "Sent Items"
	}
	s.d.mail(s.c, at, l)
}

// tidies is somebody who clears out his mailbox: mostly a few messages, now
// and then a great many.
func (s *staff) tidies() {
	p, at := s.c.colleague(&s.r), s.hours()
	operation := pick(&s.r, []string{"SoftDelete", "SoftDelete", "MoveToDeletedItems", "HardDelete"})
	place := s.c.desk(p.account, at)
	for range 1 + int(5*s.r.uneven(1.3)) {
		s.d.mail(s.c, at, letter{operation: operation, owner: p.account, by: p.account, place: place, message: s.r.next(), folder: pick(&s.r, []string{"Inbox", "Inbox", "Deleted Items", "Projekt"})})
		at = at.Add(time.Duration(1+s.r.below(9)) * time.Second)
	}
}

// arranges is somebody who makes a rule for his mail, or an automatic reply;
// a few send what comes on to a colleague, and fewer to a partner.
func (s *staff) arranges() {
	p, at := s.c.colleague(&s.r), s.hours()
	place := s.c.desk(p.account, at)
	rule := func(name string, more ...[2]string) [][2]string {
		return append([][2]string{{"AlwaysDeleteOutlookRulesBlob", "False"}, {"Force", "False"}, {"Name", name}}, more...)
	}
	folder := pick(&s.r, []string{"Projekt", "Nyhetsbrev", "Kvitton", "Arkiv", "Kunder"})
	switch n := s.r.float(); {
	case n < 0.6:
		s.d.cmdlet(s.c, at, p.account, place, "New-InboxRule", p.account, rule(folder, [2]string{"SubjectContainsWords", folder}, [2]string{"MoveToFolder", folder}, [2]string{"StopProcessingRules", "True"}))
	case n < 0.85:
		s.d.cmdlet(s.c, at, p.account, place, "Set-MailboxAutoReplyConfiguration", p.account, [][2]string{{"Identity", p.upn}, {"AutoReplyState", "Scheduled"}})
	case n < 0.93:
		s.d.cmdlet(s.c, at, p.account, place, "New-InboxRule", p.account, rule("Ta bort", [2]string{"From", "nyheter@example.com"}, [2]string{"DeleteMessage", "True"}))
	case n < 0.99:
		s.d.cmdlet(s.c, at, p.account, place, "New-InboxRule", p.account, rule("Semester", [2]string{"ForwardTo", s.c.colleague(&s.r).upn}))
	default:
		s.d.cmdlet(s.c, at, p.account, place, "New-InboxRule", p.account, rule("Order", [2]string{"SubjectContainsWords", "order"}, [2]string{"ForwardTo", "order@" + guestDomain}))
	}
}

// sharesMailbox is somebody who lets a colleague see his calendar, or an
// administrator who lets somebody into a functional mailbox.
func (s *staff) sharesMailbox() {
	p, at, other := s.c.colleague(&s.r), s.hours(), s.c.colleague(&s.r)
	if s.r.chance(0.7) {
		s.d.cmdlet(s.c, at, p.account, s.c.desk(p.account, at), "Add-MailboxFolderPermission", p.account, [][2]string{{"Identity", p.upn + `:\Kalender`}, {"User", other.upn}, {"AccessRights", "Reviewer"}})
		return
	}
	box, err := s.c.one(s.r.next(), "blocked_shared", "forgotten_shared")
	if err != nil {
		return
	}
	by := s.c.admin(s.r.next())
	s.d.cmdlet(s.c, at, by, s.c.desk(by, at), "Add-MailboxPermission", box, [][2]string{{"Identity", box.alias}, {"User", other.upn}, {"AccessRights", "FullAccess"}, {"InheritanceType", "All"}})
}
