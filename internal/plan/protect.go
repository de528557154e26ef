package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/extract"
)

// Guard are the facts about an account that protections are decided on. An
// unknown fact protects. The plan keeps them as they were; what is read afresh
// before a write is put into the same form and must not have moved (Moved).
type Guard struct {
	// UserType and CreationType are as the directory writes them.
	UserType     directory.Fact[string] `json:"user_type"`
	CreationType directory.Fact[string] `json:"creation_type"`
	// Kind is what the account is for, from its mailbox.
	Kind directory.Fact[directory.Kind] `json:"kind"`
	// Synced is never, now or was.
	Synced    directory.Fact[string] `json:"synced"`
	Federated directory.Fact[bool]   `json:"federated"`
	// Licences are skuIds in lower case, sorted.
	Licences directory.Fact[[]string] `json:"licences"`
	// TeamsRoom is true where the account signs in a Teams Rooms system.
	TeamsRoom directory.Fact[bool] `json:"teams_room"`
	// Roles are Entra roles as RoleLine writes them, sorted; Azure are roles
	// of Azure subscriptions, which only an export can bring.
	Roles directory.Fact[[]string] `json:"roles"`
	Azure directory.Fact[[]string] `json:"azure"`
}

// RoleLine is one role as Guard.Roles holds it: the role's template id and how
// it is held, which is direct, group or eligible.
func RoleLine(template, way string) string { return strings.ToLower(template) + " " + way }

// Moved names the facts that are not what they were, in the order of Guard's
// fields. A fact that was known and is not any more has moved.
func (g Guard) Moved(fresh Guard) []string {
	var moved []string
	for _, f := range []struct {
		name       string
		was, is    any
		knownWas   bool
		knownFresh bool
	}{
		{"user_type", g.UserType.Value, fresh.UserType.Value, g.UserType.Known, fresh.UserType.Known},
		{"creation_type", g.CreationType.Value, fresh.CreationType.Value, g.CreationType.Known, fresh.CreationType.Known},
		{"kind", g.Kind.Value, fresh.Kind.Value, g.Kind.Known, fresh.Kind.Known},
		{"synced", g.Synced.Value, fresh.Synced.Value, g.Synced.Known, fresh.Synced.Known},
		{"federated", g.Federated.Value, fresh.Federated.Value, g.Federated.Known, fresh.Federated.Known},
		{"licences", joined(g.Licences), joined(fresh.Licences), g.Licences.Known, fresh.Licences.Known},
		{"teams_room", g.TeamsRoom.Value, fresh.TeamsRoom.Value, g.TeamsRoom.Known, fresh.TeamsRoom.Known},
		{"roles", joined(g.Roles), joined(fresh.Roles), g.Roles.Known, fresh.Roles.Known},
		{"azure", joined(g.Azure), joined(fresh.Azure), g.Azure.Known, fresh.Azure.Known},
	} {
		if f.was != f.is || f.knownWas != f.knownFresh {
			moved = append(moved, f.name)
		}
	}
	return moved
}

func joined(f directory.Fact[[]string]) string { return strings.Join(f.Value, "\n") }

// Policy is what protects accounts beside the tenant itself.
type Policy struct {
	// Baseline is the one of the configuration, without the lists of any
	// directory: those are taken from the snapshot.
	Baseline   *baseline.Baseline
	Exceptions []check.Exception
	Config     Config
}

// Hash is the same as long as nobody changes the baseline, an exception, the
// way of approval or an approver. An approval holds for one hash.
func (p Policy) Hash() string {
	var lines []string
	for _, e := range p.Exceptions {
		e.Line = 0
		text, err := json.Marshal(e)
		if err != nil {
			panic(err) // texts and a time
		}
		lines = append(lines, string(text))
	}
	for _, a := range p.Config.Approvers {
		lines = append(lines, fmt.Sprintf("approver %q %q %q", a.Name, strings.ToLower(a.Entra), a.Key))
	}
	slices.Sort(lines)
	list := []any{p.baseline().Hash(), p.Config.mode()}
	for _, l := range lines {
		list = append(list, l)
	}
	return extract.Hash(list)
}

func (p Policy) baseline() *baseline.Baseline {
	if p.Baseline == nil {
		return baseline.Default()
	}
	return p.Baseline
}

// signInCheck is the check about resource accounts that can be signed in to.
const signInCheck = "resource-signin-enabled-posture"

// unreadPrefix begins the id of a reason that something was not read.
const unreadPrefix = "could_not_look:"

// Protection is one reason not to touch an account.
type Protection struct {
	check.Reason
	// Final is true where no override can lift it.
	Final bool
}

// Protector decides what protects an account. It is the same for a plan, from
// a snapshot, and for a run, from what is read before each write.
type Protector struct {
	breakGlass, allowed members
	exceptions          map[string]check.Exception // by account in lower case
	own                 map[string]bool
	// RoleNames names roles by their template ids, for the reasons; without it
	// they show the id.
	RoleNames map[string]string
}

// NewProtector reads the lists of a policy as they hold at a time. own are the
// ids or names of our own principals, of whoever asks for the plan and of
// those who approve it, beside the approvers of the configuration. directory
// are the live lists that the baseline may need (Snapshot.Lists).
func NewProtector(p Policy, own []string, directory map[string][]string, now time.Time) *Protector {
	base := p.baseline().WithDirectory(directory)
	t := &Protector{
		breakGlass: membersOf(base, "break_glass_accounts", now), allowed: membersOf(base, "resource_signin_exceptions", now),
		exceptions: map[string]check.Exception{}, own: map[string]bool{},
	}
	for _, e := range p.Exceptions {
		if e.Account != "" && e.Rule == "" && (e.Check == "" || e.Check == signInCheck) && now.Before(e.Until) {
			t.exceptions[strings.ToLower(e.Account)] = e
		}
	}
	for _, id := range own {
		t.own[strings.ToLower(objectOf(id))] = true
	}
	for _, a := range p.Config.Approvers {
		t.own[strings.ToLower(a.Entra)] = true
	}
	delete(t.own, "")
	return t
}

// members is a list of the baseline, for look-up.
type members struct {
	ids    map[string]bool // in lower case
	unread string
}

func membersOf(b *baseline.Baseline, list string, now time.Time) members {
	m := members{ids: map[string]bool{}}
	x, ok := b.Expand(list)
	if !ok {
		m.unread = "the baseline has no list " + list
		return m
	}
	m.unread = x.Unread
	for _, it := range x.Items {
		if it.Until == 0 || now.Unix() < it.Until {
			m.ids[strings.ToLower(it.Value)] = true
		}
	}
	return m
}

func (m members) has(id, upn string) bool {
	return m.ids[strings.ToLower(id)] || upn != "" && m.ids[strings.ToLower(upn)]
}

// Of lists what protects an account from being changed: nothing, for one that
// may be. A fact that is unknown protects.
func (t *Protector) Of(id, upn string, g Guard) []Protection {
	var list []Protection
	add := func(reason, text string, final bool) {
		list = append(list, Protection{check.Reason{ID: reason, Text: text}, final})
	}
	t.people(id, upn, add)
	if g.Kind.Known && g.Kind.Value == directory.KindSystem {
		add("system_object", "it is an object of the system", true)
	}
	guarded(g, add)
	t.roles(g, add)
	return list
}

// people is what our own lists say.
func (t *Protector) people(id, upn string, add func(id, text string, final bool)) {
	if t.own[strings.ToLower(id)] || upn != "" && t.own[strings.ToLower(upn)] {
		add("own_principal", "it belongs to Vakt, to whoever asks for the plan, or to an approver", true)
	}
	switch {
	case t.breakGlass.has(id, upn):
		add("break_glass", "it is an emergency account", false)
	case t.breakGlass.unread != "":
		add(unreadPrefix+"break_glass", "it may be an emergency account: "+t.breakGlass.unread, false)
	}
	e, excepted := t.exceptions[strings.ToLower(id)]
	if !excepted && upn != "" {
		e, excepted = t.exceptions[strings.ToLower(upn)]
	}
	switch {
	case excepted:
		add("exception", fmt.Sprintf("an exception of %s stands until %s: %s", e.Owner, e.Until.Format(time.DateOnly), e.Reason), false)
	case t.allowed.has(id, upn):
		add("exception_baseline", "the baseline lists it in resource_signin_exceptions", false)
	case t.allowed.unread != "":
		add(unreadPrefix+"exceptions", "the baseline may except it: "+t.allowed.unread, false)
	}
}

// guarded is what the account's own properties say.
func guarded(g Guard, add func(id, text string, final bool)) {
	switch {
	case directory.Is(g.TeamsRoom, true):
		add("teams_room", "it signs in a Teams Rooms system", false)
	case !g.TeamsRoom.Known:
		add(unreadPrefix+"teams_room", "it may sign in a Teams Rooms system: "+g.TeamsRoom.Why, false)
	}
	switch {
	case directory.Is(g.Synced, directory.SyncedNow):
		add("synced", "it is synchronised from the local directory: what is written in the cloud is refused or overwritten", true)
	case !g.Synced.Known:
		add(unreadPrefix+"synced", "it may be synchronised from the local directory: "+g.Synced.Why, false)
	case g.Synced.Value != directory.SyncedNever && g.Synced.Value != directory.SyncedWas:
		add(unreadPrefix+"synced", fmt.Sprintf("whether it is synchronised is %q", g.Synced.Value), false)
	}
	switch {
	case directory.Is(g.Federated, true):
		add("federated", "it signs in at another identity provider", false)
	case !g.Federated.Known:
		add(unreadPrefix+"federated", "it may sign in at another identity provider: "+g.Federated.Why, false)
	}
	guests(g, add)
}

// guests protects whom another organization answers for, and everybody who is
// neither a member nor a guest, such as the user of an agent.
func guests(g Guard, add func(id, text string, final bool)) {
	switch {
	case !g.UserType.Known:
		add(unreadPrefix+"user_type", "it may be a guest: "+g.UserType.Why, false)
	case strings.EqualFold(g.UserType.Value, "guest"), directory.Is(g.Kind, directory.KindGuest):
		add("guest", "it is a guest: its own organization answers for it", false)
	case g.UserType.Value != "" && !strings.EqualFold(g.UserType.Value, "member"):
		add("user_type", fmt.Sprintf("it is no ordinary account: its user type is %q", g.UserType.Value), true)
	case directory.Is(g.CreationType, "Invitation"):
		add("guest", "it was invited: another organization may answer for it", false)
	}
}

// roles protects the privileged.
func (t *Protector) roles(g Guard, add func(id, text string, final bool)) {
	for _, line := range g.Roles.Value {
		template, way, _ := strings.Cut(line, " ")
		add("role_"+way, fmt.Sprintf("it holds the role %s (%s)", cmp.Or(t.RoleNames[template], template), way), false)
	}
	if !g.Roles.Known {
		add(unreadPrefix+"roles", "it may hold a role: "+g.Roles.Why, false)
	}
	for _, line := range g.Azure.Value {
		add("role_azure", "it holds the Azure role "+line, false)
	}
	if !g.Azure.Known {
		add(unreadPrefix+"azure_roles", "it may hold an Azure role: "+g.Azure.Why, false)
	}
}

func sameID(a, b string) bool { return strings.EqualFold(a, b) }

func isGroup(r directory.AzureRole) bool { return strings.EqualFold(r.PrincipalType, "group") }

func readGroup(s *directory.Snapshot, id string) bool {
	return slices.ContainsFunc(s.Groups.Value, func(g directory.Group) bool { return sameID(g.ID, id) && g.Members.Known })
}
