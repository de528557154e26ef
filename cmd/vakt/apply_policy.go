package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"vakt/internal/action"
	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/text"
)

// applyPolicy keeps new resource accounts blocked.
func (a *app) applyPolicy(ctx context.Context, dry bool, alerts string) error {
	return a.withDoor(ctx, "", func(d *door) error {
		in, err := a.keepInput(ctx, d)
		if err != nil {
			return failed(err)
		}
		if dry {
			kept, err := plan.DecideKeep(ctx, *in)
			if err != nil {
				return failed(err)
			}
			return a.showKept(kept)
		}

		kept, report, err := plan.ApplyPolicy(ctx, d.deps, *in)
		if kept == nil {
			return failed(err)
		}
		if told := errors.Join(a.tellKept(alerts, kept, in.Snapshot.Tenant, in.Now), a.showKept(kept)); told != nil {
			return failed(told)
		}
		return a.told(report, err)
	})
}

func (a *app) keepInput(ctx context.Context, d *door) (*plan.KeepInput, error) {
	posture, err := a.posture(&scanFlags{}, d.config)
	if err != nil {
		return nil, err
	}
	snapshot := d.deps.Snapshot
	result, err := posture.Judge(snapshot)
	if err != nil {
		return nil, err
	}
	policy, err := d.deps.Policy()
	if err != nil {
		return nil, err
	}
	since, err := d.state.enabledSince(ctx, snapshot)
	if err != nil {
		return nil, err
	}
	return &plan.KeepInput{
		Keep: d.config.Keep, Snapshot: snapshot, Result: result, Policy: policy, Now: time.Now(),
		Since: func(id string) (time.Time, bool) { t, ok := since[id]; return t, ok },
		Audit: action.NewEye(d.deps.Access).Audit,
	}, nil
}

// enabledSince tells of each resource account since when scans have seen it
// enabled without a break.
func (s *state) enabledSince(ctx context.Context, now *directory.Snapshot) (map[string]time.Time, error) {
	since := map[string]time.Time{}
	open := openAccounts(now)
	for id := range open {
		since[id] = now.Taken
	}
	history, err := s.snapshots.List(ctx, now.Tenant) // the newest first
	if err != nil {
		return nil, err
	}
	for _, h := range history {
		if h.Saved.IsZero() || !h.Taken.Before(now.Taken) {
			continue
		}
		if len(open) == 0 {
			break
		}
		before, err := s.snapshots.Get(ctx, h.ID)
		if err != nil {
			return nil, err
		}
		then := openAccounts(before)
		maps.DeleteFunc(open, func(id string, _ bool) bool { return !then[id] })
		for id := range open {
			since[id] = before.Taken
		}
	}
	return since, nil
}

// openAccounts are the resource accounts that can be signed in to.
func openAccounts(s *directory.Snapshot) map[string]bool {
	open := map[string]bool{}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if directory.Is(a.Enabled, true) && a.Kind.Known && a.Kind.Value.Resource() {
			open[a.ID] = true
		}
	}
	return open
}

func (a *app) showKept(k *plan.Kept) error {
	if a.output == "json" || a.output == "jsonl" {
		return a.json(k, "")
	}
	var b strings.Builder
	told := false
	if k.Stopped != "" {
		fmt.Fprintf(&b, "Stopped: %s\n", text.Terminal(k.Stopped))
	}
	for _, group := range []struct {
		word string
		list []plan.Watched
	}{{"due", k.Due}, {"waiting", k.Waiting}, {"ask", k.Ask}} {
		for _, w := range group.list {
			word := group.word
			if w.Alert {
				word, told = word+"!", true
			}
			fmt.Fprintf(&b, "%-8s %s, seen since %s, to be blocked at %s%s\n", word, text.Terminal(orDefault(w.UPN, w.Account.ID)),
				w.Since.UTC().Format("2006-01-02 15:04 UTC"), w.Due.UTC().Format("2006-01-02 15:04 UTC"), text.Terminal(why(w.Why.Text)))
		}
	}
	if told {
		b.WriteString("! open for longer than alert_after: an alert, which --alerts FILE writes down\n")
	}
	if b.Len() == 0 {
		b.WriteString("No resource account is open that the policy would look at.\n")
	}
	_, err := a.out.Write([]byte(b.String()))
	return err
}
