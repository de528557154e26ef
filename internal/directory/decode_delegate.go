package directory

import (
	"slices"
	"strings"
	"time"
)

// delegates reads who may open and send as a mailbox. Which mailboxes were
// asked about follows from what they are for, so the kinds are decided before.
func (d *decoder) delegates() {
	d.rights(PermissionsPart, "user", "fullaccess", func(m *Mailbox) *Fact[[]Delegate] { return &m.FullAccess })
	d.rights(RecipientPart, "trustee", "sendas", func(m *Mailbox) *Fact[[]Delegate] { return &m.SendAs })
	asked := make([]bool, len(d.boxes))
	for i := range d.s.Accounts {
		if a := &d.s.Accounts[i]; d.boxOf[i] != none && wantsDetail(a) {
			asked[d.boxOf[i]] = true
		}
	}
	for i := range d.boxes {
		d.change(i, func(m *Mailbox) {
			if f := &m.FullAccess; f.Why == notCarried && !asked[i] && d.states[PermissionsPart].State == StateComplete {
				*f = Unknown[[]Delegate]("permissions are read for enabled resource mailboxes only")
			}
			settleRights(&m.FullAccess, d, PermissionsPart)
			settleRights(&m.SendAs, d, RecipientPart)
		})
	}
	d.rules()
	d.point()
}

// settleRights makes known what was read to its end: no row is no right.
func settleRights(f *Fact[[]Delegate], d *decoder, part string) {
	if f.Why != notCarried && f.Why != "" {
		return
	}
	f.Why = d.why(part)
	f.Known = f.Why == ""
}

// wantsDetail is true for the accounts that are asked about one by one: those
// that nobody should sign in to, and somebody still can.
func wantsDetail(a *Account) bool {
	return a.Kind.Known && a.Kind.Value.Resource() && !Is(a.Enabled, false)
}

// rights reads one sort of right, and leaves out what every mailbox has:
// inherited rights and those of its own account.
func (d *decoder) rights(part, who, right string, at func(*Mailbox) *Fact[[]Delegate]) {
	d.each(part, func(o object) error {
		i, ok := d.findBox(o)
		if !ok {
			return nil
		}
		if at(d.boxes[i]).Why == notCarried {
			d.change(i, func(m *Mailbox) { at(m).Why = "" }) // it was asked about
		}
		name := o.text(who)
		if !holds(o.texts("accessrights"), right) || o.flag("isinherited") || isSelf(name) || name == "" {
			return nil
		}
		deny := o.flag("deny")
		d.change(i, func(m *Mailbox) {
			f := at(m)
			if !slices.ContainsFunc(f.Value, func(have Delegate) bool { return have.Name == name && have.Deny == deny }) {
				f.Value = append(slices.Clip(f.Value), Delegate{Name: name, IDs: d.resolve(name), Deny: deny})
			}
		})
		return nil
	})
}

// holds looks for a right in lists such as ["FullAccess"], "{FullAccess}" and
// "FullAccess, ReadPermission".
func holds(rights []string, right string) bool {
	return slices.ContainsFunc(rights, func(list string) bool {
		return slices.Contains(strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return strings.ContainsRune("{}, ", r) }), right)
	})
}

// isSelf is true for the name under which a mailbox holds rights on itself.
func isSelf(name string) bool {
	return strings.EqualFold(name, `NT AUTHORITY\SELF`) || name == "S-1-5-10"
}

// resolve finds the accounts that a name stands for, where it is an address or
// an id. A display name is not resolved: two things may have it.
func (d *decoder) resolve(name string) []string {
	if i, ok := d.findAccount(name); ok {
		return []string{d.s.Accounts[i].ID}
	}
	for _, g := range d.s.Groups.Value {
		if g.ID == cleanID(name) || g.Mail != "" && strings.EqualFold(g.Mail, name) {
			return g.Members.Value
		}
	}
	return nil
}

// methods reads the authentication methods that were asked for by account.
// Those of people, which only files by others hold, carry no ids.
func (d *decoder) methods() {
	shared := map[string][]Method{}
	d.items(MethodsPart, func(item Item) error {
		i, ok := d.byID[item.Owner]
		if !ok {
			return nil
		}
		a := &d.s.Accounts[i]
		list, ok := elements(item.Raw)
		if !ok {
			a.Methods = Unknown[[]Method](refused(item.Raw, "the list of methods cannot be read"))
			return nil
		}
		a.Methods = Known([]Method{})
		for _, raw := range list {
			o, err := parseObject(raw)
			if err != nil {
				return err
			}
			if m := d.methodOf(o); m.Type != "passwordAuthenticationMethod" {
				a.Methods.Value = append(a.Methods.Value, m)
			}
		}
		if Is(a.Kind, KindPerson) {
			a.Methods.Value = shareMethods(shared, a.Methods.Value)
		}
		return nil
	})
	why := d.why(MethodsPart)
	for i := range d.s.Accounts {
		if f := &d.s.Accounts[i].Methods; !f.Known && f.Why == "" {
			f.Why = why
			if why == "" {
				f.Why = "methods are read for enabled resource accounts only"
			}
		}
	}
}

// shareMethods gives people who have methods of the same types one list, which
// has no ids: there are many people, and few combinations. Methods that say
// when they were registered are kept as they are.
func shareMethods(shared map[string][]Method, own []Method) []Method {
	var key strings.Builder
	for _, m := range own {
		if m.Created.Known {
			return own
		}
		key.WriteString(m.Type + "\n")
	}
	if list, ok := shared[key.String()]; ok {
		return list
	}
	for i := range own {
		own[i].ID = ""
	}
	shared[key.String()] = own
	return own
}

func (d *decoder) methodOf(o object) Method {
	m := Method{Type: d.word(strings.TrimPrefix(o.text("@odata.type"), "#microsoft.graph.")), ID: o.text("id")}
	m.Created = Unknown[time.Time]("the service does not tell")
	if t := o.time("createddatetime"); !t.IsZero() {
		m.Created = Known(t)
	}
	return m
}

// refused is the reason that an error body gives.
func refused(raw []byte, otherwise string) string {
	o, err := parseObject(raw)
	if err != nil {
		return otherwise
	}
	if code := o.inner("error").text("code"); code != "" {
		return "the service refused: " + code
	}
	return otherwise
}

// rules reads inbox rules by account, as Graph lists them.
func (d *decoder) rules() {
	if !d.asked(RulesPart) {
		return
	}
	d.items(RulesPart, func(item Item) error {
		i, ok := d.byID[item.Owner]
		if !ok || d.boxOf[i] == none {
			return nil
		}
		rules, err := rulesOf(item.Raw)
		if err == nil {
			d.change(int(d.boxOf[i]), func(m *Mailbox) { m.Rules = rules })
		}
		return err
	})
	why := d.why(RulesPart)
	for i := range d.boxes {
		if why != "" && !d.boxes[i].Rules.Known {
			d.change(i, func(m *Mailbox) { m.Rules.Why = why })
		}
	}
}

func rulesOf(raw []byte) (Fact[[]InboxRule], error) {
	list, ok := elements(raw)
	if !ok {
		return Unknown[[]InboxRule](refused(raw, "the list of rules cannot be read")), nil
	}
	rules := Known([]InboxRule{})
	for _, raw := range list {
		o, err := parseObject(raw)
		if err != nil {
			return rules, err
		}
		rules.Value = append(rules.Value, ruleOf(o))
	}
	return rules, nil
}

func ruleOf(o object) InboxRule {
	act := o.inner("actions")
	r := InboxRule{
		ID: o.text("id"), Name: o.text("displayname"), Enabled: o.flag("isenabled"), HasError: o.flag("haserror"), FromGraphOnly: true,
		Delete: act.flag("delete") || act.flag("permanentdelete"), MoveToFolder: act.text("movetofolder"), StopsFurther: act.flag("stopprocessingrules"),
	}
	for _, name := range []string{"forwardto", "forwardasattachmentto", "redirectto"} {
		for _, to := range act.objects(name) {
			if address := to.inner("emailaddress").text("address"); address != "" {
				r.ForwardTo = append(r.ForwardTo, address)
			}
		}
	}
	return r
}
