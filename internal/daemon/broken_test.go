package daemon_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/rule"
	"vakt/internal/source"
)

// account is a ledger in short.
type account struct {
	Read, Evaluated, Duplicate, Quarantined, Skipped int
	Reasons                                          string // of the quarantine, "line/index: reason", joined by "; "; wanted: how it begins and a word of it
	Problem                                          string
	Alerts                                           int
}

func short(r *source.Ledger, alerts int) account {
	e := r.Inputs[0]
	var reasons []string
	for _, q := range e.Quarantine {
		reasons = append(reasons, fmt.Sprintf("%d/%d: %s", q.Line, q.Index, q.Reason))
	}
	return account{e.Read, e.Evaluated, e.Duplicate, e.Quarantined, e.Skipped(), strings.Join(reasons, "; "), e.Problem, alerts}
}

// good is a record that raises one alert a group; each n is a group.
func good(n int) string {
	return signInText(n, "2026-03-02T10:00:00Z", 50057, `"ipAddress":"192.0.2.1"`)
}

// TestBrokenInput: what is broken is told with its place, and the records
// around it are read.
func TestBrokenInput(t *testing.T) {
	one, two := good(1), good(2)
	with := func(more string) string { return strings.TrimSuffix(one, "}") + "," + more + "}" }
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for _, tt := range []struct {
		name, input string
		want        account
	}{
		{"line ends CRLF", one + "\r\n" + two + "\r\n", account{Read: 2, Evaluated: 2, Alerts: 2}},
		{"blank lines", "\n\n" + one + "\n \t\n\n" + two, account{Read: 2, Evaluated: 2, Alerts: 2}},
		{"byte order mark", "\ufeff" + one, account{Read: 1, Evaluated: 1, Alerts: 1}},
		{"UTF-16", string(inUTF16(one + "\r\n" + two)), account{Read: 2, Evaluated: 2, Alerts: 2}},
		{"trailing comma in a list", "[" + one + "," + two + ",]", account{Read: 2, Evaluated: 2, Alerts: 2}},
		{"other values in a list", "[1,null,[" + one + "]," + two + `,"x"]`, account{Read: 5, Evaluated: 1, Skipped: 4, Alerts: 1}},
		{"repeated", one + "\n" + one + "\n" + strings.Replace(one, `"Portal"`, `"portal"`, 1), account{Read: 3, Evaluated: 1, Duplicate: 2, Alerts: 1}},
		{"record cut off at the end", one + "\n" + two[:len(two)-20], account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1,
			Reasons: "2/1: |not closed"}},
		{"nested too deep", with(`"elsewhere":`+deep) + "\n" + two, account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1, Reasons: "1/0: |64"}},
		{"the same key twice", with(`"id":"other"`) + "\n" + two, account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1, Reasons: `1/0: |"id" stands twice`}},
		{"a number that is none", strings.Replace(one, "50057", "1e400", 1) + "\n" + two, account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1, Reasons: "1/0: byte |JSON value"}},
		{"such a number where nobody reads", with(`"elsewhere":1e400`), account{Read: 1, Evaluated: 1, Alerts: 1}},
		{"bytes that are no UTF-8", with("\"x\":\"\xff\"") + "\n" + two, account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1, Reasons: "1/0: byte |UTF-8"}},
		{"NUL inside a text", with("\"x\":\"a\x00b\"") + "\n" + two, account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1, Reasons: "1/0: |control character"}},
		{"escaped NUL", strings.Replace(one, "User1@", `User1\u0000@`, 1), account{Read: 1, Evaluated: 1, Alerts: 1}},
		{"no time", strings.Replace(one, "createdDateTime", "created", 1), account{Read: 1, Quarantined: 1, Reasons: "1/0: |no readable event time: createdDateTime is missing"}},
		{"a time that is none", strings.Replace(one, "2026-03-02T", "yesterday ", 1) + "\n" + two, account{Read: 2, Evaluated: 1, Quarantined: 1, Alerts: 1, Reasons: `1/0: |no readable event time: createdDateTime is "yesterday 10:00:00Z"`}},
		{"other logs", `{"eventDataId":"x"}` + "\n{}\n" + `{"category":"RiskyUsers","properties":{"id":"1"}}` + "\n" + one, account{Read: 4, Evaluated: 1, Skipped: 3, Alerts: 1}},
		{"stray text between", one + "\n...\n" + two, account{Read: 3, Evaluated: 2, Quarantined: 1, Alerts: 2, Reasons: `2/1: |"..."`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			report := runText(t, batch(t), tt.input)
			got := short(report.Ledger, len(report.Alerts))
			if begins, has, _ := strings.Cut(tt.want.Reasons, "|"); strings.HasPrefix(got.Reasons, begins) && strings.Contains(got.Reasons, has) && begins != "" {
				got.Reasons = tt.want.Reasons
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if incomplete := report.Ledger.Incomplete() != ""; incomplete != (got.Quarantined > 0 || got.Problem != "") {
				t.Errorf("incomplete: %q", report.Ledger.Incomplete())
			}
		})
	}
}

func inUTF16(text string) []byte {
	b := []byte{0xfe, 0xff}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit>>8), byte(unit))
	}
	return b
}

// TestHugeRecordIsPassedOver: it is quarantined without being held, and the
// next one is read.
func TestHugeRecordIsPassedOver(t *testing.T) {
	size := int64(100 << 20)
	if testing.Short() {
		size = 32 << 20
	}
	b := batch(t)
	b.Files.Stdin = io.MultiReader(strings.NewReader(`[{"a":"`), io.LimitReader(letters{}, size), strings.NewReader(`"},`+good(1)+"]"))
	report := run(t, b, "-")
	got := short(report.Ledger, len(report.Alerts))
	if got.Read != 2 || got.Evaluated != 1 || got.Quarantined != 1 || got.Alerts != 1 || !strings.HasPrefix(got.Reasons, "1/0: ") {
		t.Errorf("got %+v", got)
	}
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestTruncatedStream: what came before the end counts, and the end is said.
func TestTruncatedStream(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for i := range 200 {
		if _, err := fmt.Fprintln(z, good(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b := batch(t)
	b.Files.Stdin = iotest.OneByteReader(bytes.NewReader(packed.Bytes()[:packed.Len()/2]))
	report := run(t, b, "-")
	got := short(report.Ledger, len(report.Alerts))
	if got.Evaluated == 0 || got.Evaluated >= 200 || !strings.Contains(got.Problem, "ends early") {
		t.Errorf("got %+v", got)
	}
	if report.Ledger.Incomplete() == "" {
		t.Error("complete")
	}
}

// TestCancelledRun: an error and no half report.
func TestCancelledRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	b := batch(t)
	b.Files.Stdin = io.MultiReader(strings.NewReader(good(1)), iotest.ErrReader(context.Canceled))
	cancel()
	if report, err := b.Run(ctx, []string{"-"}); err == nil || report != nil {
		t.Errorf("report %v, error %v", report, err)
	}
}

// TestBadRuleEndsTheRunBeforeItBegins: with the rule's file and line.
func TestBadRuleEndsTheRunBeforeItBegins(t *testing.T) {
	b := batch(t)
	text := strings.Replace(smallSet, "rules: [wrong]", "rules: [wron]", 1)
	rules, problems := rule.Parse("inline.yml", []byte(text))
	if rule.Refused(problems) {
		t.Fatal(problems)
	}
	b.Rules = rules
	b.Files.Stdin = iotest.ErrReader(io.ErrClosedPipe)
	_, err := b.Run(context.Background(), []string{"-"})
	if err == nil || !strings.HasPrefix(err.Error(), "rules: inline.yml:18: ") || !strings.Contains(err.Error(), `did you mean "wrong"?`) {
		t.Errorf("error %v", err)
	}
}

// TestDeadRuleStopsNoRun: a rule that can never match is noted, and the others
// find what they find.
func TestDeadRuleStopsNoRun(t *testing.T) {
	b := batch(t)
	text := strings.Replace(smallSet, "status.errorCode: 50057", "status.errorCod: 50057", 1)
	rules, problems := rule.Parse("inline.yml", []byte(text))
	if rule.Refused(problems) {
		t.Fatal(problems)
	}
	b.Rules = rules
	report := runText(t, b, signInText(1, "2026-03-02T10:00:00Z", 50126, `"ipAddress":"192.0.2.1"`)+"\n"+
		signInText(2, "2026-03-02T11:00:00Z", 50057, `"ipAddress":"192.0.2.1"`)+"\n")
	if len(report.Alerts) != 1 || report.Alerts[0].Rule != "few" {
		t.Errorf("alerts %+v", report.Alerts)
	}
	dead := report.Ledger.Dead
	if len(dead) != 1 || dead[0].Rule != "disabled" || !strings.Contains(dead[0].Note, `did you mean "status.errorCode"?`) {
		t.Errorf("dead %+v", dead)
	}
}

// TestUndecidedIsSaid: what the end of the input leaves open is no alert, and
// is counted.
func TestUndecidedIsSaid(t *testing.T) {
	wrong := func(n int, at string) string { return signInText(n, at, 50126, `"ipAddress":"192.0.2.1"`) + "\n" }
	report := runText(t, batch(t), wrong(1, "2026-03-02T10:00:00Z")+wrong(2, "2026-03-02T11:00:00Z"))
	if len(report.Alerts) != 1 || report.Alerts[0].Rule != "few" || report.Alerts[0].LastSeen != "2026-03-02T10:00:00Z" {
		t.Errorf("alerts %+v", report.Alerts)
	}
	want := []source.RuleNote{{Rule: "few", Note: "left undecided by the end of the input", Count: 1}}
	if diff := cmp.Diff(want, report.Ledger.Undecided); diff != "" {
		t.Error(diff)
	}
}
