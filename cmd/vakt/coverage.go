package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"vakt"
	"vakt/internal/rule"
)

// covered is one row of the guide and what we have for it.
type covered struct {
	Row      string   `json:"row"`
	ID       string   `json:"id"`
	Severity string   `json:"severity"`
	Log      string   `json:"log"`
	Licence  string   `json:"licence"`
	Rules    []string `json:"rules"`
	State    string   `json:"state"` // live, asleep or missing
}

// coverage lists every row that the product is to cover, with the rule that
// covers it or "missing".
func (a *app) coverage() error {
	rows, err := guideRows()
	if err != nil {
		return failed(err)
	}
	_, set, err := a.compiled(nil, "")
	if err != nil {
		return err
	}
	at := map[string]*covered{}
	for i := range rows {
		at[rows[i].Row] = &rows[i]
	}
	note := func(c *rule.Compiled) {
		for _, r := range c.Vakt.Rows {
			if row := at[r]; row != nil {
				row.Rules = append(row.Rules, c.Key())
				if row.State != "live" {
					row.State = "live"
					if len(c.Asleep) > 0 {
						row.State = "asleep"
					}
				}
			}
		}
	}
	for _, c := range set.Rules() {
		note(c)
	}
	for _, c := range set.Correlations() {
		note(c)
	}
	return a.printCoverage(rows)
}

func (a *app) printCoverage(rows []covered) error {
	have := 0
	for i := range rows {
		if rows[i].State != "missing" {
			have++
		}
	}
	head := []string{"row", "id", "state", "rules", "severity", "log", "licence"}
	row := func(c covered) []string {
		return []string{c.Row, c.ID, c.State, strings.Join(c.Rules, ", "), c.Severity, c.Log, c.Licence}
	}
	err := show(a, view[covered]{items: rows, head: head, row: row, table: func(w io.Writer) error { return a.table(w, head, rowsOf(rows, row)) }})
	if err != nil {
		return failed(err)
	}
	a.say("%d of %d rows have a rule; the others are missing.", have, len(rows))
	return nil
}

// guideRows reads rules/rows.csv: row, id, severity, log, licence, kind.
func guideRows() ([]covered, error) {
	f, err := vakt.Rules.Open("rules/rows.csv")
	if err != nil {
		return nil, fmt.Errorf("the list of rows: %w", err)
	}
	defer f.Close() //nolint:errcheck // embedded
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("rules/rows.csv: %w", err)
	}
	var rows []covered
	for _, l := range lines[1:] {
		rows = append(rows, covered{Row: l[0], ID: l[1], Severity: l[2], Log: l[3], Licence: l[4], Rules: []string{}, State: "missing"})
	}
	return rows, nil
}
