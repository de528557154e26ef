package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/extract"
	"vakt/internal/graph"
)

// Deed is one change of an account, as the directory's audit log tells it.
type Deed struct {
	At       time.Time
	Actor    string // object id of the person or service principal; "" where the log names none
	Name     string // for people: UPN, or the application's name
	Activity string // such as Disable account
	// Changed are the properties that changed.
	Changed []Changed
}

// Changed is one property of a Deed. Old and New are as the log writes them:
// JSON within a text, such as [true].
type Changed struct{ Field, Old, New string }

// Audit lists the successful changes of an account since a time, the oldest
// first. The log is some minutes late: a change that is not in it yet may have
// been made. Needs AuditLog.Read.All; the log takes five requests in ten
// seconds.
// https://learn.microsoft.com/graph/api/directoryaudit-list
func (e *Eye) Audit(ctx context.Context, id string, since time.Time) ([]Deed, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	filter := fmt.Sprintf("activityDateTime ge %s and targetResources/any(t:t/id eq '%s')", since.UTC().Format(time.RFC3339), strings.ToLower(id))
	var deeds []Deed
	err := e.reader.List(ctx, graph.List{Path: "/auditLogs/directoryAudits", Filter: filter}, "", func(p graph.Page) error {
		if p.Restarted {
			deeds = nil
		}
		for _, raw := range p.Items {
			d, done, err := deedOf(raw, id)
			if err != nil {
				return fmt.Errorf("the audit log cannot be read: %w", err)
			}
			if done {
				deeds = append(deeds, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", id, err)
	}
	slices.SortStableFunc(deeds, func(a, b Deed) int { return a.At.Compare(b.At) })
	return deeds, nil
}

// auditEntry is what is read of an entry of the audit log.
type auditEntry struct {
	At       time.Time                  `json:"activityDateTime"`
	Activity string                     `json:"activityDisplayName"`
	Result   string                     `json:"result"`
	By       map[string]json.RawMessage `json:"initiatedBy"`
	Targets  []struct {
		ID         string `json:"id"`
		Properties []struct {
			Name string `json:"displayName"`
			Old  string `json:"oldValue"`
			New  string `json:"newValue"`
		} `json:"modifiedProperties"`
	} `json:"targetResources"`
}

// deedOf reads an entry; false where it changed nothing of the account.
func deedOf(raw json.RawMessage, id string) (Deed, bool, error) {
	var e auditEntry
	if err := json.Unmarshal(raw, &e); err != nil {
		return Deed{}, false, err
	}
	if e.At.IsZero() {
		return Deed{}, false, fmt.Errorf("an entry has no time")
	}
	if !strings.EqualFold(e.Result, "success") {
		return Deed{}, false, nil
	}
	d := Deed{At: e.At, Activity: e.Activity}
	d.Actor, d.Name = actorOf(e.By)
	found := false
	for _, t := range e.Targets {
		if !strings.EqualFold(t.ID, id) {
			continue
		}
		found = true
		for _, p := range t.Properties {
			d.Changed = append(d.Changed, Changed{p.Name, p.Old, p.New})
		}
	}
	return d, found, nil
}

// actorOf tells a person by the user's id, an application by that of its
// service principal.
func actorOf(by map[string]json.RawMessage) (id, name string) {
	text := func(o json.RawMessage, key string) string {
		var s string
		if json.Unmarshal(extract.Member(o, key), &s) != nil {
			return ""
		}
		return s
	}
	if id := text(by["user"], "id"); id != "" {
		return strings.ToLower(id), text(by["user"], "userPrincipalName")
	}
	return strings.ToLower(text(by["app"], "servicePrincipalId")), text(by["app"], "displayName")
}
