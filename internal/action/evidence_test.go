package action_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/action"
	"vakt/internal/graph"
	"vakt/internal/rig"
)

// TestAudit: the log tells who did what.
func TestAudit(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		id := resources(state)[0]
		c := reach(t, state, read, write, rig.ServerOptions{}, nil).client(t)
		since := time.Now()
		if out := c.Do(t.Context(), id, "account.disable", now); out.Result != graph.Acked {
			t.Fatalf("%+v", out)
		}
		<-time.After(time.Minute)
		if err := state.Act(rig.Act{Actor: rig.Admin, Does: rig.Unblocks, Object: id}); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Minute)
		deeds, err := c.Audit(t.Context(), id, since)
		if err != nil {
			t.Fatal(err)
		}
		var who []string
		for _, d := range deeds {
			if slices.ContainsFunc(d.Changed, func(p action.Changed) bool { return p.Field == "accountEnabled" || p.Field == "AccountEnabled" }) && strings.HasSuffix(d.Activity, "account") {
				who = append(who, d.Actor+" "+d.Activity)
			}
		}
		want := []string{c.Principal() + " Disable account", string(rig.Admin) + " Enable account"}
		if !slices.Equal(who, want) {
			t.Errorf("the log tells %q, want %q (%+v)", who, want, deeds)
		}
		if deeds, err := c.Audit(t.Context(), resources(state)[1], since); err != nil || len(deeds) != 0 {
			t.Errorf("of another account: %+v, %v", deeds, err)
		}
	})
}

// TestDelegates: whoever had rights in the mailbox has them after the block.
func TestDelegates(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		b := reach(t, state, read, write, rig.ServerOptions{}, nil)
		s, c, ids := collect(t, b), b.client(t), resources(state)
		compared := 0
		for i := range s.Accounts {
			a := &s.Accounts[i]
			if !slices.Contains(ids, a.ID) || len(a.Mailbox.Value.FullAccess.Value) == 0 || len(a.Roles.Value) > 0 || compared == 5 {
				continue
			}
			compared++
			if out := c.Do(t.Context(), a.ID, "account.disable", now); out.Result != graph.Acked {
				t.Fatalf("%+v", out)
			}
			f, err := c.Delegates(t.Context(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			m := f.Account.Mailbox.Value
			if m == nil || !m.FullAccess.Known || len(m.FullAccess.Value) != len(a.Mailbox.Value.FullAccess.Value) ||
				!m.SendAs.Known || len(m.SendAs.Value) != len(a.Mailbox.Value.SendAs.Value) {
				t.Errorf("%s had %+v %+v, has %+v", a.UPN, a.Mailbox.Value.FullAccess, a.Mailbox.Value.SendAs, m)
			}
		}
		if compared == 0 {
			t.Error("no mailbox has delegates")
		}
	})
}
