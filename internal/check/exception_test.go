package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vakt/internal/check"
	"vakt/internal/directory"
)

const exceptions = `# who may stay enabled
- account: room1@contoso.com
  owner: Åsa Öström
  reason: 'until the new system: it''s ordered' # see the ticket
  ticket: INC-1
  until: 2026-06-01
  only_if:
    mailbox.type: RoomMailbox
    ca.bound: [true]

- check: mailbox-audit-off
  owner: ops
  reason: noise
  until: "2026-04-01T12:00:00Z"
`

func TestParseExceptions(t *testing.T) {
	got, problems := check.ParseExceptions("exceptions.yaml", []byte(exceptions))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []check.Exception{
		{Account: "room1@contoso.com", Owner: "Åsa Öström", Reason: "until the new system: it's ordered", Ticket: "INC-1", Until: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Line: 2,
			OnlyIf: []check.Condition{{Fact: "mailbox.type", Values: []string{"RoomMailbox"}}, {Fact: "ca.bound", Values: []string{"true"}}}},
		{Check: "mailbox-audit-off", Owner: "ops", Reason: "noise", Until: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC), Line: 11},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, empty := range []string{"", "# nothing\n", "[]\n"} {
		if list, problems := check.ParseExceptions("e", []byte(empty)); len(list)+len(problems) > 0 {
			t.Errorf("%q: %v %v", empty, list, problems)
		}
	}
}

func TestParseExceptionsRefuses(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, problems := check.ParseExceptions("e.yaml", []byte(text))
		var got []string
		for _, p := range problems {
			got = append(got, p.Error())
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	const whole = "- {account: a, owner: o, reason: r, until: 2026-06-01}\n"
	f("account: a\n", "e.yaml:1: want a list of exceptions, each beginning with a dash")
	f("- a\n", "e.yaml:1: want an entry such as {account: room1@contoso.com, owner: …, reason: …, until: 2027-01-31}")
	f(whole+"---\n"+whole, "e.yaml:2: a second document begins here: exceptions are one list, without ---")
	f("- {owner: o, reason: r, until: 2026-06-01}\n", "e.yaml:1: the entry covers nothing: give account, check or rule")
	f("\n- {account: a, owner: o, reason: r}\n", "e.yaml:2: until is missing: every exception ends, on a date such as 2027-01-31")
	f("- {account: a, reason: r, until: 2026-06-01}\n", "e.yaml:1: owner is missing: who answers for this exception?")
	f("- {account: a, owner: o, until: 2026-06-01}\n", "e.yaml:1: reason is missing")
	f("- {account: a, owner: o, reason: r, until: never}\n", `e.yaml:1: until: "never" is not a date: write the first day on which the exception no longer holds, such as 2027-01-31`)
	f("- account: a\n  owner: o\n  reason: r\n  untill: 2026-06-01\n", `e.yaml:4: unknown key "untill": did you mean "until"?`)
	f("- {account: a, account: b, owner: o, reason: r, until: 2026-06-01}\n", "e.yaml:1: account stands twice in one entry")
	f("- {check: a, rule: b, owner: o, reason: r, until: 2026-06-01}\n", "e.yaml:1: check and rule stand in one entry: write two")
	f(whole+"- {account: A, owner: o, reason: r, until: 2026-06-01}\n", `e.yaml:2: there is an exception for account "A" already, on line 1: change that one`)
	f("- {account: a, owner: o, reason: r, until: 2026-06-01, only_if: {mailbox.typ: x}}\n", `e.yaml:1: only_if: no account has the fact "mailbox.typ": did you mean "mailbox.type"?`)
	f("- {account: a, owner: o, reason: r, until: 2026-06-01, only_if: {}}\n", "e.yaml:1: only_if needs facts with their values, such as {mailbox.type: RoomMailbox}")
	f("- {account: '', owner: o, reason: r, until: 2026-06-01}\n", "e.yaml:1: account needs a text")
}

// An edit changes what it says and not a byte besides.
func TestEditExceptions(t *testing.T) {
	day := time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	e := check.Exception{Account: "lobby@contoso.com", Check: "resource-signin-enabled-posture", Owner: "O'Neil", Reason: "yes: #1\tand \u202e more", Until: day,
		OnlyIf: []check.Condition{{Fact: "room", Values: []string{"true"}}}}
	added, err := check.AddException("e.yaml", []byte(exceptions), e)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(added), exceptions) {
		t.Errorf("the old text changed:\n%s", added)
	}
	list, problems := check.ParseExceptions("e.yaml", added)
	if len(problems) > 0 || len(list) != 3 {
		t.Fatalf("%v\n%s", problems, added)
	}
	if d := cmp.Diff(e, list[2], cmpopts.IgnoreFields(check.Exception{}, "Line")); d != "" {
		t.Error(d)
	}
	if _, err := check.AddException("e.yaml", added, e); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("added twice: %v", err)
	}
	if _, err := check.AddException("e.yaml", nil, check.Exception{Account: "a", Owner: "o", Reason: "r"}); err == nil {
		t.Error("added without an end")
	}

	ended, err := check.EndException("e.yaml", []byte(exceptions), check.Exception{Account: "ROOM1@contoso.com"}, time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(exceptions, "2026-06-01", "2026-03-02", 1); string(ended) != want {
		t.Error(cmp.Diff(want, string(ended)))
	}
	ended, err = check.EndException("e.yaml", []byte(exceptions), check.Exception{Check: "mailbox-audit-off"}, taken)
	if err != nil || string(ended) != strings.Replace(exceptions, `"2026-04-01T12:00:00Z"`, "2026-03-02", 1) {
		t.Errorf("%v\n%s", err, ended)
	}
	for _, which := range []check.Exception{{Account: "nobody"}, {Account: "room1@contoso.com", Check: "x"}} {
		if _, err := check.EndException("e.yaml", []byte(exceptions), which, taken); err == nil || !strings.Contains(err.Error(), "there is no exception") {
			t.Errorf("%v", err)
		}
	}
	if _, err := check.EndException("e.yaml", []byte(exceptions), check.Exception{Account: "room1@contoso.com"}, day); err == nil || !strings.Contains(err.Error(), "ended on 2026-06-01") {
		t.Errorf("%v", err)
	}
	if _, err := check.AddException("e.yaml", []byte("[{account: a, owner: o, reason: r, until: 2026-06-01}]"), e); err == nil || !strings.Contains(err.Error(), "brackets") {
		t.Errorf("%v", err)
	}
	indented := "  - account: a\n    owner: o\n    reason: r\n    until: 2026-06-01\n"
	if out, err := check.AddException("e.yaml", []byte(indented), e); err != nil || !strings.HasPrefix(string(out), indented+"  - account:") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The file is replaced as a whole, keeps its mode, and stays as it was where
// the edit fails.
func TestEditExceptionsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "exceptions.yaml")
	write := func(text string) func([]byte) ([]byte, error) {
		return func(old []byte) ([]byte, error) { return append(old, text...), nil }
	}
	if err := check.EditExceptions(path, write("- a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := check.EditExceptions(path, write("b")); err != nil {
		t.Fatal(err)
	}
	if err := check.EditExceptions(path, func([]byte) ([]byte, error) { return nil, os.ErrInvalid }); err == nil {
		t.Error("a failed edit is no error")
	}
	got, err := os.ReadFile(path)
	info, serr := os.Stat(path)
	if err != nil || serr != nil || string(got) != "- ab" || info.Mode().Perm() != 0o640 {
		t.Errorf("%q %v %v %v", got, info.Mode(), err, serr)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".exceptions-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// An exception makes a verdict, hides findings, ends by date and by condition,
// and says so.
func TestExceptionsInARun(t *testing.T) {
	parse := func(text string) []check.Exception {
		list, problems := check.ParseExceptions("e", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return list
	}
	f := func(text string, want check.Verdict, state string, audits, hides int, reason string) {
		t.Helper()
		a := idle("a1")
		a.Mailbox.Value.Audit.Value = false
		r := run(t, snapshot(a), check.Options{Exceptions: parse(text)})
		v, s := r.Verdicts[0], r.Exceptions[0]
		if v.Verdict != want || s.State != state || s.Hides != hides || len(findings(r, "mailbox-audit-off")) != audits || slices.ContainsFunc(r.Hidden, func(h check.Hidden) bool { return h.Finding.Check == "mailbox-audit-off" }) != (audits == 0) {
			t.Errorf("%s: %s, %s, hides %d, findings %v, hidden %d", text, v.Verdict, s.State, s.Hides, findings(r, "mailbox-audit-off"), len(r.Hidden))
		}
		if v.Reasons[0].ID != reason {
			t.Errorf("%s: %v", text, ids(v.Reasons))
		}
	}
	const rest = ", owner: o, reason: r, until: "
	f("- {account: A1@contoso.com"+rest+"2026-06-01}", check.Excepted, check.Active, 0, 5, "exception")
	f("- {account: a1"+rest+"2026-03-10}", check.Excepted, check.Expiring, 0, 5, "exception")
	f("- {account: a1"+rest+"2026-03-02}", check.Block, check.Expired, 1, 0, "exception_ended")
	f("- {account: a1, check: resource-signin-enabled-posture"+rest+"2026-06-01}", check.Excepted, check.Active, 1, 1, "exception")
	f("- {account: a1, check: mailbox-audit-off"+rest+"2026-06-01}", check.Block, check.Active, 0, 1, "unused")
	f("- {check: mailbox-audit-off"+rest+"2026-06-01}", check.Block, check.Active, 0, 1, "unused")
	f("- {account: other"+rest+"2026-06-01}", check.Block, check.Unused, 1, 0, "unused")
	f("- {rule: some-rule"+rest+"2026-06-01}", check.Block, check.Active, 1, 0, "unused")
	f("- {account: a1"+rest+"2026-06-01, only_if: {mailbox.type: SharedMailbox, signin.recent: false}}", check.Excepted, check.Active, 0, 5, "exception")
	f("- {account: a1"+rest+"2026-06-01, only_if: {mailbox.type: [RoomMailbox]}}", check.Block, check.Broken, 1, 0, "exception_ended")
	f("- {account: a1"+rest+"2026-06-01, only_if: {manager: m}}", check.Block, check.Broken, 1, 0, "exception_ended")
}

// A condition that cannot be looked at ends an exception.
func TestUnreadConditionEndsException(t *testing.T) {
	list, _ := check.ParseExceptions("e", []byte("- {account: a1, owner: o, reason: r, until: 2027-01-01, only_if: {ca.bound: true}}"))
	s := snapshot(idle("a1"))
	s.Policies = directory.Unknown[[]directory.Policy]("no right")
	r := run(t, s, check.Options{Exceptions: list})
	if r.Verdicts[0].Verdict != check.Block || r.Exceptions[0].State != check.Broken || r.Exceptions[0].Why != "ca.bound cannot be looked at: no right" {
		t.Errorf("%s %+v", r.Verdicts[0].Verdict, r.Exceptions[0])
	}
}

func TestStates(t *testing.T) {
	list, problems := check.ParseExceptions("e", []byte(`
- {account: late, owner: o, reason: r, until: 2027-01-01}
- {account: gone, owner: o, reason: r, until: 2026-03-01}
- {account: soon, owner: o, reason: r, until: 2026-03-05}
- {account: next, owner: o, reason: r, until: 2026-05-05}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []string
	for _, s := range check.States(list, taken) {
		got = append(got, s.Exception.Account+" "+s.State)
	}
	if d := cmp.Diff([]string{"soon expiring", "next active", "late active", "gone expired"}, got); d != "" {
		t.Error(d)
	}
	if s := check.States(list, taken); s[0].Days != 2 || s[3].Days != -2 {
		t.Errorf("%d and %d days", s[0].Days, s[3].Days)
	}
}

// Bad input is refused; what is accepted can be added to, and ended, without a
// change to anything else.
func FuzzExceptions(f *testing.F) {
	f.Add([]byte(exceptions))
	f.Add([]byte("- {account: a, owner: o, reason: r, until: 2026-06-01, only_if: {room: true}}"))
	f.Add([]byte("# only a comment"))
	f.Add([]byte("  - account: é\n    owner: \"o\\n\"\n    reason: >-\n      long\n    until: 2026-06-01"))
	e := check.Exception{Account: "new@contoso.com", Owner: "o", Reason: "r", Until: taken.AddDate(1, 0, 0).Truncate(24 * time.Hour)}
	same := cmpopts.IgnoreFields(check.Exception{}, "Line")
	f.Fuzz(func(t *testing.T, data []byte) {
		before, problems := check.ParseExceptions("e", data)
		if len(problems) > 0 {
			return
		}
		if out, err := check.AddException("e", data, e); err == nil {
			after, problems := check.ParseExceptions("e", out)
			if len(problems) > 0 {
				t.Fatalf("%v\n%q", problems, out)
			}
			if d := cmp.Diff(append(before[:len(before):len(before)], e), after, same); d != "" {
				t.Fatal(d)
			}
		}
		for i, x := range before {
			out, err := check.EndException("e", data, x, taken)
			if err != nil {
				continue
			}
			after, problems := check.ParseExceptions("e", out)
			if len(problems) > 0 || len(after) != len(before) || !after[i].Until.Equal(taken.Truncate(24*time.Hour)) {
				t.Fatalf("%v\n%q", problems, out)
			}
		}
	})
}
