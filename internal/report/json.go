package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"vakt/internal/check"
	"vakt/internal/directory"
)

// document is a report as JSON: the result of the checks, and what they
// looked at.
type document struct {
	Made    time.Time `json:"made"`
	Version string    `json:"vakt"`
	Name    string    `json:"name"`
	*check.Result
	Parts    []part   `json:"parts"`
	Evidence []window `json:"evidence"`
	// Rows, Effect and Scope are what the tables rows, ca_effect and scope
	// hold.
	Rows   []Row   `json:"rows,omitempty"`
	Effect *Effect `json:"ca_effect,omitempty"`
	Scope  []scope `json:"out_of_scope"`
}

type part struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Why     string `json:"why,omitempty"`
	Count   int    `json:"count"`
	Licence string `json:"licence,omitempty"`
}

type window struct {
	Log     string    `json:"log"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Records int       `json:"records"`
}

// JSON writes the report as one document with members in snake_case.
func (r *Report) JSON(w io.Writer) error {
	d := document{Made: r.Made.UTC(), Version: r.Version, Name: r.tenantName(), Result: r.Result,
		Parts: parts(r.Snapshot.Parts), Evidence: windows(r.Snapshot.Evidence),
		Rows: r.Rows, Effect: r.Effect, Scope: scopes}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write the report as JSON: %w", err)
	}
	return nil
}

func parts(states []directory.PartState) []part {
	out := make([]part, len(states))
	for i, s := range states {
		out[i] = part(s)
	}
	return out
}

func windows(seen []directory.Window) []window {
	out := make([]window, len(seen))
	for i, s := range seen {
		out[i] = window(s)
	}
	return out
}
