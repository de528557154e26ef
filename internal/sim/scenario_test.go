package sim

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// load returns one of the project's own scenarios.
func load(t testing.TB, name string) *Scenario {
	t.Helper()
	s, err := Load(os.DirFS("../../scenarios"), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fewDays returns two days of the quiet scenario.
func fewDays(t testing.TB) *Scenario {
	t.Helper()
	s, err := load(t, "quiet").WithDays(2)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fewSignIns returns the first-look scenario with a quarter of its sign-ins.
func fewSignIns(t testing.TB) *Scenario {
	t.Helper()
	s := load(t, "first-look")
	s.Life.SignIns /= 4
	return s
}

const good = `name: x
title: A test
tenant: {name: contoso, id: 11111111-2222-3333-4444-555555555555, domain: contoso.com, accounts: 60}
start: 2026-03-02T00:00:00Z
days: 2
life: {signins_per_account_per_day: 1, failure_rate: 0.1, noninteractive_share: 0.5, audits_per_day: 5, mailbox_records_per_day: 5}
attacks:
  - {kind: password_spray, at: 26h, over: 9m, from: 203.0.113.9, accounts: 12}
`

func TestOwnScenariosLoad(t *testing.T) {
	for _, name := range []string{"first-look", "quiet", "busy", "whole-guide", "small-business", "no-p1", "all-traps", "big", "month"} {
		if s := load(t, name); s.Name != name || s.Title == "" {
			t.Errorf("%s: name %q, title %q", name, s.Name, s.Title)
		}
	}
}

func TestLoadReadsEveryField(t *testing.T) {
	s, err := parseScenario("x.yml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	a := s.Attacks[0]
	if a.At != 26*time.Hour || a.Over != 9*time.Minute || a.Accounts != 12 || a.From != "203.0.113.9" {
		t.Errorf("attack is %+v", a)
	}
	if s.Life.FailureRate != 0.1 || s.Life.Mailbox != 5 || s.Days != 2 || s.Tenant.Accounts != 60 {
		t.Errorf("scenario is %+v", s)
	}
}

func TestLoadRefusesBadScenarios(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"title:", "titel:", `x.yml:2: unknown key "titel"`},
		{"accounts: 12", "acounts: 12", `x.yml:8: unknown key "acounts"`},
		{"days: 2", "days: two", "x.yml:5: "},
		{"days: 2", "days: 0", "days is 0: give 1 to 366"},
		{"days: 2", "days: 2\ndays: 3", "x.yml:6: "},
		{"name: x", "name: y", "it must be the file's stem"},
		{"accounts: 60", "accounts: 3", "tenant.accounts is 3"},
		{"id: 1111", "id: X111", "give a lower-case UUID"},
		{"domain: contoso.com", "domain: contoso", "give a domain"},
		{"2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z", "give a midnight in UTC"},
		{"failure_rate: 0.1", "failure_rate: 1.1", "life.failure_rate is 1.1"},
		{"failure_rate: 0.1", "failure_rate: .nan", "life.failure_rate is NaN"},
		{"password_spray", "spray", "attack 1 (spray): unknown kind: there are account_created_deleted, account_taken"},
		{"at: 26h", "at: 48h", "the scenario ends at 48h0m0s"},
		{"at: 26h", "at: -1h", "the scenario ends at"},
		{"at: 26h", "at: 2562047h", "the scenario ends at"},
		{"over: 9m", "over: 2562047h", "the scenario ends at"},
		{"kind: password_spray", "kind: brute_force, attempts: 900000", "it has more than 1000000 sign-ins"},
		{"audits_per_day: 5", "audits_per_day: -1", "give 0 to 5000000"},
		{"day: 1, fail", "day: 501, fail", "give 0 to 500"},
		{"accounts: 12", "accounts: 60", "the tenant has 55 members to draw from"},
		{"accounts: 12", "account: 13", "is a guest and no other"},
		{"accounts: 12", "account: 60", "give 1 to 59"},
		{"accounts: 12", "accounts: 12, account: 5", "give account or accounts, not both"},
		{"accounts: 12", "accounts: 12, success: 13", "success is 13, of 12 accounts"},
		{"203.0.113.9", "192.0.2.1", "give an address in 203.0.113.0/24"},
		{"203.0.113.9", "here", "give an IP address"},
		{", from: 203.0.113.9", "", "from is missing"},
		{"accounts: 12", "accounts: 12, to: a@example.net", "to does not belong to this kind"},
		{"kind: password_spray", "kind: risk, types: [x]", `unknown risk type "x"`},
		{"kind: password_spray", "kind: hiding_rule", "folder is missing"},
		{"kind: password_spray", "kind: consent, form: x", `form is "x": this kind has ["user" "admin"]`},
		{"accounts: 12", "accounts: 12, form: x", `form is "x": this kind has []`},
		{"kind: password_spray", "kind: mailbox_forwarding", "give it, or form: clear"},
		{"password_spray, at: 26h, over: 9m, from: 203.0.113.9, accounts: 12", "mailbox_forwarding, form: clear, to: a@example.net, at: 26h, from: 203.0.113.9", "give it, or form: clear"},
		{"password_spray, at: 26h, over: 9m, from: 203.0.113.9, accounts: 12", "role_to_new_account, at: 26h, from: 203.0.113.9, account: 3", "leave out account"},
		{"password_spray, at: 26h, over: 9m, from: 203.0.113.9, accounts: 12", "many_ips, at: 26h, from: 203.0.113.250, attempts: 9", "8 addresses from there on must be in 203.0.113.0/24"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%q is not in the scenario", c.old)
		}
		_, err := parseScenario("x.yml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s → %s:\n got %v\nwant %s", c.old, c.new, err, c.want)
		}
	}
}

func TestLoadNamesTheScenariosThereAre(t *testing.T) {
	_, err := Load(fstest.MapFS{"a.yml": {}, "b.yml": {}}, "c")
	if err == nil || err.Error() != `no scenario "c": there are a, b` {
		t.Error(err)
	}
}

func TestResizing(t *testing.T) {
	s, err := parseScenario("x.yml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	larger, err := s.WithAccounts(240)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := count(s), count(larger); b < a*3/2 || s.Tenant.Accounts != 60 {
		t.Errorf("%d records with 60 accounts, %d with 240; the original has %d accounts", a, b, s.Tenant.Accounts)
	}
	if _, err := s.WithAccounts(1); err == nil {
		t.Error("one account was accepted")
	}
	if _, err := s.WithDays(1); err == nil {
		t.Error("an attack after the end was accepted")
	}
	if longer, err := s.WithDays(5); err != nil || count(longer) < count(s)*3/2 {
		t.Errorf("five days: %v", err)
	}
}

func count(s *Scenario) int {
	n := 0
	for range s.Generate(1) {
		n++
	}
	return n
}

func FuzzParseScenario(f *testing.F) {
	f.Add(good)
	f.Add("name: x\nattacks: [{kind: risk, at: 1h}]")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseScenario("x.yml", []byte(text))
		if err != nil || s.Tenant.Accounts > 1000 {
			return
		}
		for i := range s.Truth(1) {
			_ = i // a valid scenario has a truth without a panic
		}
	})
}
