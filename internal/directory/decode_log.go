package directory

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// logs reads the logs that lie beside the parts. They are evidence, not state:
// an absent log makes nothing incomplete.
func (d *decoder) logs() {
	e := NewEvidence()
	if d.asked(SignInsPart) {
		d.each(SignInsPart, func(o object) error { return signIn(e, o) })
	} else if d.asked(RefusedPart) {
		d.each(RefusedPart, func(o object) error { return refusedSignIn(e, o) })
	}
	h := &history{}
	if d.asked(AuditsPart) {
		d.each(AuditsPart, func(o object) error { return h.audit(e, o) })
	}
	d.s.Use(e)
	d.history(h)
}

// signIn reads one of Graph's signIn objects.
// https://learn.microsoft.com/graph/api/resources/signin
func signIn(e *Evidence, o object) error {
	r := Record{Account: firstOf(o.id("userid"), o.text("userprincipalname")), Time: o.time("createddatetime")}
	status := o.inner("status")
	if r.Time.IsZero() || !status.has("errorcode") {
		return errors.New("has no time or no result")
	}
	r.Log = LogInteractive
	if notInteractive(o) {
		r.Log = LogNonInteractive
	}
	r.Client = firstOf(o.text("clientappused"), o.text("appdisplayname"))
	r.What, r.Detail = UseOf(r.Log, r.Client, status.text("errorcode"))
	e.Add(r)
	return nil
}

// refusedSignIn reads a record of RefusedPart, which holds nothing else.
func refusedSignIn(e *Evidence, o object) error {
	only := NewEvidence()
	if err := signIn(only, o); err != nil {
		return err
	}
	for k, u := range only.uses {
		if u.What == UseDisabled {
			e.Add(Record{Log: LogRefused, Account: k.account, Time: u.Last, What: u.What, Client: u.Client, Detail: u.Detail})
		}
	}
	return nil
}

func notInteractive(o object) bool {
	if o.get("isinteractive") != nil {
		return !o.flag("isinteractive")
	}
	types := o.texts("signineventtypes")
	return len(types) > 0 && !slices.Contains(types, "interactiveUser")
}

// legacyClients are the values of clientAppUsed for protocols that cannot ask
// for a second factor.
var legacyClients = []string{
	"authenticated smtp", "smtp", "imap", "imap4", "pop", "pop3", "exchange activesync", "mapi over http", "outlook anywhere (rpc over http)",
	"exchange web services", "exchange online powershell", "autodiscover", "offline address book", "reporting web services", "other clients",
}

// UseOf tells what a sign-in shows: use where the error code is 0, an attempt
// otherwise. The detail is the code of an attempt.
func UseOf(log, client, code string) (what, detail string) {
	client = strings.ToLower(client)
	switch {
	case code == "50057":
		return UseDisabled, code
	case code != "0":
		return UseRefused, code
	case client == "authenticated smtp" || client == "smtp":
		return UseSMTP, ""
	case slices.Contains(legacyClients, client):
		return UseLegacy, ""
	case log == LogNonInteractive:
		return UseNonInteractive, ""
	}
	return UseSignIn, ""
}

// history is what directory audits tell of the past of accounts.
type history struct {
	disabled map[string]time.Time // account → when it was last blocked
	enabled  map[string]time.Time
	deleted  []Deleted
}

// audit reads one of Graph's directoryAudit objects.
// https://learn.microsoft.com/graph/api/resources/directoryaudit
func (h *history) audit(e *Evidence, o object) error {
	at := o.time("activitydatetime")
	if at.IsZero() {
		return errors.New("has no time")
	}
	e.Saw(LogAudit, at, at, 1)
	if r := o.text("result"); r != "" && !strings.EqualFold(r, "success") {
		return nil
	}
	activity := strings.ToLower(strings.TrimSuffix(o.text("activitydisplayname"), "."))
	for _, target := range o.objects("targetresources") {
		id := target.id("id")
		if kind := target.text("type"); id == "" || kind != "" && !strings.EqualFold(kind, "User") {
			continue
		}
		h.change(activity, id, at, target)
	}
	return nil
}

func (h *history) change(activity, id string, at time.Time, target object) {
	switch activity {
	case "disable account":
		h.set(&h.disabled, id, at)
	case "enable account":
		h.set(&h.enabled, id, at)
	case "update user":
		for _, m := range target.objects("modifiedproperties") {
			if !strings.EqualFold(m.text("displayname"), "AccountEnabled") {
				continue
			}
			if value := strings.ToLower(m.text("newvalue")); strings.Contains(value, "false") {
				h.set(&h.disabled, id, at)
			} else if strings.Contains(value, "true") {
				h.set(&h.enabled, id, at)
			}
		}
	case "delete user", "hard delete user":
		h.deleted = append(h.deleted, Deleted{
			ID: id, UPN: target.text("userprincipalname"), Name: target.text("displayname"), At: at, Hard: strings.HasPrefix(activity, "hard"),
		})
	}
}

// set keeps the latest time.
func (h *history) set(times *map[string]time.Time, id string, at time.Time) {
	if *times == nil {
		*times = map[string]time.Time{}
	}
	if at.After((*times)[id]) {
		(*times)[id] = at
	}
}

// history gives accounts the time of their last block, and lists deletions.
func (d *decoder) history(h *history) {
	for i := range d.s.Accounts {
		a := &d.s.Accounts[i]
		at, seen := h.disabled[a.ID]
		switch {
		case !a.Enabled.Known:
			a.DisabledSince = Unknown[time.Time](a.Enabled.Why)
		case a.Enabled.Value:
			a.DisabledSince = Known(time.Time{})
		case seen && !at.Before(h.enabled[a.ID]):
			a.DisabledSince = Known(at)
		default:
			a.DisabledSince = Unknown[time.Time]("no audit record shows when")
		}
	}
	d.deleted(h)
}

// deleted joins the bin with what the audit log tells of deletions for good.
func (d *decoder) deleted(h *history) {
	bin := newUnique[Deleted]()
	asked := d.asked(DeletedPart)
	if asked {
		d.each(DeletedPart, func(o object) error {
			x := Deleted{ID: o.id("id"), UPN: o.text("userprincipalname"), Name: o.text("displayname"), At: o.time("deleteddatetime")}
			if x.ID == "" {
				return errors.New("has no id")
			}
			bin.put(x.ID, x)
			return nil
		})
	}
	list := bin.ordered()
	for _, x := range h.deleted {
		if _, inBin := bin.place[x.ID]; !inBin || x.Hard {
			list = append(list, x)
		}
	}
	for i := range list {
		list[i].Disabled = Unknown[time.Time]("no audit record shows when it was blocked")
		if at, ok := h.disabled[list[i].ID]; ok && !at.After(list[i].At) {
			list[i].Disabled = Known(at)
		}
	}
	slices.SortStableFunc(list, func(a, b Deleted) int { return a.At.Compare(b.At) })
	switch _, audited := d.s.Window(LogAudit); {
	case asked:
		d.s.Deleted = fact(d, DeletedPart, list)
	case audited:
		d.s.Deleted = Known(list)
	default:
		d.s.Deleted = Unknown[[]Deleted]("deleted accounts were not read")
	}
}
