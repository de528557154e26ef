package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"vakt/internal/daemon"
	"vakt/internal/report"
)

// effectFlag is the watcher that --ca-effect asks for; nil without it.
func effectFlag(file string) (*daemon.PolicyEffect, error) {
	switch filepath.Ext(file) {
	case "":
		if file == "" {
			return nil, nil
		}
	case ".csv", ".json":
		return &daemon.PolicyEffect{}, nil
	}
	return nil, usage("--ca-effect %q: the ending decides the form: .csv or .json", file)
}

// writeEffect writes what policies did, whole or not at all.
func (a *app) writeEffect(file string, e *daemon.PolicyEffect) error {
	if e == nil {
		return nil
	}
	effect := e.Effect()
	err := writeWhole(file, func(w io.Writer) error {
		if filepath.Ext(file) == ".json" {
			return encode(w, effect, "  ")
		}
		return effectCSV(w, effect)
	})
	if err != nil {
		return failed(fmt.Errorf("write the effect of policies to %q: %w", file, err))
	}
	a.say("What Conditional Access did to %s is in %s.", plural(effect.SignIns, "sign-in", "sign-ins"), file)
	if effect.Unknown > 0 {
		a.say("%s more, from logs that do not tell what policies did.", plural(effect.Unknown, "sign-in", "sign-ins"))
	}
	return nil
}

func effectCSV(w io.Writer, effect *report.Effect) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"period", "policy", "name", "result", "device", "sign_ins", "accounts"}); err != nil {
		return err
	}
	for _, r := range effect.Rows {
		accounts := ""
		if report.Stops(r.Result) {
			accounts = strconv.Itoa(r.Accounts)
		}
		row := []string{r.Period, r.Policy, r.Name, r.Result, r.Device, strconv.Itoa(r.SignIns), accounts}
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
