package directory

import (
	"encoding/json"
	"slices"
	"strings"
)

// What can have become of an account from one snapshot to the next.
const (
	ChangeNew     = "new"
	ChangeGone    = "gone"
	ChangeChanged = "changed"
	// ChangeBack is an account that was gone and is there again.
	ChangeBack = "back"
)

// Change is what became of one account.
type Change struct {
	What   string  `json:"what"`
	ID     string  `json:"id"`
	UPN    string  `json:"upn"`
	Name   string  `json:"name"`
	Fields []Field `json:"fields,omitempty"` // of a changed one
}

// Field is one fact that changed.
type Field struct {
	Name   string          `json:"name"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// Difference is what changed from one snapshot to another.
type Difference struct {
	Changes []Change `json:"changes"` // ordered by account id
	// Blind tells what could not be compared, because one of the two did not
	// look at it.
	Blind []string `json:"blind,omitempty"`
}

// Diff compares two snapshots of a tenant, the earlier first. earlier are the
// ids of accounts that were there before both, so that one that is back is not
// called new; nil where that is not known. A fact that one of the two does not
// know is no change, and an account is gone only where the later one read all
// accounts. Sign-in activity and what logs say move all the time and are left
// out.
func Diff(before, after *Snapshot, earlier map[string]bool) Difference {
	var d Difference
	wholeBefore, wholeAfter := before.whole(UsersPart), after.whole(UsersPart)
	if !wholeBefore {
		d.Blind = append(d.Blind, "new: the earlier snapshot did not read all accounts")
	}
	if !wholeAfter {
		d.Blind = append(d.Blind, "gone: the later snapshot did not read all accounts")
	}
	unknown := map[string]bool{}
	pairs(before.Accounts, after.Accounts, func(a, b *Account) {
		switch {
		case a == nil && earlier[b.ID]:
			d.add(ChangeBack, b, nil)
		case a == nil && wholeBefore:
			d.add(ChangeNew, b, nil)
		case a != nil && b == nil && wholeAfter:
			d.add(ChangeGone, a, nil)
		case a != nil && b != nil:
			if fields := changedFields(a, b, unknown); len(fields) > 0 {
				d.add(ChangeChanged, b, fields)
			}
		}
	})
	for name := range unknown {
		d.Blind = append(d.Blind, name)
	}
	slices.Sort(d.Blind)
	return d
}

func (d *Difference) add(what string, a *Account, fields []Field) {
	d.Changes = append(d.Changes, Change{what, a.ID, a.UPN, a.Name, fields})
}

// pairs walks over two lists that are ordered by id.
func pairs(before, after []Account, each func(a, b *Account)) {
	for i, j := 0, 0; i < len(before) || j < len(after); {
		order := 0
		switch {
		case i == len(before):
			order = 1
		case j == len(after):
			order = -1
		default:
			order = strings.Compare(before[i].ID, after[j].ID)
		}
		switch {
		case order < 0:
			each(&before[i], nil)
			i++
		case order > 0:
			each(nil, &after[j])
			j++
		default:
			each(&before[i], &after[j])
			i, j = i+1, j+1
		}
	}
}

// field is a fact that is compared.
type field struct {
	name string
	of   func(*Account) (value any, known bool)
}

func factField[T any](name string, at func(*Account) Fact[T]) field {
	return field{name, func(a *Account) (any, bool) { f := at(a); return f.Value, f.Known }}
}

func mailboxField[T any](name string, at func(*Mailbox) Fact[T]) field {
	return field{name, func(a *Account) (any, bool) {
		m := a.Mailbox.Value
		if m == nil { // without a mailbox there is nothing to compare; "mailbox" tells
			return nil, true
		}
		f := at(m)
		return f.Value, f.Known
	}}
}

// fields are compared in this order.
var fields = []field{
	factField("upn", func(a *Account) Fact[string] { return Known(a.UPN) }),
	factField("name", func(a *Account) Fact[string] { return Known(a.Name) }),
	factField("mail", func(a *Account) Fact[string] { return Known(a.Mail) }),
	factField("user_type", func(a *Account) Fact[string] { return Known(a.UserType) }),
	factField("kind", func(a *Account) Fact[Kind] { return a.Kind }),
	factField("enabled", func(a *Account) Fact[bool] { return a.Enabled }),
	factField("synced", func(a *Account) Fact[string] { return a.Synced }),
	factField("federated", func(a *Account) Fact[bool] { return a.Federated }),
	factField("employee_id", func(a *Account) Fact[string] { return a.EmployeeID }),
	factField("department", func(a *Account) Fact[string] { return a.Department }),
	factField("job_title", func(a *Account) Fact[string] { return a.JobTitle }),
	factField("manager", func(a *Account) Fact[string] { return a.Manager }),
	factField("password_changed", func(a *Account) Fact[string] { return timeFact(a) }),
	factField("password_policies", func(a *Account) Fact[string] { return a.PasswordPolicies }),
	factField("licences", func(a *Account) Fact[[]string] { return licenceIDs(a) }),
	factField("mfa_methods", func(a *Account) Fact[[]string] { return registered(a) }),
	factField("methods", func(a *Account) Fact[[]Method] { return a.Methods }),
	factField("roles", func(a *Account) Fact[[]Role] { return a.Roles }),
	factField("groups", func(a *Account) Fact[[]string] { return a.Groups }),
	{"mailbox", func(a *Account) (any, bool) {
		if a.Mailbox.Value == nil {
			return "", a.Mailbox.Known
		}
		return a.Mailbox.Value.Type, a.Mailbox.Known
	}},
	mailboxField("forwarding_smtp", func(m *Mailbox) Fact[string] { return m.ForwardingSMTP }),
	mailboxField("forwarding_address", func(m *Mailbox) Fact[string] { return m.ForwardingAddress }),
	mailboxField("full_access", func(m *Mailbox) Fact[[]Delegate] { return m.FullAccess }),
	mailboxField("send_as", func(m *Mailbox) Fact[[]Delegate] { return m.SendAs }),
	mailboxField("send_on_behalf", func(m *Mailbox) Fact[[]string] { return m.SendOnBehalf }),
	mailboxField("audit", func(m *Mailbox) Fact[bool] { return m.Audit }),
	mailboxField("audit_bypass", func(m *Mailbox) Fact[bool] { return m.AuditBypass }),
	mailboxField("protocols", func(m *Mailbox) Fact[*Protocols] { return m.Protocols }),
	mailboxField("rules", func(m *Mailbox) Fact[[]InboxRule] { return m.Rules }),
}

func timeFact(a *Account) Fact[string] {
	return Fact[string]{Value: formatTime(a.PasswordChanged.Value), Known: a.PasswordChanged.Known}
}

func licenceIDs(a *Account) Fact[[]string] {
	ids := []string{}
	for _, l := range a.Licences.Value {
		ids = append(ids, l.SKU)
	}
	return Fact[[]string]{Value: sorted(ids), Known: a.Licences.Known}
}

// registered leaves out the time of the row, which moves every day. An account
// without a row is not compared: the report leaves out whoever is disabled.
func registered(a *Account) Fact[[]string] {
	if a.Registration.Value == nil {
		return Fact[[]string]{Known: false}
	}
	return Fact[[]string]{Value: sorted(a.Registration.Value.Methods), Known: a.Registration.Known}
}

// changedFields compares what both know. What only one knows is noted.
func changedFields(a, b *Account, unknown map[string]bool) []Field {
	var out []Field
	for _, f := range fields {
		before, knownBefore := f.of(a)
		after, knownAfter := f.of(b)
		if !knownBefore || !knownAfter {
			if knownBefore != knownAfter && f.name != "mfa_methods" && f.name != "methods" {
				unknown[f.name+": not known in both snapshots for every account"] = true
			}
			continue
		}
		x, errBefore := json.Marshal(before)
		y, errAfter := json.Marshal(after)
		if errBefore == nil && errAfter == nil && string(x) != string(y) && !(noValue(x) && noValue(y)) {
			out = append(out, Field{f.name, x, y})
		}
	}
	return out
}

// noValue is true for the ways of writing that there is nothing.
func noValue(text []byte) bool {
	switch string(text) {
	case "null", "[]", `""`:
		return true
	}
	return false
}
