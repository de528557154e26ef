package baseline

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"vakt/internal/event"
)

// auditTally is what the directory audits tell about who does what.
type auditTally struct {
	mu         sync.Mutex
	actors     map[actorKey]*actor
	attributes map[string]int             // of accounts that were created, by name
	created    int                        // accounts of people
	guests     map[string]map[string]bool // by domain: names of the guests that were invited
}

// actorRole is what an actor does.
type actorRole uint8

// The roles that are learned.
const (
	accountAdmin actorRole = iota
	inviter
	mailboxAdmin
)

type actorKey struct {
	id   string // account, or application id
	app  bool
	role actorRole
}

// actor is somebody who keeps accounts, or something that does.
type actor struct {
	name    string
	named   int64
	count   int
	days    []int64 // since 1970, sorted
	objects []string
	more    bool // more objects than are kept
}

// mostObjects is how many of the accounts that an actor worked on are told
// apart: the first ones by id.
const mostObjects = 64

// adminActivities are the operations that only who keeps accounts carries out.
// Source: "Microsoft Entra audit log activity reference", Core Directory.
var adminActivities = map[string]bool{
	"add user": true, "update user": true, "delete user": true, "hard delete user": true, "restore user": true,
	"disable account": true, "enable account": true, "reset user password": true,
}

const (
	addUser    = "add user"
	inviteUser = "invite external user"
)

// passwordActivities are those that change the password of an account.
var passwordActivities = map[string]bool{
	"change user password": true, "reset user password": true, "change password (self-service)": true, "reset password (self-service)": true,
}

// audit takes a directory audit in. Only what succeeded counts.
func (l *Learner) audit(r *event.Record, once func(event.Key) bool) {
	f := &l.fields
	if result := firstText(r, f.result); len(result) > 0 && !strings.EqualFold(string(result), "success") {
		return
	}
	activity := strings.ToLower(string(firstText(r, f.activity)))
	admin, password := adminActivities[activity], passwordActivities[activity]
	if !admin && !password && activity != inviteUser {
		return
	}
	if !once(keyOf(r, []byte("audit"), []byte(activity))) {
		return
	}
	id, upn := firstTarget(r)
	if password && id != "" {
		s, a := l.account([]byte(id))
		a.call(upn, r.Time())
		s.failures = append(s.failures, failure{time: uint32(r.Time()), account: a.number | uint32(passwordChanged)<<failureShift})
		s.mu.Unlock()
	}
	l.audits.mu.Lock()
	defer l.audits.mu.Unlock()
	switch {
	case activity == inviteUser:
		l.audits.acted(r, firstText(r, f.appID), inviter, id)
		for _, v := range r.Field(f.guestDomain).List {
			l.audits.guest(string(bytes.ToLower(v.Text)), id)
		}
	case admin:
		l.audits.acted(r, firstText(r, f.appID), accountAdmin, id)
	}
	if activity == addUser && !bytes.Contains(bytes.ToLower(upn), []byte("#ext#")) {
		l.audits.creation(r, f)
	}
}

// firstTarget is the account that an audit is about: its id, or where there is
// none its user principal name in lower case.
func firstTarget(r *event.Record) (id string, upn []byte) {
	targets := r.Targets()
	if len(targets) == 0 {
		return "", nil
	}
	if t := targets[0]; len(t.ID) > 0 {
		return string(t.ID), t.UPN
	}
	return string(bytes.ToLower(targets[0].UPN)), targets[0].UPN
}

// acted notes who did something to an account. What somebody does to the own
// account says nothing about the office that he holds.
func (t *auditTally) acted(r *event.Record, app []byte, role actorRole, target string) {
	who := r.Actor()
	key := actorKey{role: role}
	name := who.UPN
	switch {
	case len(app) > 0 && len(who.UPN) == 0:
		key.id, key.app, name = string(bytes.ToLower(app)), true, who.Name
	case len(who.UPN) == 0 && len(who.ID) > 0: // most applications are named by their service principal alone
		key.id, key.app, name = string(who.ID), true, who.Name
	case len(who.ID) > 0 && len(who.UPN) > 0:
		key.id = string(who.ID)
	case len(who.UPN) > 0:
		key.id = string(bytes.ToLower(who.UPN))
	default:
		return // nobody that a list could name
	}
	if key.id != "" && key.id != target {
		t.worked(key, name, target, r.Time())
	}
}

// worked counts an operation of an actor.
func (t *auditTally) worked(key actorKey, name []byte, target string, at int64) {
	a := t.actors[key]
	if a == nil {
		a = &actor{}
		t.actors[key] = a
	}
	if n := strings.ToLower(string(name)); n != "" && (at > a.named || at == a.named && n > a.name) {
		a.name, a.named = n, at
	}
	a.count++
	if i, found := slices.BinarySearch(a.days, at/secondsOfDay); !found {
		a.days = slices.Insert(a.days, i, at/secondsOfDay)
	}
	a.object(target)
}

func (a *actor) object(id string) {
	i, found := slices.BinarySearch(a.objects, id)
	if found || id == "" {
		return
	}
	a.objects = slices.Insert(a.objects, i, id)
	if len(a.objects) > mostObjects {
		a.objects, a.more = a.objects[:mostObjects], true
	}
}

func (t *auditTally) guest(domain, target string) {
	if t.guests[domain] == nil {
		t.guests[domain] = map[string]bool{}
	}
	t.guests[domain][target] = true
}

// creation notes which attributes a new account got.
func (t *auditTally) creation(r *event.Record, f *learnFields) {
	names := r.Field(f.propertyNames)
	if names.Unknown || len(names.List) == 0 {
		return
	}
	t.created++
	seen := map[string]bool{}
	for _, v := range names.List {
		name := attributeName(string(v.Text))
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		t.attributes[name]++
	}
}

// technical are attributes that every new account gets whoever makes it, or
// that say nothing about the person.
var technical = map[string]bool{
	"accountEnabled": true, "displayName": true, "userPrincipalName": true, "mailNickname": true, "userType": true, "passwordProfile": true,
	"stsRefreshTokensValidFrom": true, "strongAuthenticationMethod": true, "includedUpdatedProperties": true, "creationType": true,
	"objectId": true, "usageLocation": true, "otherMails": true, "mail": true, "proxyAddresses": true,
}

// attributeName turns the name of an audit's property into that of Graph:
// EmployeeId is employeeId. It is "" for what is no attribute of a person.
func attributeName(property string) string {
	if property == "" || strings.ContainsAny(property, " .") {
		return ""
	}
	name := strings.ToLower(property[:1]) + property[1:]
	if _, err := checkAttribute(name); err != nil || technical[name] {
		return ""
	}
	return name
}
