package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"vakt/internal/alert"
	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/plan"
	"vakt/internal/rule"
)

// openedRule is the rule that an alert of the policy speaks for: logs tell it of
// the making of a mailbox, the policy of what scans have seen.
const openedRule = "resource-created-signin-enabled"

// keptAlerts are the alerts of a policy run: one for each resource account that
// has been open for longer than alert_after, the same in every run.
func (a *app) keptAlerts(k *plan.Kept, tenant string, now time.Time) ([]alert.Alert, error) {
	_, set, err := a.compiled(nil, "")
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(set.Correlations(), func(c *rule.Compiled) bool { return c.Key() == openedRule })
	if at < 0 {
		return nil, fmt.Errorf("there is no rule %q", openedRule)
	}
	opened := set.Correlations()[at]
	level, _ := rule.SeverityNamed(opened.Level)
	var found []*detect.Detection
	for _, w := range slices.Concat(k.Due, k.Waiting, k.Ask) {
		if !w.Alert {
			continue
		}
		since := w.Since.Unix()
		found = append(found, &detect.Detection{
			Rule: opened, Group: []string{w.Account.ID}, Day: since / int64(24*time.Hour/time.Second), First: since, Last: now.Unix(), Count: 1, Value: 1,
			Severity: level, Entities: []event.Entity{{Kind: "account", ID: w.Account.ID, Name: orDefault(w.UPN, w.Account.ID)}},
		})
	}
	return alert.From(found, alert.Context{Tenant: tenant, RulesHash: set.Hash()}), nil
}

// tellKept appends the alerts of a policy run to a file, a JSON line each. Every
// run tells of what is open, under the same id: whoever reads them takes an id
// once.
func (a *app) tellKept(path string, k *plan.Kept, tenant string, now time.Time) (err error) {
	if path == "" {
		return nil
	}
	alerts, err := a.keptAlerts(k, tenant, now)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write alerts: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := json.NewEncoder(f)
	lines.SetEscapeHTML(false)
	for i := range alerts {
		if err := lines.Encode(&alerts[i]); err != nil {
			return fmt.Errorf("write alerts to %q: %w", path, err)
		}
	}
	return nil
}
