package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/directory"
	"vakt/internal/rule"
)

// silence is how long nobody must have signed in to a resource account before
// it may be blocked without a question.
const silence = 90 * 24 * time.Hour

// judged is the verdict on one account while it is being made.
type judged struct {
	j *judge
	a *directory.Account
	v *AccountVerdict
}

// verdict gives the verdict on an account, or nil for people and guests.
//
// The lines are tried in the order of Verdicts, and the first that applies is
// given. Every reason to hold an account is looked for, also where an earlier
// line has decided: whoever disables a synced account in the local directory
// must know that somebody uses it.
func (j *judge) verdict(a *directory.Account) *AccountVerdict {
	if !concerned(a) {
		return nil
	}
	d := judged{j, a, &AccountVerdict{
		Account: Subject{"account", a.ID, a.Name}, UPN: a.UPN, Kind: string(a.Kind.Value), Status: Found, Level: rule.Medium, Reasons: []Reason{},
	}}
	d.decide()
	d.v.Ask = j.ask(a)
	d.v.Step = d.step()
	d.v.Facts = j.deciding(a)
	d.v.Refused = j.refused(a)
	return d.v
}

// concerned is true of accounts that get a verdict: resource accounts, objects
// of the system, and every account of which it is not known that it is
// neither.
func concerned(a *directory.Account) bool {
	switch {
	case !a.Kind.Known:
		return !strings.EqualFold(a.UserType, "guest")
	case a.Kind.Value == directory.KindPerson, a.Kind.Value == directory.KindGuest:
		return false
	}
	return true
}

func (d judged) decide() {
	switch {
	case d.a.Kind.Known && d.a.Kind.Value == directory.KindSystem:
		d.settle(NotYours, OK, reason("system_object", "from", d.a.KindFrom))
	case directory.Is(d.a.Enabled, false):
		d.settle(Blocked, OK, reason("sign_in_blocked"))
		if !d.a.Kind.Known {
			d.unread("kind", d.a.Kind.Why)
		}
	case d.excepted():
		d.v.Verdict, d.v.Status = Excepted, OK
	case directory.Is(d.a.Synced, directory.SyncedNow):
		d.settle(OnPremises, Found, reason("synced"))
		d.holds()
	case d.holds():
		d.v.Verdict = Hold
		if d.onlyUnread() {
			d.v.Status = CouldNotLook
		}
	default:
		d.settle(Block, Found, reason("unused", "days", fmt.Sprint(int(silence.Hours()/24))))
		d.harmless()
	}
	if d.v.Status == OK {
		d.v.Level = rule.Informational
	}
}

// harmless says in words why blocking hurts nobody.
func (d judged) harmless() {
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	last := d.j.lastSuccess(d.a)
	if last.IsZero() {
		d.because(reason("never_signed_in"))
	} else {
		d.because(reason("last_success", "last", day(last)))
	}
	if tried := d.a.Activity.Value.LastAttempt; tried.After(last) {
		d.because(reason("attempts_only", "last", day(tried)))
	}
	if made := d.a.Created.Value; !made.IsZero() {
		d.because(reason("created", "created", day(made)))
	}
	d.harmlessMailbox()
}

func (d judged) harmlessMailbox() {
	if box := d.a.Mailbox.Value; box != nil {
		allowed := slices.DeleteFunc(slices.Clone(box.FullAccess.Value), func(x directory.Delegate) bool { return x.Deny })
		if len(allowed) > 0 {
			d.because(reason("delegates_keep_access", "count", fmt.Sprint(len(allowed))))
		}
	}
	if v := (&view{j: d.j, a: d.a}); d.a.Methods.Known && len(v.methods().list) == 0 {
		d.because(reason("no_mfa_method"))
	}
	room := d.a.RoomLicence().Value
	switch {
	case room != "":
		d.because(reason("room_licence_idle", "licence", room))
	case len(d.a.Licences.Value) > 0:
		d.because(reason("licence_no_person", "licence", licenceName(d.a.Licences.Value[0])))
	}
}

func (d judged) settle(v Verdict, s Status, r Reason) {
	d.v.Verdict, d.v.Status = v, s
	d.v.Reasons = append(d.v.Reasons, r)
}

func (d judged) because(r Reason) { d.v.Reasons = append(d.v.Reasons, r) }

func (d judged) unread(fact, why string) { d.because(unreadReason(fact, why)) }

// onlyUnread is true where nothing but unread facts speaks against a block.
func (d judged) onlyUnread() bool {
	return !slices.ContainsFunc(d.v.Reasons, func(r Reason) bool {
		return !strings.HasPrefix(r.ID, unreadPrefix) && !strings.HasPrefix(r.ID, "exception_")
	})
}

// excepted looks for an exception: one in the file of exceptions, one in the
// baseline, or a Teams Room.
func (d judged) excepted() bool {
	found := false
	for _, i := range d.j.exceptionsFor(d.a, signInCheck) {
		e := &d.j.exceptions[i]
		switch why := d.j.holdsNow(e, d.a); why {
		case "":
			d.because(reason("exception", "owner", e.Exception.Owner, "until", e.Exception.Until.Format(time.DateOnly), "reason", e.Exception.Reason))
			e.Hides++
			found = true
		default:
			if e.State != Expired {
				e.State, e.Why = Broken, why
			}
			d.because(reason("exception_ended", "owner", e.Exception.Owner, "why", why))
		}
	}
	if on := d.j.signInOK.holds(d.j.now, d.a.ID, d.a.UPN); on.Value {
		d.because(reason("exception_baseline"))
		found = true
	}
	if room := d.a.TeamsRoom(); directory.Is(room, true) {
		d.because(reason("teams_room", "licence", d.a.RoomLicence().Value))
		found = true
	}
	return found
}

// holds collects every reason that a person must look at first, and tells
// whether there is one.
func (d judged) holds() bool {
	before := len(d.v.Reasons)
	d.holdUnread()
	d.holdRoles()
	d.holdBreakGlass()
	d.holdUse()
	d.holdPerson()
	d.holdRoom()
	return len(d.v.Reasons) > before
}

func (d judged) holdUnread() {
	switch {
	case !d.a.Kind.Known:
		d.unread("kind", d.a.Kind.Why)
	case d.a.Kind.Value == directory.KindUnknownMailbox, !d.a.Kind.Value.Resource():
		d.unread("kind", "its mailbox is of a type that is not known here: "+d.a.KindFrom)
	}
	if !d.a.Enabled.Known {
		d.unread("enabled", d.a.Enabled.Why)
	}
	switch {
	case !d.a.Synced.Known:
		d.unread("synced", d.a.Synced.Why)
	case !slices.Contains([]string{directory.SyncedNever, directory.SyncedNow, directory.SyncedWas}, d.a.Synced.Value):
		d.unread("synced", fmt.Sprintf("onPremisesSyncEnabled is %q", d.a.Synced.Value))
	}
	if on := d.j.signInOK.holds(d.j.now, d.a.ID, d.a.UPN); !on.Known {
		d.unread("exceptions", on.Why)
	}
}

func (d judged) holdRoles() {
	for _, r := range d.a.Roles.Value {
		way := "direct"
		switch {
		case r.Eligible:
			way = "eligible"
		case r.Via == directory.ViaGroup:
			way = "group"
		}
		name := r.Name
		if name == "" {
			name = r.Template
		}
		d.because(reason("role_"+way, "role", name))
	}
	for _, r := range d.j.azure[d.a.ID] {
		d.because(reason("role_azure", "role", r.Role, "scope", r.Scope))
	}
	if !d.a.Roles.Known {
		d.unread("roles", d.a.Roles.Why)
	}
}

func (d judged) holdBreakGlass() {
	switch on := d.j.breakGlass.holds(d.j.now, d.a.ID, d.a.UPN); {
	case on.Value:
		d.because(reason("break_glass"))
	case !on.Known:
		d.unread("break_glass", on.Why)
	}
}

// holdUse looks for anybody or anything that signs in. An attempt is no use.
func (d judged) holdUse() {
	since := d.j.at.Add(-silence)
	used := d.j.usedSince(d.a, since)
	switch {
	case used.Value:
		last := "an unknown day"
		if t := d.j.lastSuccess(d.a); !t.IsZero() {
			last = t.UTC().Format(time.DateOnly)
		}
		d.because(reason("signed_in", "last", last))
	case !used.Known:
		d.unread("sign_in", used.Why)
	}
	for _, u := range d.a.Use {
		if id := useReason(u.What); id != "" && !u.Last.Before(since) {
			d.because(reason(id, "client", u.Client, "last", u.Last.UTC().Format(time.DateOnly)))
		}
	}
}

// useReason is the reason for use that is not a plain sign-in; "" for others.
func useReason(what string) string {
	switch what {
	case directory.UseSMTP:
		return "smtp_auth"
	case directory.UseLegacy:
		return "legacy_sign_in"
	case directory.UseOwner:
		return "owner_access"
	}
	return ""
}

// holdPerson looks for signs that the account is, or was lately, a person's.
// A licence for a mailbox is none.
func (d judged) holdPerson() {
	if d.a.EmployeeID.Value != "" {
		d.because(reason("employee_id", "employee_id", d.a.EmployeeID.Value))
	}
	if d.a.Manager.Value != "" {
		d.because(reason("manager", "manager", d.j.nameOf(d.a.Manager.Value)))
	}
	switch {
	case !d.a.EmployeeID.Known:
		d.unread("person", d.a.EmployeeID.Why)
	case !d.a.Manager.Known:
		if why := looksLikePerson(d.a); why != "" {
			d.unread("person", d.a.Manager.Why+", and "+why)
		}
	}
	switch converted := d.j.converted(d.a); {
	case converted.Value:
		d.because(reason("converted"))
	case !converted.Known:
		d.unread("converted", converted.Why)
	}
}

// looksLikePerson finds what mailboxes that were made as shared ones do not
// have. It stands in for facts that were not read, and is no reason by itself.
func looksLikePerson(a *directory.Account) string {
	if a.GivenName.Value != "" && a.Surname.Value != "" {
		return "it has a given name and a surname"
	}
	for _, f := range []struct {
		name string
		fact directory.Fact[string]
	}{{"a job title", a.JobTitle}, {"an employee type", a.EmployeeType}, {"a mobile number", a.Mobile}} {
		if f.fact.Value != "" {
			return "it has " + f.name
		}
	}
	return ""
}

// holdRoom holds what may be a Teams Room: its licences were not read.
func (d judged) holdRoom() {
	if licence := d.a.RoomLicence(); !licence.Known {
		d.unread("room_licence", licence.Why)
	}
}
