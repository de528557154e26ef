package directory

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// userProperties are the facts that users.json brings.
var userProperties = []property[Account]{
	prop(UsersPart, "accountEnabled", func(a *Account) *Fact[bool] { return &a.Enabled }, needFlag),
	prop(UsersPart, "createdDateTime", func(a *Account) *Fact[time.Time] { return &a.Created }, needTime),
	prop(UsersPart, "creationType", func(a *Account) *Fact[string] { return &a.CreationType }, textOf),
	prop(UsersPart, "onPremisesSyncEnabled", func(a *Account) *Fact[string] { return &a.Synced }, syncOf),
	prop(UsersPart, "employeeId", func(a *Account) *Fact[string] { return &a.EmployeeID }, textOf),
	prop(UsersPart, "employeeType", func(a *Account) *Fact[string] { return &a.EmployeeType }, textOf),
	prop(UsersPart, "department", func(a *Account) *Fact[string] { return &a.Department }, textOf),
	prop(UsersPart, "jobTitle", func(a *Account) *Fact[string] { return &a.JobTitle }, textOf),
	prop(UsersPart, "givenName", func(a *Account) *Fact[string] { return &a.GivenName }, textOf),
	prop(UsersPart, "surname", func(a *Account) *Fact[string] { return &a.Surname }, textOf),
	prop(UsersPart, "mobilePhone", func(a *Account) *Fact[string] { return &a.Mobile }, textOf),
	prop(UsersPart, "manager", func(a *Account) *Fact[string] { return &a.Manager }, managerOf),
	prop(UsersPart, "lastPasswordChangeDateTime", func(a *Account) *Fact[time.Time] { return &a.PasswordChanged }, timeOf),
	prop(UsersPart, "passwordPolicies", func(a *Account) *Fact[string] { return &a.PasswordPolicies }, policiesOf),
	prop(UsersPart, "isResourceAccount", func(a *Account) *Fact[bool] { return &a.TeamsResource }, flagOf),
	prop(UsersPart, "signInActivity", func(a *Account) *Fact[Activity] { return &a.Activity }, activityOf),
	prop(UsersPart, "mailboxSettings", func(a *Account) *Fact[string] { return &a.Purpose }, purposeOf),
}

// syncOf reads onPremisesSyncEnabled: true now, false before, null never.
func syncOf(raw []byte) (string, bool) {
	if s, ok := textOf(raw); isNull(raw) || ok && s == "" {
		return SyncedNever, true
	}
	on, ok := flagOf(raw)
	if on {
		return SyncedNow, ok
	}
	return SyncedWas, ok
}

// policiesOf reads passwordPolicies; "None" is none.
func policiesOf(raw []byte) (string, bool) {
	s, ok := textOf(raw)
	if strings.EqualFold(s, "None") {
		s = ""
	}
	return s, ok
}

// managerOf reads an expanded manager, or its id alone.
func managerOf(raw []byte) (string, bool) {
	if isNull(raw) {
		return "", true
	}
	if o, err := parseObject(raw); err == nil {
		id := o.first("id", "userprincipalname", "mail", "displayname")
		return cleanID(id), id != ""
	}
	s, ok := textOf(raw)
	return cleanID(s), ok
}

const lastSuccess = "lastsuccessfulsignindatetime"

// activityOf reads signInActivity; null is an account that never signed in, and
// an empty object one whose activity was not read.
func activityOf(raw []byte) (Activity, bool) {
	if isNull(raw) {
		return Activity{}, true
	}
	o, err := parseObject(raw)
	if err != nil {
		return Activity{}, false
	}
	var a Activity
	whole := len(o) > 0 // the service never sends an empty one
	for name, at := range map[string]*time.Time{
		"lastsignindatetime": &a.LastAttempt, "lastnoninteractivesignindatetime": &a.LastNonInteractive, lastSuccess: &a.LastSuccess,
	} {
		t, ok := timeOf(o.get(name))
		*at, whole = t, whole && ok
	}
	return a, whole
}

// purposeOf reads mailboxSettings, or userPurpose alone: a string in v1.0, an
// object with a value in beta.
func purposeOf(raw []byte) (string, bool) {
	if o, err := parseObject(raw); err == nil && o.has("userpurpose") {
		raw = o.raw("userpurpose")
	}
	s, ok := textOf(raw)
	return strings.ToLower(s), ok && s != ""
}

// mostAccounts bounds the room that is made on the word of a manifest.
const mostAccounts = 200_000

// users reads the accounts. Of an account that comes twice the later counts:
// a list that began anew shows it as it is now.
func (d *decoder) users() {
	d.names, d.mails = newIndex(), newIndex()
	if n := d.parts.State(UsersPart).Count; n > 0 {
		d.s.Accounts = make([]Account, 0, min(n, mostAccounts))
	}
	d.each(UsersPart, func(o object) error {
		a, err := d.account(o)
		if err != nil {
			return err
		}
		if i, again := d.byID[a.ID]; again {
			d.s.Accounts[i] = a
			return nil
		}
		d.byID[a.ID] = len(d.s.Accounts)
		d.s.Accounts = append(d.s.Accounts, a)
		return nil
	})
	d.activity()
	for i := range d.s.Accounts {
		a := &d.s.Accounts[i]
		for _, p := range userProperties {
			p.settle(a, d.seen[UsersPart+"/"+p.name])
		}
		d.settleActivity(a)
		d.settleLicences(a)
		a.Federated = d.federated(a.UPN)
		d.names.add(i, a.UPN)
		d.mails.add(i, a.Mail)
	}
	d.countActivity()
	d.settings()
	d.registration()
}

func (d *decoder) account(o object) (Account, error) {
	a := Account{ID: o.id("id"), UPN: o.text("userprincipalname"), Name: o.text("displayname"), Mail: o.text("mail"), UserType: d.word(o.text("usertype"))}
	if a.ID == "" {
		return a, errors.New("has no id")
	}
	for _, p := range userProperties {
		p.read(&a, o)
		if p.carried(o) {
			d.seen[UsersPart+"/"+p.name] = true
		}
	}
	if in := o.inner("signinactivity"); in.has(lastSuccess) {
		d.seen[ActivityPart+"/"+lastSuccess] = true
	}
	d.share(&a)
	a.Licences = d.licences(o)
	if a.Licences.Why != notCarried && o.has(assignedLicenses) {
		d.seen[UsersPart+"/"+assignedLicenses] = true
	}
	return a, nil
}

const assignedLicenses = "assignedlicenses"

// settleLicences is settle of a property for the licences.
func (d *decoder) settleLicences(a *Account) {
	if a.Licences.Why != notCarried {
		return
	}
	a.Licences = Unknown[[]Licence](d.word(UsersPart + " does not carry assignedLicenses"))
	if d.seen[UsersPart+"/"+assignedLicenses] {
		a.Licences = Known([]Licence{})
	}
}

// unasked is true where a property of an account says nothing, as its export
// may not have asked for it. The Graph commands of PowerShell write every
// property that an object can have, and null for those that were not asked
// for; their objects are known by AdditionalProperties. A choice of properties
// (Select-Object) hides that mark, and there the one that decides most is not
// trusted: a tenant in which nobody has ever signed in has nobody who could
// have exported it. Graph's own JSON has the names in lower case.
func (o object) unasked(part, name string) bool {
	if part != UsersPart {
		return false
	}
	i := o.find(name)
	if i < 0 || o[i].name[0] < 'A' || o[i].name[0] > 'Z' {
		return false
	}
	return (name == "signinactivity" || o.has("additionalproperties")) && blank(o[i].raw)
}

// share keeps one copy of what accounts have in common.
func (d *decoder) share(a *Account) {
	if a.Mail == a.UPN {
		a.Mail = a.UPN
	}
	for _, f := range []*Fact[string]{&a.CreationType, &a.EmployeeType, &a.Department, &a.JobTitle, &a.GivenName, &a.Surname, &a.Manager, &a.PasswordPolicies} {
		f.Value = d.word(f.Value)
	}
}

// activity reads the second pass over the accounts, where it is kept apart,
// and finds out whether sign-in activity was read at all.
func (d *decoder) activity() {
	rows := false
	whole := d.each(ActivityPart, func(o object) error {
		rows = true
		i, ok := d.byID[o.id("id")]
		if !ok {
			return nil // made after the first pass
		}
		d.s.Accounts[i].Activity = valueOr(activityOf, o.get("signinactivity"), "signInActivity cannot be read")
		if in := o.inner("signinactivity"); in.has(lastSuccess) {
			d.seen[ActivityPart+"/"+lastSuccess] = true
		}
		return nil
	})
	carried := d.seen[UsersPart+"/signinactivity"]
	p := d.states[ActivityPart]
	switch {
	case !whole, rows: // what the part says holds
		d.seen[UsersPart+"/signinactivity"] = false
	case !carried && len(d.s.Accounts) > 0:
		p.State, p.Why = StateAbsent, "users.json does not carry signInActivity"
	}
	d.states[ActivityPart] = p
}

// settleActivity takes a success for unknown where only attempts were read,
// and gives the part's reason where nothing was.
func (d *decoder) settleActivity(a *Account) {
	f := &a.Activity
	switch attempted := !f.Value.LastAttempt.IsZero() || !f.Value.LastNonInteractive.IsZero(); {
	case !f.Known:
		if f.Why = d.why(ActivityPart); f.Why == "" {
			f.Why = "the sign-in activity has no row for the account"
		}
	case attempted && !d.seen[ActivityPart+"/"+lastSuccess]:
		f.Known, f.Why = false, "lastSuccessfulSignInDateTime was not read, and an attempt is not use"
	}
}

// countActivity counts the accounts whose activity was read.
func (d *decoder) countActivity() {
	p := d.states[ActivityPart]
	p.Count = 0
	for i := range d.s.Accounts {
		if d.s.Accounts[i].Activity.Known {
			p.Count++
		}
	}
	d.states[ActivityPart] = p
}

// settings reads userPurpose by account: what stands in for Exchange.
func (d *decoder) settings() {
	if !d.asked(SettingsPart) {
		return
	}
	d.items(SettingsPart, func(item Item) error {
		i, ok := d.byID[item.Owner]
		if !ok {
			return nil
		}
		o, err := parseObject(item.Raw)
		if err != nil {
			return err
		}
		a := &d.s.Accounts[i]
		if code := o.inner("error").text("code"); code == "" {
			a.Purpose = valueOr(purposeOf, item.Raw, "userPurpose cannot be read")
		} else if noMailbox(code) {
			a.Purpose = Known(purposeNone)
		} else {
			a.Purpose = Unknown[string](d.word("mailboxSettings: " + code))
		}
		return nil
	})
}

// purposeNone is Graph's word that there is no mailbox in the cloud.
const purposeNone = "none"

// noMailbox is true for the codes by which Graph says so (404).
func noMailbox(code string) bool {
	switch strings.ToLower(code) {
	case "mailboxnotenabledforrestapi", "mailboxnothostedinexchangeonline", "mailboxnotfound":
		return true
	}
	return false
}

// licences reads assignedLicenses. Most accounts share their list with many.
func (d *decoder) licences(o object) Fact[[]Licence] {
	raw := o.raw(assignedLicenses)
	if raw == nil || o.unasked(UsersPart, assignedLicenses) {
		return Unknown[[]Licence](notCarried)
	}
	if kept, ok := d.shared[string(raw)]; ok {
		return kept
	}
	f := Known([]Licence{})
	var assigned []json.RawMessage
	if !isNull(raw) && json.Unmarshal(raw, &assigned) != nil {
		f = Unknown[[]Licence]("assignedLicenses cannot be read")
	}
	for _, raw := range assigned {
		l, err := parseObject(raw)
		if err != nil || l.id("skuid") == "" {
			f = Unknown[[]Licence]("assignedLicenses cannot be read")
			break
		}
		f.Value = append(f.Value, d.licence(l))
	}
	d.shared[string(raw)] = f
	return f
}

func (d *decoder) licence(l object) Licence {
	sku, known := d.skus[l.id("skuid")]
	out := Licence{SKU: l.id("skuid"), Part: sku.Part}
	if !known {
		return out
	}
	out.Plans = []Plan{}
	off := map[string]bool{}
	for _, id := range l.texts("disabledplans") {
		off[cleanID(id)] = true
	}
	for _, p := range sku.Plans {
		if !off[p.ID] {
			out.Plans = append(out.Plans, p)
		}
	}
	return out
}

// registration reads the registration report. It has no row for a disabled
// account, nor for one that it has not caught up with.
func (d *decoder) registration() {
	shared := map[string][]string{} // few combinations of methods are in use
	whole := d.each(RegistrationPart, func(o object) error {
		i, ok := d.byID[o.id("id")]
		if !ok {
			return nil
		}
		methods := o.texts("methodsregistered")
		if key := strings.Join(methods, " "); shared[key] == nil {
			shared[key] = methods
		} else {
			methods = shared[key]
		}
		d.s.Accounts[i].Registration = Known(&Registration{
			Registered: o.flag("ismfaregistered"), Capable: o.flag("ismfacapable"), Admin: o.flag("isadmin"),
			Methods: methods, Updated: o.time("lastupdateddatetime"),
		})
		return nil
	})
	for i := range d.s.Accounts {
		if f := &d.s.Accounts[i].Registration; !f.Known {
			*f = Fact[*Registration]{Known: whole, Why: d.why(RegistrationPart)}
		}
	}
}

// findAccount finds the account that an address or an object id stands for.
func (d *decoder) findAccount(name string) (int, bool) {
	if i, ok := d.byID[cleanID(name)]; ok {
		return i, true
	}
	if i, ok := d.names.find(name); ok {
		return i, true
	}
	return d.mails.find(name)
}
