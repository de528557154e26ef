package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Actor is who changes a tenant besides the client that is put to the test.
type Actor string

// The actors, and the object ids under which the truth and the directory
// audits name them.
const (
	Admin    Actor = "b0000000-0000-4000-8000-0000000000b1" // another administrator
	Attacker Actor = "b0000000-0000-4000-8000-0000000000b2"
	Engine   Actor = "b0000000-0000-4000-8000-0000000000b3" // directory synchronisation
)

// EngineEvery is how often directory synchronisation runs: the page "Microsoft
// Entra Connect Sync: Scheduler".
const EngineEvery = 30 * time.Minute

// Doing is what an actor does to an account.
type Doing string

// What actors do. Whatever is not there any more is left alone.
const (
	Edits     Doing = "edits"     // the department: a field that nobody else cares about
	Blocks    Doing = "blocks"    // the sign-in
	Unblocks  Doing = "unblocks"  // the sign-in
	Removes   Doing = "removes"   // the account; it can be restored
	Restores  Doing = "restores"  // a removed account
	Recreates Doing = "recreates" // removes the account and makes another with the same name
	Promotes  Doing = "promotes"  // gives a role
	Entitles  Doing = "entitles"  // makes eligible for a role
	Enrols    Doing = "enrols"    // into a group that holds a role
	Converts  Doing = "converts"  // the mailbox into that of a Teams Rooms system
	Invites   Doing = "invites"   // makes it a guest
	Licenses  Doing = "licenses"  // gives a product, as to somebody who works with the account
	Attaches  Doing = "attaches"  // to the local directory, which masters it from now on
	Resets    Doing = "resets"    // the password
	Delegates Doing = "delegates" // the mailbox to somebody
	Forwards  Doing = "forwards"  // the mail to somebody
	Masters   Doing = "masters"   // sets what the local directory says: a synchronised account is enabled
)

// deedsOf are what an actor may do, each as often as it comes up.
var deedsOf = map[Actor][]Doing{
	Admin:    {Edits, Edits, Blocks, Unblocks, Unblocks, Removes, Restores, Recreates, Promotes, Entitles, Enrols, Converts, Invites, Licenses, Attaches},
	Attacker: {Unblocks, Unblocks, Resets, Delegates, Forwards},
}

// Act is one thing that somebody does at a time.
type Act struct {
	After  time.Duration // since the beginning
	Actor  Actor
	Does   Doing
	Object string // id of the account
}

// String is the act as one word for a report.
func (a Act) String() string { return fmt.Sprintf("%s:%s:%s", a.After, a.Does, a.Object) }

// Acts draws n acts of an administrator and an attacker on some accounts
// within a time, and the runs of directory synchronisation on all of them, in
// the order of time. It is a pure function of what it is given.
func Acts(seed uint64, objects []string, n int, within time.Duration) []Act {
	draw := random(mix(seed, useAct))
	var acts []Act
	for range n {
		actor := Admin
		if draw.chance(250) {
			actor = Attacker
		}
		acts = append(acts, Act{time.Duration(draw.next() % uint64(within)), actor, pick(&draw, deedsOf[actor]), pick(&draw, objects)})
	}
	for at := time.Duration(draw.next() % uint64(EngineEvery)); at < within; at += EngineEvery {
		for _, id := range objects {
			acts = append(acts, Act{at, Engine, Masters, id})
		}
	}
	slices.SortStableFunc(acts, func(a, b Act) int { return int(a.After - b.After) })
	return acts
}

// Haunt does acts when their time has come, and returns when all are done or
// ctx ends. Its error is that of an act that could not be done.
func (s *State) Haunt(ctx context.Context, acts []Act) error {
	begin := s.Now()
	for _, a := range acts {
		timer := time.NewTimer(a.After - s.Now().Sub(begin))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		if err := s.Act(a); err != nil {
			return err
		}
	}
	return nil
}

// Act does one act now. What is not there is left alone.
func (s *State) Act(a Act) error {
	err := s.act(a, Who{Principal: string(a.Actor), Method: "ACT", Path: "/users/" + a.Object + "/" + string(a.Does)})
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrAbsent) {
		return fmt.Errorf("%s: %w", a, err)
	}
	return nil
}

func (s *State) act(a Act, w Who) error {
	update := func(part string, patch Patch) error {
		_, err := s.Update(part, a.Object, patch, w)
		return err
	}
	switch a.Does {
	case Edits:
		return update(Users, Patch{"department": quoted("Lager " + s.Now().Format("15:04:05"))})
	case Blocks:
		return update(Users, Patch{"accountEnabled": json.RawMessage("false")})
	case Unblocks:
		return update(Users, Patch{"accountEnabled": json.RawMessage("true")})
	case Removes:
		return s.Delete(Users, a.Object, w)
	case Restores:
		_, err := s.Restore(a.Object, w)
		return err
	case Recreates:
		return s.recreate(a.Object, w)
	case Promotes:
		return s.grantRole(RoleAssignments, a.Object, w)
	case Entitles:
		return s.grantRole(RoleEligibilities, a.Object, w)
	case Enrols:
		return s.enrol(a.Object, w)
	case Converts:
		return errors.Join(
			update(Users, Patch{"assignedLicenses": json.RawMessage(`[{"disabledPlans":[],"skuId":"` + skuNamed("Microsoft_Teams_Rooms_Pro").id + `"}]`)}),
			update(Mailboxes, Patch{"RecipientTypeDetails": quoted("RoomMailbox"), "ResourceType": quoted("Room")}))
	case Invites:
		return update(Users, Patch{"userType": quoted("Guest"), "creationType": quoted("Invitation")})
	case Licenses:
		return update(Users, Patch{"assignedLicenses": json.RawMessage(`[{"disabledPlans":[],"skuId":"` + skuNamed("SPB").id + `"}]`)})
	case Attaches:
		return update(Users, Patch{"onPremisesSyncEnabled": json.RawMessage("true"), "onPremisesLastSyncDateTime": timeText(s.Now())})
	case Resets:
		return update(Users, Patch{"passwordProfile": json.RawMessage(`{"forceChangePasswordNextSignIn":false}`)})
	case Delegates:
		return s.delegate(a.Object, w)
	case Forwards:
		return update(Mailboxes, Patch{"ForwardingSmtpAddress": quoted("smtp:collector@example.com")})
	case Masters:
		return s.master(a.Object, w)
	}
	return fmt.Errorf("nobody knows how %q is done", a.Does)
}

// recreate is what a person does who thinks that a new account with the old
// name is the old one.
func (s *State) recreate(id string, w Who) error {
	old, ok := s.Primary().Get(Users, id)
	if !ok {
		return ErrNotFound
	}
	if err := s.Delete(Users, old.Text("id"), w); err != nil {
		return err
	}
	fresh := old.With(Patch{"id": quoted(uuidOf(s.seed, useAct, textSeed(id), uint64(s.Now().UnixNano()))), "createdDateTime": timeText(s.Now())})
	_, err := s.Insert(Users, "", fresh, w)
	return err
}

// grantRole gives the role that may do least harm and protects none the less.
func (s *State) grantRole(part, id string, w Who) error {
	if _, ok := s.Primary().Get(Users, id); !ok {
		return ErrNotFound
	}
	o := made(func(b *writer) {
		b.str("id", uuidOf(s.seed, useAct, textSeed(part+id), uint64(s.Now().UnixNano())))
		b.str("principalId", id)
		b.str("roleDefinitionId", helpdeskAdministrator)
		b.str("directoryScopeId", "/")
		b.nulls("appScopeId")
		if part == RoleEligibilities {
			b.str("status", "Provisioned")
			b.str("memberType", "Direct")
			b.time("createdDateTime", s.Now())
		}
	})
	_, err := s.Insert(part, "", o, w)
	return err
}

// enrol puts an account into the first group that roles can be given to.
func (s *State) enrol(id string, w Who) error {
	user, ok := s.Primary().Get(Users, id)
	if !ok {
		return ErrNotFound
	}
	for _, group := range s.Primary().All(Groups) {
		if !group.True("isAssignableToRole") || !s.holdsRole(group.Text("id")) || memberIDs(group)[user.Text("id")] {
			continue
		}
		member := user.Only("id", "displayName", "userPrincipalName").With(Patch{"@odata.type": quoted("#microsoft.graph.user")})
		members := append(group.Items("members"), member)
		_, err := s.Update(Groups, group.Text("id"), Patch{"members": json.RawMessage(List(members))}, w)
		return err
	}
	return ErrNotFound
}

func (s *State) holdsRole(principal string) bool {
	for _, a := range s.Primary().All(RoleAssignments) {
		if a.Text("principalId") == principal {
			return true
		}
	}
	return false
}

// delegate opens the mailbox of an account to the attacker.
func (s *State) delegate(id string, w Who) error {
	box, ok := s.Primary().Get(Mailboxes, id)
	if !ok {
		return ErrNotFound
	}
	_, err := s.Insert(MailboxPermissions, "", made(func(b *writer) {
		b.str("Identity", box.Text("Identity"))
		b.str("User", "collector@example.com")
		b.strs("AccessRights", "FullAccess")
		b.bit("IsInherited", false)
		b.bit("Deny", false)
	}), w)
	return err
}

// master overwrites what the cloud says of a synchronised account.
func (s *State) master(id string, w Who) error {
	user, ok := s.Primary().Get(Users, id)
	if !ok || !user.True("onPremisesSyncEnabled") {
		return ErrNotFound
	}
	if user.True("accountEnabled") {
		return nil
	}
	_, err := s.Update(Users, id, Patch{"accountEnabled": json.RawMessage("true")}, w)
	return err
}

// Ours tells whether an entry of the truth came over HTTP, from a client, and
// not from one of the actors.
func (e Entry) Ours() bool { return e.Method != "ACT" && !strings.HasPrefix(e.Principal, "b0000000-") }
