package graph

import (
	"testing"
	"testing/synctest"
	"time"

	"vakt/internal/tenant"
)

func TestBudget(t *testing.T) {
	b := NewBudget(Population{Accounts: 100_000, Resources: 5_000, Mailboxes: 60_000, Groups: 40, Members: 10_000, Activity: true, Exchange: true})
	lists := 0
	for _, l := range b.Lines {
		if l.What == "accounts" || l.What == "accounts with their last sign-in" {
			lists += l.Requests
		}
	}
	if lists > 350 {
		t.Errorf("the users pass takes %d requests", lists)
	}
	if n := b.Requests(tenant.Graph); n > 1100 {
		t.Errorf("%d Graph requests: something is asked for each account", n)
	}
	if n := b.Requests(tenant.Exchange); n < 5_000 || n > 5_300 {
		t.Errorf("%d Exchange requests: want pages and one per resource", n)
	}
	if d := b.Bound(); d < 20*time.Minute || d > 25*time.Minute {
		t.Errorf("at least %s", d)
	}
	if b.Requests("") != b.Requests(tenant.Graph)+b.Requests(tenant.Exchange) {
		t.Error("the sum is not the sum")
	}
	poor := NewBudget(Population{Accounts: 100, Resources: -1, Mailboxes: -1, Groups: -1, Members: -1})
	if poor.Requests(tenant.Exchange) != 0 || poor.Requests(tenant.Graph) == 0 {
		t.Errorf("without Exchange: %+v", poor)
	}
}

// TestProgressComesToItsEnd: the ETA falls to nothing as the budget is used
// up, and is right within a tenth half way.
func TestProgressComesToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 60_000)
		w.size, w.delay = 999, 800*time.Millisecond
		full := NewBudget(Population{Accounts: w.users, Activity: true})
		budget := Budget{Lines: full.Lines[:2]} // the two lists of users
		var seen []Progress
		var times []time.Time
		r := w.reader(t, func(o *Options) {
			o.Expect = &budget
			o.Progress = func(p Progress) { seen, times = append(seen, p), append(times, time.Now()) }
		})
		for _, fields := range [][]string{{"id", "signInActivity"}, {"id"}} {
			if err := r.List(t.Context(), List{Path: "/users", Select: fields}, "", func(Page) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		last := seen[len(seen)-1]
		if last.Requests != last.Expected || last.ETA != 0 || last.Throttled != 0 || last.Rate <= 0 {
			t.Errorf("at the end: %+v", last)
		}
		if r.c.meter.at.Items != 2*w.users {
			t.Errorf("%d objects", r.c.meter.at.Items)
		}
		half := len(seen) / 2
		left := times[len(times)-1].Sub(times[half])
		if off := (seen[half].ETA - left).Abs(); off > left/10+time.Minute { // the window is a minute
			t.Errorf("half way: ETA %s, it took %s", seen[half].ETA, left)
		}
	})
}

func TestProgressWithoutABudgetHasNoETA(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 5)
		var last Progress
		r := w.reader(t, func(o *Options) { o.Progress = func(p Progress) { last = p } })
		if _, _, err := collect(t.Context(), r, users, ""); err != nil || last.ETA != -1 || last.Requests != 1 {
			t.Errorf("%+v, %v", last, err)
		}
	})
}
