package report_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/report"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// evaluated reads and judges a simulated tenant as files, less some parts.
func evaluated(t *testing.T, scenario string, accounts int, without ...string) *report.Report {
	t.Helper()
	scene, err := sim.Load(os.DirFS("../../scenarios"), scenario)
	if err == nil && accounts > 0 {
		scene, err = scene.WithAccounts(accounts)
	}
	if err != nil {
		t.Fatal(err)
	}
	state, labels, err := rig.Generate(scene, rig.Options{Clock: func() time.Time { return taken }, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := state.Export(dir); err != nil {
		t.Fatal(err)
	}
	for _, part := range without {
		if err := os.Remove(dir + "/" + part); err != nil {
			t.Fatal(err)
		}
	}
	s, err := directory.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return &report.Report{Snapshot: s, Result: judge(t, s, labels), Made: made, Version: "test"}
}

func judge(t *testing.T, s *directory.Snapshot, labels []rig.Label) *check.Result {
	t.Helper()
	checks, problems := check.Load(os.DirFS("../.."), "checks")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var exceptions []check.Exception
	for i, l := range labels {
		if e := (check.Exception{Account: l.UPN, Owner: "Drift", Reason: "x", Until: made.AddDate(0, 0, 40-10*i)}); i < 8 {
			exceptions = append(exceptions, e)
		}
	}
	r, err := check.Run(s, checks, check.Options{Baseline: baseline.Default().WithDirectory(s.Lists()), Exceptions: exceptions, Now: made})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	tag = regexp.MustCompile(`(?s)<(script|style)>.*?</(script|style)>|<code>.*?</code>|<[^>]*>`)
	// names are those of permissions and checks, and what is typed.
	names   = regexp.MustCompile(`\b[A-Za-z]+\.Read[.A-Za-z]*|[a-z0-9]+(?:-[a-z0-9]+)+|--[a-z]+ [a-z]+|` + "`[^`]*`")
	english = regexp.MustCompile(`(?i)[^.\n]*\b(the|is|are|was|were|not|of|with|has|nobody|whose|which|read|and|that|they|it|no|when|to|for|by|on|only|cannot|does|mailbox|accounts?|sign)\b[^.\n]*`)
)

// stillEnglish gives the sentences of a text that have an English word in
// them, less those of the tenant's own names.
func stillEnglish(r *report.Report, text string) []string {
	var own []string
	for i := range r.Snapshot.Accounts {
		if a := &r.Snapshot.Accounts[i]; english.MatchString(a.Name) {
			own = append(own, a.Name, "")
		}
	}
	for _, p := range r.Snapshot.Policies.Value {
		own = append(own, p.Name, "")
	}
	own = append(own, "View-Only Organization Management", "", "Microsoft Defender for Cloud Apps", "", "User registered security info", "")
	return english.FindAllString(names.ReplaceAllString(strings.NewReplacer(own...).Replace(text), ""), -1)
}

// Nothing that a report of an evaluated tenant says stays English, whatever
// part of the tenant is missing.
func TestSwedishReportHasNoEnglish(t *testing.T) {
	cases := map[string]*report.Report{
		"small business": evaluated(t, "small-business", 0),
		"without P1":     evaluated(t, "no-p1", 0),
		"all traps":      evaluated(t, "all-traps", 600),
	}
	for _, part := range []string{
		"users.json", "mailboxes.json", "casMailboxes.json", "mailboxPermissions.json", "recipientPermissions.json", "userRegistrationDetails.json",
		"authenticationMethods.json", "roleAssignments.json", "roleDefinitions.json", "roleEligibilitySchedules.json", "groups.json",
		"conditionalAccessPolicies.json", "subscribedSkus.json", "domains.json",
	} {
		cases["without "+part] = evaluated(t, "all-traps", 150, part)
	}
	for name, r := range cases {
		seen := map[string]bool{}
		page := strings.NewReplacer("&#39;", "'", "&#34;", `"`).Replace(html(t, r, "sv"))
		texts := []string{tag.ReplaceAllString(page, "\n")}
		for _, sheet := range report.Sheets() {
			texts = append(texts, cells(t, r, sheet))
		}
		for _, text := range texts {
			for _, s := range stillEnglish(r, text) {
				if s = strings.TrimSpace(s); !seen[s] && len(seen) < 12 {
					seen[s] = true
					t.Errorf("%s: %q", name, s)
				}
			}
		}
	}
}

// cells is the text of one table in Swedish.
func cells(t *testing.T, r *report.Report, sheet string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.CSV(&b, "sv", sheet); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, row := range rows {
		out.WriteString(strings.Join(row, "\n") + "\n")
	}
	return out.String()
}
