package directory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDormantAccounts: ninety days without a sign-in that succeeded make an
// account dormant, and what was not read makes no list.
func TestDormantAccounts(t *testing.T) {
	taken := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	since := taken.AddDate(0, 0, -90)
	account := func(id string, change func(*Account)) Account {
		a := Account{ID: id, Enabled: Known(true), Created: Known(since.AddDate(-1, 0, 0)), Activity: Known(Activity{LastSuccess: since.Add(-time.Second)})}
		if change != nil {
			change(&a)
		}
		return a
	}
	asleep := account("asleep", nil)
	f := func(name string, want []string, ok bool, change func(*Snapshot), accounts ...Account) {
		t.Helper()
		s := &Snapshot{Taken: taken, Parts: []PartState{{Name: UsersPart, State: StateComplete}}, Accounts: append([]Account{asleep}, accounts...)}
		if change != nil {
			change(s)
		}
		got, gotOK := s.DormantAccounts(90)
		if d := cmp.Diff(want, got); d != "" || ok != gotOK {
			t.Errorf("%s: ok %t, want %t: %s", name, gotOK, ok, d)
		}
	}
	only := []string{"asleep"}
	f("used a second later", only, true, nil, account("x", func(a *Account) { a.Activity = Known(Activity{LastSuccess: since}) }))
	f("never used", []string{"asleep", "x"}, true, nil, account("x", func(a *Account) { a.Activity = Known(Activity{}) }))
	f("attempts are no use", []string{"asleep", "x"}, true, nil, account("x", func(a *Account) { a.Activity.Value.LastAttempt = taken }))
	f("made a second too late", only, true, nil, account("x", func(a *Account) { a.Created = Known(since) }))
	f("disabled", only, true, nil, account("x", func(a *Account) { a.Enabled = Known(false) }))
	f("used by the logs", only, true, nil, account("x", func(a *Account) { a.addUse(Use{What: UseNonInteractive, First: since, Last: taken, Count: 2}) }))
	f("disabled and not read", only, true, nil, account("x", func(a *Account) { a.Enabled, a.Activity = Known(false), Unknown[Activity]("no P1") }))
	f("not read", nil, false, nil, account("x", func(a *Account) { a.Activity = Unknown[Activity]("no P1") }))
	f("age not read", nil, false, nil, account("x", func(a *Account) { a.Created = Unknown[time.Time]("x") }))
	f("enabled or not", nil, false, nil, account("x", func(a *Account) { a.Enabled = Unknown[bool]("x") }))
	f("no time", nil, false, func(s *Snapshot) { s.Taken = time.Time{} })
	f("a list that broke off", nil, false, func(s *Snapshot) { s.Parts[0].State = StatePartial })
}
