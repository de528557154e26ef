package action_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/rig"
)

// facts are what protections are decided on, in one form for a snapshot and for
// a fresh reading.
type facts struct {
	UserType                        string
	CreationType, Synced            directory.Fact[string]
	Kind                            directory.Fact[directory.Kind]
	Enabled, Federated, TeamsRoom   directory.Fact[bool]
	Licences, Roles                 []string
	LicencesKnown, RolesKnown       bool
	EmployeeID, Department, Manager directory.Fact[string]
}

func factsOf(a *directory.Account) facts {
	f := facts{
		UserType: a.UserType, CreationType: a.CreationType, Synced: a.Synced, Kind: a.Kind, Enabled: a.Enabled, Federated: a.Federated,
		TeamsRoom: a.TeamsRoom(), LicencesKnown: a.Licences.Known, RolesKnown: a.Roles.Known,
		EmployeeID: a.EmployeeID, Department: a.Department, Manager: a.Manager,
	}
	for _, l := range a.Licences.Value {
		f.Licences = append(f.Licences, l.SKU)
	}
	for _, r := range a.Roles.Value {
		f.Roles = append(f.Roles, fmt.Sprint(r.Template, " ", r.Name, " ", r.Via, " ", r.Group, " ", r.Eligible, " ", r.Scope))
	}
	slices.Sort(f.Licences)
	slices.Sort(f.Roles)
	return f
}

// TestFreshAgreesWithTheScan reads every account of two tenants afresh: what
// nobody has changed shows no difference from the snapshot.
func TestFreshAgreesWithTheScan(t *testing.T) {
	read, write := secrets(t)
	for _, scenario := range []string{"all-traps", "no-p1"} {
		inTime(t, func(t *testing.T) {
			b := reach(t, generate(t, scenario, 1), read, write, rig.ServerOptions{}, nil)
			s := collect(t, b)
			c := b.client(t)
			kinds, alike := map[directory.Kind]int{}, map[string]int{}
			for i := range s.Accounts {
				a := &s.Accounts[i]
				sort := fmt.Sprint(a.KindFrom, a.UserType, a.Enabled, a.Synced, a.Federated, len(a.Licences.Value), a.Roles, a.Mailbox.Value != nil && a.Mailbox.Value.ID == "")
				if alike[sort]++; alike[sort] > 2 {
					continue
				}
				f, err := c.Fresh(t.Context(), a.ID)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(factsOf(a), factsOf(f.Account)); diff != "" {
					t.Errorf("%s: %s %q (%s): scan against fresh reading:\n%s", scenario, a.ID, a.UPN, a.KindFrom, diff)
				}
				if age := time.Since(f.At); age > graph.Freshness {
					t.Errorf("%s was read %s ago", a.ID, age)
				}
				kinds[f.Account.Kind.Value]++
			}
			if len(s.Accounts) < 20 || kinds[directory.KindShared] == 0 || kinds[directory.KindRoom] == 0 {
				t.Errorf("%s has %d accounts: %v", scenario, len(s.Accounts), kinds)
			}
		})
	}
}

// TestFreshSeesWhoBecameProtected: whatever an administrator does to an account
// after the scan is seen when the account is read again.
func TestFreshSeesWhoBecameProtected(t *testing.T) {
	read, write := secrets(t)
	for does, moved := range map[rig.Doing]func(was, is facts) bool{
		rig.Blocks:   func(_, is facts) bool { return directory.Is(is.Enabled, false) },
		rig.Promotes: func(was, is facts) bool { return len(is.Roles) > len(was.Roles) },
		rig.Entitles: func(was, is facts) bool { return len(is.Roles) > len(was.Roles) },
		rig.Enrols:   func(was, is facts) bool { return len(is.Roles) > len(was.Roles) },
		rig.Converts: func(_, is facts) bool {
			return directory.Is(is.Kind, directory.KindRoom) && directory.Is(is.TeamsRoom, true)
		},
		rig.Invites:  func(_, is facts) bool { return strings.EqualFold(is.UserType, "Guest") },
		rig.Attaches: func(_, is facts) bool { return directory.Is(is.Synced, directory.SyncedNow) },
	} {
		inTime(t, func(t *testing.T) {
			scenario := "small-business"
			if does == rig.Entitles { // what a tenant without P2 cannot have
				scenario = "all-traps"
			}
			state := generate(t, scenario, 1)
			b := reach(t, state, read, write, rig.ServerOptions{}, nil)
			c := b.client(t)
			id := resources(state)[0]
			before, err := c.Fresh(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if err := state.Act(rig.Act{Actor: rig.Admin, Does: does, Object: id}); err != nil {
				t.Fatal(err)
			}
			<-time.After(graph.Freshness)
			after, err := c.Fresh(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if was, is := factsOf(before.Account), factsOf(after.Account); !moved(was, is) {
				t.Errorf("after somebody %s it: %s", does, cmp.Diff(was, is))
			}
		})
	}
}

// TestFreshOfWhoIsGone: an account that was removed is not there, one with its
// name is another one, and a name is no id.
func TestFreshOfWhoIsGone(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		b := reach(t, state, read, write, rig.ServerOptions{}, nil)
		c := b.client(t)
		id := resources(state)[0]
		user, _ := state.Primary().Get(rig.Users, id)
		if err := state.Act(rig.Act{Actor: rig.Admin, Does: rig.Recreates, Object: id}); err != nil {
			t.Fatal(err)
		}
		_, err := c.Fresh(t.Context(), id)
		var e *graph.Error
		if !errors.As(err, &e) || e.Kind != graph.NotFound {
			t.Errorf("the removed account: %v", err)
		}
		if _, err := c.Fresh(t.Context(), user.Text("userPrincipalName")); err == nil {
			t.Error("an account was read by its name")
		}
	})
}

// TestFreshWithoutAPermission: what cannot be read is unknown and says why; it
// is never empty.
func TestFreshWithoutAPermission(t *testing.T) {
	read, write := secrets(t)
	for permission, unknown := range map[string]func(*directory.Account) string{
		"RoleManagement.Read.Directory": func(a *directory.Account) string { return a.Roles.Why },
		"GroupMember.Read.All":          func(a *directory.Account) string { return a.Roles.Why },
		"Domain.Read.All":               func(a *directory.Account) string { return a.Federated.Why },
		"MailboxSettings.Read":          nil, // Exchange tells
	} {
		inTime(t, func(t *testing.T) {
			state := generate(t, "small-business", 1)
			b := reach(t, state, read, write, rig.ServerOptions{}, nil)
			denied := []string{permission, "RoleEligibilitySchedule.Read.Directory"}
			if permission != "RoleManagement.Read.Directory" {
				denied = denied[:1]
			}
			if permission == "GroupMember.Read.All" { // either opens the groups of an account
				denied = append(denied, "User.Read.All")
			}
			b.server.Deny(denied...)
			f, err := b.client(t).Fresh(t.Context(), resources(state)[0])
			if permission == "GroupMember.Read.All" {
				if err == nil {
					t.Error("an account was read without permission")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if unknown == nil {
				if !directory.Is(f.Account.Kind, directory.KindShared) {
					t.Errorf("without %s the kind is %+v", permission, f.Account.Kind)
				}
			} else if unknown(f.Account) == "" {
				t.Errorf("without %s nothing is unknown", permission)
			}
		})
	}
}
