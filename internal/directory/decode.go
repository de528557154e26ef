package directory

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Load reads the snapshot that a folder of exports shows.
func Load(fsys fs.FS) (*Snapshot, error) {
	f, err := OpenFolder(fsys)
	if err != nil {
		return nil, err
	}
	return Decode(f)
}

// Decode makes a snapshot of its raw parts. It is the only reader of them, so
// a tenant and a copy of it in files are understood alike. What a part lacks
// becomes an unknown fact; an error comes only where nothing could be read.
func Decode(p Parts) (*Snapshot, error) {
	d := &decoder{
		parts: p, s: &Snapshot{}, states: map[string]PartState{}, seen: map[string]bool{},
		byID: map[string]int{}, words: map[string]string{}, shared: map[string]Fact[[]Licence]{},
	}
	tenant, taken := p.About()
	d.s.Tenant = strings.ToLower(tenant)
	if taken != "" {
		t, ok := timeOf([]byte(fmt.Sprintf("%q", taken)))
		if !ok {
			return nil, fmt.Errorf("the time %q at which it was taken is no date", taken)
		}
		d.s.Taken = t
	}
	d.tenant()
	d.users()
	d.mailboxes()
	d.roles()
	d.kinds()
	d.delegates()
	d.methods()
	d.order()
	d.logs()
	d.finish()
	return d.s, nil
}

// decoder holds what the parts share while a snapshot is made.
type decoder struct {
	parts  Parts
	s      *Snapshot
	states map[string]PartState
	seen   map[string]bool   // "part/property" that at least one object carries
	byID   map[string]int    // account id → place in s.Accounts
	names  index             // UPN → place in s.Accounts
	mails  index             // mail → place in s.Accounts
	words  map[string]string // values that repeat, kept once
	boxes  []*Mailbox        // all mailboxes, in the order of the part
	boxIDs index             // all their names → place in boxes
	owners []int             // places of the accounts that boxes belong to
	boxOf  []int32           // places of the boxes of accounts
	people map[mailboxKey]*Mailbox
	skus   map[string]SKU
	shared map[string]Fact[[]Licence] // by assignedLicenses as written
}

// each hands over the objects of a part and keeps account of it. It is true
// where the whole part was read and understood.
func (d *decoder) each(name string, do func(o object) error) bool {
	var room object // no object outlives do
	return d.items(name, func(item Item) error {
		o, err := appendObject(room[:0], item.Raw)
		if err != nil {
			return err
		}
		room = o
		return do(o)
	})
}

// items is each for parts that are kept by account. An error of do means that
// the object could not be understood.
func (d *decoder) items(name string, do func(Item) error) bool {
	p := withoutLicence(d.parts.State(name))
	said := p.Count
	p.Count = 0
	if p.State != StateAbsent && p.Licence == "" {
		err := d.parts.Each(name, func(item Item) error {
			if err := do(item); err != nil {
				d.s.Odd = append(d.s.Odd, Oddity{name, p.Count, err.Error()})
				p = p.worse("an object in it could not be understood")
			}
			p.Count++
			return nil
		})
		switch {
		case err != nil:
			p = p.worse(err.Error())
		case said >= 0 && said != p.Count:
			p = p.worse(fmt.Sprintf("%d items, the manifest says %d", p.Count, said))
		}
		if p.State != StateComplete && p.Count == 0 && name != ActivityPart { // activity may lie within users.json
			p.State = StateAbsent
		}
	}
	d.states[name] = p
	return p.State == StateComplete
}

// licensed are the parts that are empty in a tenant without the licence: there
// is no eligibility without PIM, and no policy without Conditional Access.
// Sign-ins happen without any licence, so their absence shows nothing.
var licensed = map[string]string{AccessPart: "P1", LocationsPart: "P1", EligibilityPart: "P2", SchedulesPart: "P2"}

func withoutLicence(p PartState) PartState {
	if need := licensed[p.Name]; p.State == StateAbsent && need != "" && p.Licence == need {
		p.State, p.Why, p.Count = StateComplete, "the tenant has no Entra ID "+need+", so there can be none", -1
	}
	return p
}

// worse takes from a part that it is complete, and keeps the first reason.
func (p PartState) worse(why string) PartState {
	if p.State == StateComplete {
		p.State, p.Why = StatePartial, why
	}
	return p
}

// why tells why a part is not known, in words for people.
func (d *decoder) why(name string) string {
	p := d.states[name]
	if p.State == StateComplete {
		return ""
	}
	return d.word(fmt.Sprintf("%s is %s: %s", name, p.State, p.Why))
}

// fact is a value that is known where the part was read to its end.
func fact[T any](d *decoder, name string, value T) Fact[T] {
	if d.states[name].State == StateComplete {
		return Known(value)
	}
	return Fact[T]{Value: value, Why: d.why(name)}
}

// word keeps one copy of a value that repeats.
func (d *decoder) word(s string) string {
	if kept, ok := d.words[s]; ok {
		return kept
	}
	d.words[s] = s
	return s
}

// order puts the accounts in the order of their ids, and leads the names of
// mailboxes to them.
func (d *decoder) order() {
	ids := make([]string, len(d.s.Accounts))
	for i := range d.s.Accounts {
		ids[i] = d.s.Accounts[i].ID
	}
	slices.SortFunc(d.s.Accounts, func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	for i := range d.s.Accounts {
		d.s.Accounts[i].order()
		d.byID[d.s.Accounts[i].ID] = i
	}
	d.s.names = d.boxIDs.freeze(func(box int) int {
		if owner := d.owners[box]; owner != noAccount {
			return d.byID[ids[owner]]
		}
		return nobodys
	})
}

// finish tells what was read and what was not.
func (d *decoder) finish() {
	d.s.Complete = true
	for _, kind := range parts {
		p, read := d.states[kind.name]
		if !read || (kind.need == wanted || kind.need == brought) && p.State == StateAbsent && !d.asked(kind.name) {
			continue
		}
		d.s.Parts = append(d.s.Parts, p)
		if kind.need != evidence && p.State != StateComplete {
			d.s.Complete = false
			d.s.Missing = append(d.s.Missing, Missing{p.Name, cmp.Or(p.Why, p.State)})
		}
	}
	slices.SortFunc(d.s.Parts, func(a, b PartState) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(d.s.Missing, func(a, b Missing) int { return strings.Compare(a.Part, b.Part) })
}

// order makes lists independent of the order in which a service gave them.
func (a *Account) order() {
	slices.Sort(a.Groups.Value)
	slices.SortFunc(a.Roles.Value, func(x, y Role) int {
		return cmp.Or(cmp.Compare(x.Template, y.Template), cmp.Compare(x.Via, y.Via), cmp.Compare(x.Group, y.Group), cmp.Compare(x.Scope, y.Scope),
			boolOrder(x.Eligible, y.Eligible))
	})
	slices.SortFunc(a.Methods.Value, func(x, y Method) int { return cmp.Or(cmp.Compare(x.Type, y.Type), cmp.Compare(x.ID, y.ID)) })
	if m := a.Mailbox.Value; m != nil {
		slices.SortFunc(m.FullAccess.Value, byDelegate)
		slices.SortFunc(m.SendAs.Value, byDelegate)
	}
}

func byDelegate(x, y Delegate) int {
	return cmp.Or(cmp.Compare(x.Name, y.Name), boolOrder(x.Deny, y.Deny))
}

func boolOrder(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// asked is true where somebody meant to read the part. A folder by others
// lacks the files that only Vakt writes, and loses nothing by it.
func (d *decoder) asked(name string) bool {
	f, isFolder := d.parts.(interface{ named(string) bool })
	return !isFolder || f.named(name)
}

// property is one property of an object that becomes a fact of an O.
type property[O any] struct {
	name    string
	carried func(object) bool
	read    func(*O, object)
	settle  func(owner *O, seen bool)
}

// notCarried marks a fact whose property the object does not carry, until the
// whole part was read: then settle tells what that means.
const notCarried = "not carried"

// prop makes a property. as reads its value; what it makes of null is what a
// missing property means where other objects of the part carry it.
func prop[O, T any](part, name string, at func(*O) *Fact[T], as func([]byte) (T, bool)) property[O] {
	lower := strings.ToLower(name)
	missing := name + " is not there or cannot be read"
	unread := part + " does not carry " + name
	return property[O]{
		name:    lower,
		carried: func(o object) bool { return o.find(lower) >= 0 && !o.unasked(part, lower) },
		read: func(owner *O, o object) {
			i := o.find(lower)
			if i < 0 || o.unasked(part, lower) {
				*at(owner) = Unknown[T](notCarried)
				return
			}
			*at(owner) = valueOr(as, o[i].raw, missing)
		},
		settle: func(owner *O, seen bool) {
			f := at(owner)
			switch {
			case f.Known || f.Why != notCarried:
			case seen:
				*f = valueOr(as, nil, missing)
			default:
				*f = Unknown[T](unread)
			}
		},
	}
}

func valueOr[T any](as func([]byte) (T, bool), raw []byte, missing string) Fact[T] {
	value, ok := as(raw)
	if !ok {
		return Unknown[T](missing)
	}
	return Known(value)
}

// needFlag is flagOf for flags that a directory always has.
func needFlag(raw []byte) (bool, bool) {
	if isNull(raw) {
		return false, false
	}
	return flagOf(raw)
}

// needTime is timeOf for times that an object always has.
func needTime(raw []byte) (time.Time, bool) {
	t, ok := timeOf(raw)
	return t, ok && !t.IsZero()
}
