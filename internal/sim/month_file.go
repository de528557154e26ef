package sim

import (
	"fmt"
	"strings"
	"time"
)

// paper is a record about a file in SharePoint or OneDrive.
type paper struct {
	operation string
	by        account
	place     origin
	file      uint64
	own       bool // in the own OneDrive
	agent     string
}

// sharing are the operations that are about links instead of files.
var sharing = map[string]bool{"AnonymousLinkCreated": true, "AnonymousLinkUsed": true, "SharingSet": true, "SharingLinkCreated": true}

// file writes a record about a file into the diary.
func (d *diary) file(c *company, at time.Time, p paper) {
	seed := mix(c.w.seed, useStaff, uint64(at.UnixNano()), textSeed(p.operation+p.by.id), p.file)
	at = at.Truncate(time.Second)
	d.add(Unified, at, func() []byte { return c.unified(seed, at, func(w *writer) { c.paper(w, &p, seed) }) })
}

func (c *company) paper(w *writer, p *paper, seed uint64) {
	record := 6
	if sharing[p.operation] {
		record = 14
	}
	site, workload := fmt.Sprintf("https://%s.sharepoint.com/sites/projekt%d/", c.s.Tenant.Name, 1+p.file%60), "SharePoint"
	if p.own {
		site, workload = fmt.Sprintf("https://%s-my.sharepoint.com/personal/%s/", c.s.Tenant.Name, strings.NewReplacer("@", "_", ".", "_").Replace(p.by.upn)), "OneDrive"
	}
	name := fmt.Sprintf("Underlag %d.xlsx", 1+p.file>>8%9000)
	w.str("Operation", p.operation)
	w.str("OrganizationId", c.s.Tenant.ID)
	w.num("RecordType", record)
	w.str("UserKey", "i:0h.f|membership|"+lower(puid(p.by.id))+"@live.com")
	w.num("UserType", 0)
	w.num("Version", 1)
	w.str("Workload", workload)
	w.str("ClientIP", p.place.ip)
	w.str("UserId", p.by.upn)
	w.str("CorrelationId", derivedUUID(seed, useCorrelation))
	w.str("EventSource", "SharePoint")
	w.str("ItemType", "File")
	w.str("ListItemUniqueId", derivedUUID(p.file, useDetail))
	w.str("Site", derivedUUID(textSeed(site), useDetail))
	w.str("UserAgent", p.agent)
	w.str("SiteUrl", site)
	w.str("SourceFileExtension", "xlsx")
	w.str("SourceFileName", name)
	w.str("SourceRelativeUrl", "Shared Documents")
	w.str("ObjectId", site+"Shared Documents/"+name)
	if record == 14 {
		w.str("EventData", "<Type>View</Type>")
		w.str("TargetUserOrGroupType", "SharingLink")
	}
}

// filesDay writes what people do with files in a day.
func (c *company) filesDay(d *diary, day int64) {
	s := &staff{c, d, day, random(mix(c.w.seed, useStaff, uint64(day), 6))}
	for range s.r.times(c.busy(day) * c.scale * float64(c.s.Month.Files) / 6) {
		s.works()
	}
	for range s.r.times(c.busy(day) * c.scale * 0.7) {
		s.syncs()
	}
	for range s.r.times(c.busy(day) * c.scale * 4) {
		s.sharesLinks()
	}
}

// works is a sitting with some files.
func (s *staff) works() {
	p, at := s.c.colleague(&s.r), s.hours()
	one := paper{by: p.account, place: s.c.desk(p.account, at), own: s.r.chance(0.4), agent: p.devices[0].agent}
	folder := s.r.next() &^ 0xffff00
	for range 1 + int(5*s.r.uneven(1)) {
		one.operation = pick(&s.r, []string{"FileAccessed", "FileAccessed", "FileAccessed", "FileModified", "FileModified", "FileDownloaded", "FilePreviewed", "FileUploaded"})
		one.file = folder | uint64(s.r.below(60))<<8
		s.d.file(s.c, at, one)
		at = at.Add(time.Duration(5+s.r.below(200)) * time.Second)
	}
}

// syncs is a new computer, or a library that somebody begins to synchronise:
// many files in minutes.
func (s *staff) syncs() {
	p, at := s.c.colleague(&s.r), s.hours()
	one := paper{operation: "FileSyncDownloadedFull", by: p.account, place: s.c.desk(p.account, at), own: s.r.chance(0.5), agent: "Microsoft SkyDriveSync 26.020.0126.0002 ship; Windows NT 10.0 (26100)"}
	folder := s.r.next() &^ 0xffff00
	for i := range 20 + int(120*s.r.uneven(1)) {
		one.file = folder | uint64(i&0xffff)<<8
		s.d.file(s.c, at, one)
		at = at.Add(time.Duration(s.r.below(5)) * time.Second)
	}
}

// sharesLinks is somebody who sends a file to a customer, as a link that
// anybody can open; it is opened now and then.
func (s *staff) sharesLinks() {
	p, at := s.c.colleague(&s.r), s.hours()
	one := paper{operation: "AnonymousLinkCreated", by: p.account, place: s.c.desk(p.account, at), own: s.r.chance(0.5), agent: p.devices[0].agent}
	for range 1 + s.r.times(0.4) {
		one.file = s.r.next()
		s.d.file(s.c, at, one)
		used := one
		used.operation = "AnonymousLinkUsed"
		used.by = account{id: "anonymous", upn: fmt.Sprintf("urn:spo:anon#%016x", s.r.next()), name: "anonymous"}
		used.place = origin{ip: fmt.Sprintf("198.51.100.%d", 190+s.r.below(60))}
		for range s.r.times(1.5) {
			s.d.file(s.c, at.Add(time.Duration(s.r.below(86400))*time.Second), used)
		}
		at = at.Add(time.Duration(20+s.r.below(400)) * time.Second)
	}
}
