package rig

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var tester = Who{Principal: "99999999-0000-4000-8000-000000000001", Method: "PATCH", Path: "/v1.0/users/x"}

// ofSort returns the label of the first account of a sort.
func ofSort(t *testing.T, labels []Label, sort string) Label {
	t.Helper()
	for _, l := range labels {
		if l.Sort == sort {
			return l
		}
	}
	t.Fatalf("no %s", sort)
	return Label{}
}

func get(t *testing.T, s *State, part, key string) Object {
	t.Helper()
	o, ok := s.Primary().Get(part, key)
	if !ok {
		t.Fatalf("no %q in %s", key, part)
	}
	return o
}

func TestBlockingIsReadBackWithItsEffects(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := ofSort(t, labels, "forgotten_shared").ID
	get(t, s, Registrations, id)
	audits := s.Primary().Len(DirectoryAudits)

	if _, err := s.Update(Users, strings.ToUpper(id), Patch{"accountEnabled": json.RawMessage("false")}, tester); err != nil {
		t.Fatal(err)
	}
	if get(t, s, Users, id).True("accountEnabled") || !get(t, s, Mailboxes, id).True("AccountDisabled") {
		t.Error("the block is not read back")
	}
	if _, ok := s.Primary().Get(Registrations, id); ok {
		t.Error("a disabled user is still in the registration report")
	}
	var names []string
	for _, rec := range s.Primary().From(DirectoryAudits, audits) {
		names = append(names, rec.Text("activityDisplayName"))
	}
	if want := []string{"Disable account", "Update user"}; !slices.Equal(names, want) {
		t.Errorf("audits %q, want %q", names, want)
	}
	want := []Entry{{Time: noon, Principal: tester.Principal, Method: "PATCH", Path: tester.Path, Subject: id,
		Before: json.RawMessage(`{"accountEnabled":true}`), After: json.RawMessage(`{"accountEnabled":false}`), Applied: true}}
	if diff := cmp.Diff(want, s.Truth()); diff != "" {
		t.Errorf("truth (-want +got):\n%s", diff)
	}

	if _, err := s.Update(Users, id, Patch{"accountEnabled": json.RawMessage("true")}, tester); err != nil {
		t.Fatal(err)
	}
	get(t, s, Registrations, id)
}

func TestExchangeBlockIsTheSameBlock(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	l := ofSort(t, labels, "forgotten_room")
	if _, err := s.Update(Mailboxes, l.UPN, Patch{"AccountDisabled": json.RawMessage("true")}, tester); err != nil {
		t.Fatal(err)
	}
	if get(t, s, Users, l.ID).True("accountEnabled") {
		t.Error("the user is still enabled")
	}
}

func TestStateRevokeMovesTheTime(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := labels[0].ID
	if err := s.Revoke(id, tester); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, Users, id).Text("signInSessionsValidFromDateTime"); got != noon.Format(time.RFC3339) {
		t.Errorf("valid from %s", got)
	}
}

func TestPasswordsAreNeverKept(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := labels[0].ID
	if _, err := s.Update(Users, id, Patch{"passwordProfile": json.RawMessage(`{"password":"hemligt-4711","forceChangePasswordNextSignIn":true}`)}, tester); err != nil {
		t.Fatal(err)
	}
	user := get(t, s, Users, id)
	if got := user.Text("lastPasswordChangeDateTime"); got != noon.Format(time.RFC3339) {
		t.Errorf("password changed %s", got)
	}
	truth, err := json.Marshal(s.Truth())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(user, []byte("4711")) || bytes.Contains(truth, []byte("4711")) {
		t.Error("the password is kept")
	}
}

func TestDeletedUsersGoToTheBin(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := ofSort(t, labels, "forgotten_shared").ID
	n := s.Primary().Len(Users)
	if err := s.Delete(Users, id, tester); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Primary().Get(Mailboxes, id); ok || s.Primary().Len(Users) != n-1 {
		t.Error("the user or the mailbox is still there")
	}
	if get(t, s, DeletedUsers, id).Text("deletedDateTime") == "" {
		t.Error("nothing says when it was deleted")
	}
	if err := s.Delete(Users, id, tester); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleting it again: %v", err)
	}
}

func TestRestoredUsersHaveTheirMailboxAgain(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := ofSort(t, labels, "role_direct").ID
	user, box := get(t, s, Users, id), get(t, s, Mailboxes, id)
	if err := s.Delete(Users, id, tester); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Primary().All(RoleAssignments) {
		if a.Text("principalId") == id {
			t.Error("a deleted user has a role")
		}
	}
	if _, err := s.Restore(id, tester); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(t, s, Users, id), user) || !bytes.Equal(get(t, s, Mailboxes, id), box) {
		t.Error("the user or the mailbox is another")
	}
	get(t, s, Registrations, id)
	if _, ok := s.Primary().Get(DeletedUsers, id); ok {
		t.Error("it is still in the bin")
	}
	if _, err := s.Restore(id, tester); !errors.Is(err, ErrNotFound) {
		t.Errorf("restoring it again: %v", err)
	}
}

func TestLosingMethodsIsSeenInTheReport(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	id := ofSort(t, labels, "mfa_fresh").ID
	if !get(t, s, Registrations, id).True("isMfaRegistered") {
		t.Fatal("no method to lose")
	}
	methods := Elements(get(t, s, Methods, id))
	left := made(func(w *writer) { w.raw("value", string(List(methods[:1]))) })
	if err := s.Replace(Methods, id, left, tester); err != nil {
		t.Fatal(err)
	}
	if row := get(t, s, Registrations, id); row.True("isMfaRegistered") || len(row.Items("methodsRegistered")) != 0 {
		t.Errorf("the report still says %s", row)
	}
}

func TestRefusedWritesAreInTheTruth(t *testing.T) {
	s := New("t", testOptions(1))
	var lines bytes.Buffer
	s.TruthTo(&lines)
	s.Refused(tester, "x", nil, Object(`{"accountEnabled":false}`))
	var got Entry
	if err := json.Unmarshal(lines.Bytes(), &got); err != nil || got.Applied || string(got.Before) != "null" {
		t.Errorf("line %s: %v", lines.Bytes(), err)
	}
	if s.TruthErr() != nil || len(s.Truth()) != 1 {
		t.Errorf("%d entries, %v", len(s.Truth()), s.TruthErr())
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestTruthThatCannotBeWrittenIsSaid(t *testing.T) {
	s := New("t", testOptions(1))
	s.TruthTo(failing{})
	s.Refused(tester, "x", nil, nil)
	if err := s.TruthErr(); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error is %v", err)
	}
}

// Replicas may show any state that the primary had within the lag, and show
// the newest when the lag is over.
func TestReplicasLagAndArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		s := New("t", Options{Clock: func() time.Time { return now }, Seed: rapid.Uint64().Draw(t, "seed")})
		s.add(Users, "", Object(`{"id":"a","n":0}`))
		s.SetReplicas(3, 300*time.Second)
		written := []time.Time{{}}
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "pause")) * time.Second)
			n := json.RawMessage(rapid.StringMatching(`[1-9][0-9]{0,3}`).Draw(t, "n"))
			if _, err := s.Update(Users, "a", Patch{"n": n}, tester); err != nil {
				t.Fatal(err)
			}
			written = append(written, now)
			_ = i
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "wait")) * time.Second)
			for choice := range uint64(4) {
				o, ok := s.View(choice).Get(Users, "a")
				if !ok {
					t.Fatal("an object that was always there is gone")
				}
				primary, _ := s.Primary().Get(Users, "a")
				if late := now.Sub(written[len(written)-1]) > 300*time.Second; (late || choice == 0) && !bytes.Equal(o, primary) {
					t.Fatalf("replica %d shows %s after %v, the primary %s", choice, o, now.Sub(written[len(written)-1]), primary)
				}
			}
		}
	})
}

func TestReplicasDiffer(t *testing.T) {
	now := noon
	s := New("t", Options{Clock: func() time.Time { return now }, Seed: 5})
	s.SetReplicas(4, 300*time.Second)
	if _, err := s.Insert(Users, "", Object(`{"id":"a"}`), tester); err != nil {
		t.Fatal(err)
	}
	now = now.Add(100 * time.Second)
	shown := map[bool]bool{}
	for choice := range uint64(5) {
		_, ok := s.View(choice).Get(Users, "a")
		shown[ok] = true
	}
	if len(shown) != 2 {
		t.Error("after 100 of 300 seconds all replicas agree")
	}
}

func TestPlacesAreStable(t *testing.T) {
	s := New("t", testOptions(1))
	for _, id := range []string{"a", "b", "c"} {
		s.add(Users, "", Object(`{"id":"`+id+`"}`))
	}
	if err := s.Delete(Users, "b", tester); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Insert(Users, "", Object(`{"id":"d"}`), tester); err != nil {
		t.Fatal(err)
	}
	got := map[int]string{}
	for at, o := range s.Primary().All(Users) {
		got[at] = o.Text("id")
	}
	if diff := cmp.Diff(map[int]string{0: "a", 2: "c", 3: "d"}, got); diff != "" {
		t.Error(diff)
	}
	if s.Primary().Len(Users) != 3 || s.Primary().At(Users, 1) != nil {
		t.Error("a removed object is still counted")
	}
}

// Readers and writers at once: -race tells whether the state minds.
func TestStateTakesEverybodyAtOnce(t *testing.T) {
	s, labels := generated(t, "small-business", 0, 1)
	s.SetReplicas(2, time.Minute)
	var wg sync.WaitGroup
	for i := range uint64(8) {
		wg.Go(func() {
			for j, l := range labels {
				if (uint64(j)+i)%4 == 0 {
					value := json.RawMessage([]string{"true", "false"}[i%2])
					if _, err := s.Update(Users, l.UPN, Patch{"accountEnabled": value}, tester); err != nil {
						t.Error(err)
					}
				}
				s.View(i).Get(Mailboxes, l.ID)
				s.View(i).At(SignIns, j)
			}
			n := 0
			for range s.View(i).All(Users) {
				n++
			}
			if n != len(labels) {
				t.Errorf("%d users, want %d", n, len(labels))
			}
		})
	}
	wg.Wait()
	if got, want := len(s.Truth()), 8*len(labels)/4; got != want {
		t.Errorf("%d entries in the truth, want %d", got, want)
	}
}
