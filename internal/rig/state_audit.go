package rig

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// deed is a write as the directory's audit log tells of it.
type deed struct {
	activity, category, operation string
	service                       string // "" is Core Directory
	kind                          string // of the target
	target, second                Object // second is a group, or nil
	changes                       []change
}

// change is one modified property; before and after are JSON text.
type change struct {
	name          string
	before, after json.RawMessage
}

func changesOf(before, after Object, names []string) []change {
	var all []change
	for _, name := range names {
		was, _ := before.Field(name)
		is, _ := after.Field(name)
		if !bytes.Equal(was, is) {
			all = append(all, change{strings.ToUpper(name[:1]) + name[1:], was, is})
		}
	}
	return all
}

// audit adds a record of what was done to the directory audits. The caller
// holds the lock.
func (s *State) audit(who Who, d deed) {
	t := s.tables[DirectoryAudits]
	if t.state == Absent {
		return
	}
	t.load()
	correlation := uuidOf(s.seed, useAudit, s.writes)
	id := "Directory_" + correlation + "_" + uuidOf(s.seed, useAudit, s.writes, uint64(len(t.rows)))[:5]
	t.add("", s.auditRecord(id, correlation, s.clock(), who, d))
}

// auditRecord writes a directoryAudit.
func (s *State) auditRecord(id, correlation string, at time.Time, who Who, d deed) Object {
	return made(func(w *writer) {
		w.str("id", id)
		w.str("category", d.category)
		w.str("correlationId", correlation)
		w.str("result", "success")
		w.str("resultReason", "")
		w.str("activityDisplayName", d.activity)
		w.str("activityDateTime", at.UTC().Format("2006-01-02T15:04:05.0000000Z"))
		w.str("loggedByService", cmp.Or(d.service, "Core Directory"))
		w.str("operationType", d.operation)
		s.initiator(w, who)
		w.list("targetResources", func() {
			w.item(func() { d.first(w) })
			if d.second != nil {
				w.item(func() { d.group(w) })
			}
		})
		w.list("additionalDetails", func() {})
	})
}

func (s *State) initiator(w *writer, who Who) {
	apps := s.tables[ServicePrincipals]
	user := s.tables[Users].places(who.Principal)
	w.object("initiatedBy", func() {
		if len(user) > 0 {
			w.nulls("app")
			w.object("user", func() {
				w.str("id", who.Principal)
				w.nulls("displayName")
				w.str("userPrincipalName", s.known(who.Principal).Text("userPrincipalName"))
				w.nulls("ipAddress")
			})
			return
		}
		w.object("app", func() {
			app, name := "", ""
			for _, at := range apps.places(who.Principal) {
				app, name = apps.newest(int(at)).Text("appId"), apps.newest(int(at)).Text("displayName")
			}
			w.text("appId", app)
			w.text("displayName", name)
			w.str("servicePrincipalId", who.Principal)
			w.nulls("servicePrincipalName")
		})
		w.nulls("user")
	})
}

func (d *deed) first(w *writer) {
	w.str("id", d.target.Text("id"))
	w.text("displayName", d.target.Text("displayName"))
	w.str("type", d.kind)
	w.text("userPrincipalName", d.target.Text("userPrincipalName"))
	w.nulls("groupType")
	w.list("modifiedProperties", func() {
		for _, c := range d.changes {
			w.item(func() {
				w.str("displayName", c.name)
				w.text("oldValue", listed(c.before))
				w.text("newValue", listed(c.after))
			})
		}
	})
}

// listed is how the directory writes a value in an audit record: JSON as a
// text, single values in a list.
func listed(raw json.RawMessage) string {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "[]"
	case raw[0] == '[' || raw[0] == '{':
		return string(raw)
	}
	return "[" + string(raw) + "]"
}

func (d *deed) group(w *writer) {
	w.str("id", d.second.Text("id"))
	w.text("displayName", d.second.Text("displayName"))
	w.str("type", "Group")
	w.nulls("userPrincipalName")
	w.str("groupType", "azureAD")
	w.list("modifiedProperties", func() {})
}
