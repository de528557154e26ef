package rig

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestActsAreAPureFunction(t *testing.T) {
	objects := []string{"a", "b", "c"}
	one, two := Acts(7, objects, 50, 2*time.Hour), Acts(7, objects, 50, 2*time.Hour)
	if !slices.Equal(one, two) {
		t.Error("the same seed gives other acts")
	}
	if slices.Equal(one, Acts(8, objects, 50, 2*time.Hour)) {
		t.Error("another seed gives the same acts")
	}
	engine := 0
	for i, a := range one {
		if i > 0 && a.After < one[i-1].After {
			t.Errorf("act %d is out of order", i)
		}
		if a.Actor == Engine {
			engine++
		}
	}
	if engine != 4*len(objects) {
		t.Errorf("synchronisation came %d times, want every 30 minutes for each object", engine)
	}
}

// Every act leaves the trace that it is named after, on the tenant and in the
// truth, and is told from what came over HTTP.
func TestEveryActIsDone(t *testing.T) {
	for does, done := range map[Doing]func(s *State, id string) bool{
		Edits:     func(s *State, id string) bool { return user(s, id).Text("department") != "" },
		Blocks:    func(s *State, id string) bool { return !user(s, id).True("accountEnabled") },
		Removes:   func(s *State, id string) bool { return user(s, id) == nil },
		Recreates: func(s *State, id string) bool { return user(s, id) == nil },
		Promotes:  func(s *State, id string) bool { return s.holdsRole(id) },
		Entitles: func(s *State, id string) bool {
			for _, o := range s.Primary().All(RoleEligibilities) {
				if o.Text("principalId") == id {
					return true
				}
			}
			return false
		},
		Enrols: func(s *State, id string) bool {
			for _, g := range s.Primary().All(Groups) {
				if g.True("isAssignableToRole") && memberIDs(g)[id] {
					return true
				}
			}
			return false
		},
		Converts: func(s *State, id string) bool {
			box, _ := s.Primary().Get(Mailboxes, id)
			return box.Text("RecipientTypeDetails") == "RoomMailbox" && len(user(s, id).Items("assignedLicenses")) == 1
		},
		Invites:  func(s *State, id string) bool { return user(s, id).Text("userType") == "Guest" },
		Attaches: func(s *State, id string) bool { return user(s, id).True("onPremisesSyncEnabled") },
		Resets: func(s *State, id string) bool {
			return user(s, id).Text("lastPasswordChangeDateTime") == s.Now().Format("2006-01-02T15:04:05Z")
		},
		Delegates: func(s *State, _ string) bool { return s.Truth()[0].Subject != "" },
		Forwards: func(s *State, id string) bool {
			box, _ := s.Primary().Get(Mailboxes, id)
			return box.Text("ForwardingSmtpAddress") != ""
		},
	} {
		c := dial(t, "all-traps", 300, ServerOptions{})
		id := c.aUser(func(o Object) bool {
			box, ok := c.s.state.Primary().Get(Mailboxes, o.Text("id"))
			return ok && box.Text("RecipientTypeDetails") == "SharedMailbox" && o.True("accountEnabled") && o.Text("onPremisesSyncEnabled") == ""
		}).Text("id")
		if err := c.s.state.Act(Act{Actor: Admin, Does: does, Object: id}); err != nil {
			t.Errorf("%s: %v", does, err)
		}
		if !done(c.s.state, id) {
			t.Errorf("%s was not done", does)
		}
		truth := c.s.state.Truth()
		if len(truth) == 0 || truth[0].Ours() || truth[0].Principal != string(Admin) {
			t.Errorf("%s: the truth is %+v", does, truth)
		}
	}
}

func user(s *State, id string) Object {
	o, _ := s.Primary().Get(Users, id)
	return o
}

// A synchronised account that was blocked in the cloud is enabled again; what
// was removed can be restored; what is not there is left alone.
func TestSynchronisationOverwrites(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	s := c.s.state
	id := c.aUser(enabledMember).Text("id")
	for _, step := range []struct {
		does    Doing
		enabled bool
	}{{Blocks, false}, {Masters, false}, {Attaches, false}, {Masters, true}, {Removes, false}, {Masters, false}, {Restores, true}, {Restores, true}} {
		if err := s.Act(Act{Actor: Engine, Does: step.does, Object: id}); err != nil {
			t.Fatalf("%s: %v", step.does, err)
		}
		if got := user(s, id).True("accountEnabled"); got != step.enabled {
			t.Errorf("after %s the account is enabled: %v", step.does, got)
		}
	}
}

func TestActorsKeepToTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New("11111111-2222-3333-4444-555555555555", Options{Clock: time.Now})
		s.add(Users, "", Object(`{"id":"x","department":null}`))
		begin := time.Now()
		acts := []Act{{After: time.Minute, Actor: Admin, Does: Edits, Object: "x"}, {After: 5 * time.Minute, Actor: Admin, Does: Edits, Object: "x"}}
		if err := s.Haunt(t.Context(), acts); err != nil {
			t.Fatal(err)
		}
		for i, e := range s.Truth() {
			if got := e.Time.Sub(begin); got != acts[i].After {
				t.Errorf("act %d was done after %s", i, got)
			}
		}
		if len(s.Truth()) != 2 {
			t.Errorf("%d acts were done", len(s.Truth()))
		}
	})
}
