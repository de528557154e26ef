// Package report writes what was found in a tenant: as one HTML file for
// people, as CSV and XLSX for spreadsheets, and as JSON for programs, in
// English or Swedish.
//
// It judges nothing and reads nothing but what it is handed. What could not be
// seen stands before what was: on the first page, on the first sheet, at the
// head of the JSON. Every string of a directory or a log is kept as it is and
// escaped last, for the one place where it lands.
package report

import (
	"embed"
	"strings"
	"time"

	"vakt/internal/check"
	"vakt/internal/directory"
)

// Report is what there is to tell of one tenant.
type Report struct {
	// Result is what the checks found.
	Result *check.Result
	// Snapshot is what they looked at.
	Snapshot *directory.Snapshot
	// Rows are the rows of the guide and what covers them; none where nobody
	// asked.
	Rows []Row
	// Effect is what Conditional Access did to the sign-ins of the logs that
	// were given; nil without logs.
	Effect *Effect
	// Made is when the report is written.
	Made time.Time
	// Version is the version of the program that wrote it.
	Version string
}

//go:embed words/*.yaml
var wordFiles embed.FS

// Languages lists the languages that a report can be written in.
func Languages() []string { return []string{"en", "sv"} }

// tenantName is the name of the tenant for people: its organization's, else
// its id.
func (r *Report) tenantName() string {
	if o := r.Snapshot.Organization; o.Known && o.Value.Name != "" {
		return o.Value.Name
	}
	if r.Snapshot.Tenant != "" {
		return r.Snapshot.Tenant
	}
	return "?"
}

// accounts finds accounts by id.
func (r *Report) accounts() map[string]*directory.Account {
	byID := make(map[string]*directory.Account, len(r.Snapshot.Accounts))
	for i := range r.Snapshot.Accounts {
		byID[r.Snapshot.Accounts[i].ID] = &r.Snapshot.Accounts[i]
	}
	return byID
}

// name is what an account is called in a list: its display name and its UPN.
func name(a *directory.Account, id string) (display, upn string) {
	if a == nil {
		return id, ""
	}
	if a.Name == "" {
		return a.UPN, a.UPN
	}
	return a.Name, a.UPN
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// join is a list of short things in one cell.
func join(parts []string) string { return strings.Join(parts, "; ") }
