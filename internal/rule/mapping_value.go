package rule

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"vakt/internal/event"
)

// values reads the values of an item whose field is one of ours.
func (m *mapper) values(s search, it item) reading {
	if it.opaque() {
		return reading{{m.referred(it)}}
	}
	field := m.res.lower(it.field)
	switch {
	case m.log == event.Audit && field == "activitydisplayname":
		return m.activities(s, it)
	case m.log == event.Audit && field == "targetresources" && slices.Contains(positional, it.how.op):
		m.find(readAs, it.line, "a text in %s is looked for in modified properties as well, which some shapes keep apart", it.field)
		return anyField(it, []string{it.field, "targetResources.modifiedProperties"})
	case it.how.op == opEquals && slices.Contains(idFields, field) && it.takeEmpty():
		m.find(readAs, it.line, "an empty %s is read as absent", it.field)
		none := it.is(it.field, literal{kind: nullLiteral, text: "null"})
		if len(it.values) == 0 {
			return reading{{none}}
		}
		return append(m.respelt(s, it), branch{none})
	}
	return m.respelt(s, it)
}

// opaque tells whether the values are no texts that records of the field hold.
func (it *item) opaque() bool {
	return it.how.fieldref || it.how.part != "" || it.how.transforms() != ""
}

// referred gives our names for the fields that an item refers to.
func (m *mapper) referred(it item) item {
	if !it.how.fieldref {
		return it
	}
	it.values = slices.Clone(it.values)
	for i, v := range it.values {
		if ours := m.plain(v.text); ours != v.text {
			m.find(readAs, v.line, "%q is read as %s", v.text, ours)
			it.values[i].text = ours
		}
	}
	return it
}

// idFields are fields in which an empty or all-zero id counts as none.
var idFields = []string{
	"devicedetail.deviceid", "userid", "appid", "resourceid", "correlationid", "serviceprincipalid", "resourcetenantid", "hometenantid",
}

// takeEmpty takes the empty texts out of the values, and tells whether there
// was one.
func (it *item) takeEmpty() bool {
	rest := slices.DeleteFunc(slices.Clone(it.values), func(v literal) bool { return v.kind == textLiteral && v.text == "" })
	found := len(rest) < len(it.values)
	it.values = rest
	return found
}

// respelt replaces values that the field spells otherwise.
func (m *mapper) respelt(s search, it item) reading {
	table := spellings[m.log][m.res.lower(it.field)]
	if it.how.op == opEquals && !it.how.all && len(table) > 0 {
		var list []literal
		for _, v := range it.values {
			ours, ok := table[strings.ToLower(v.text)]
			if !ok || v.kind == listLiteral {
				list = append(list, v)
				continue
			}
			m.find(readAs, v.line, "%s %q is read as %s", it.field, v.text, strings.Join(ours, " or "))
			for _, text := range ours {
				list = append(list, literal{kind: textLiteral, text: text, line: v.line})
			}
		}
		it.values = list
	}
	m.check(s, &it)
	return reading{{it}}
}

// activities reads names of directory audits, which are kept without their
// full stop and with a hyphen for a dash.
func (m *mapper) activities(s search, it item) reading {
	plain := it
	plain.values = nil
	var more reading
	for _, v := range it.values {
		if v.kind == textLiteral {
			v.text = m.activity(it, v)
		}
		if r, ok := it.meant(v); ok && it.how.op == opEquals && !it.how.all {
			m.find(readAs, v.line, "%q is read as %s", v.text, r.words())
			more = append(more, r...)
			continue
		}
		plain.values = append(plain.values, v)
	}
	if len(plain.values) == 0 {
		return more
	}
	m.check(s, &plain)
	return append(reading{{plain}}, more...)
}

// activity brings a name, or the part of one, to the form of the records.
func (m *mapper) activity(it item, v literal) string {
	text := strings.ReplaceAll(v.text, "–", "-")
	if it.how.op == opEquals || it.how.op == opContains || it.how.op == opEndsWith {
		text = strings.TrimSuffix(text, ".")
	}
	if text == "" || it.how.op == opRegex {
		return v.text
	}
	if text != v.text {
		m.find(readAs, v.line, "%q is read as %q: names of audits have neither dash nor full stop", v.text, text)
	}
	return text
}

// meant looks a name up that no audit has, but that public rules and guides
// use for one that is.
func (it item) meant(v literal) (reading, bool) {
	if v.kind != textLiteral {
		return nil, false
	}
	if parts := pairParts(v.text); parts != nil {
		value := func(s string) literal { return word(strings.Trim(s, `"\[] `)) }
		return reading{{
			it.is("modified."+parts[1]+".old", value(parts[2])),
			it.is("modified."+parts[1]+".new", value(parts[3])),
		}}, true
	}
	key := strings.ToLower(v.text)
	if names := activityNames[key]; names != nil {
		return reading{{it.is("activityDisplayName", words(names...)...)}}, true
	}
	if key == "update application sucess- property name appaddress" {
		return reading{{
			it.is("activityDisplayName", word("Update application")),
			it.is("result", word("success")),
			it.is("targetResources.modifiedProperties.displayName", word("AppAddress")),
		}}, true
	}
	return nil, false
}

// modifiedPair is a modified property as text cut out of a record.
var modifiedPair = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^"displayName":"([A-Za-z.]+)","oldValue":"(\[?\\*"[A-Za-z]+\\*"\]?)","newValue":"(\[?\\*"[A-Za-z]+\\*"\]?)"$`)
})

// pairParts gives the name and the two values of such a text after the text
// itself; nil when it is none, as hardly any is.
func pairParts(text string) []string {
	if !strings.HasPrefix(text, `"displayName"`) {
		return nil
	}
	return modifiedPair().FindStringSubmatch(text)
}

// placeholders puts baseline parameters in the place of the placeholders that
// public rules use for them. outside says that the placeholder stands for
// what is not on the parameter's list.
func (m *mapper) placeholders(it *item) (outside bool) {
	if !it.how.expand || m.lists == nil {
		return false
	}
	meanings := make([]placeholderMeaning, len(it.values))
	for i, v := range it.values {
		meanings[i].list = v.text
		if _, ours := m.lists.Expand(v.text); ours || v.kind != listLiteral {
			continue
		}
		p, ok := placeholders[nameForm(v.text)]
		if _, there := m.lists.Expand(p.list); !ok || !there {
			return false // the compiler says that there is no such parameter
		}
		meanings[i] = p
	}
	outside = meanings[0].outside
	if slices.ContainsFunc(meanings, func(p placeholderMeaning) bool { return p.outside != outside }) {
		return false
	}
	it.values = slices.Clone(it.values)
	for i, p := range meanings {
		if it.values[i].text == p.list {
			continue
		}
		whose := "what is on"
		if outside {
			whose = "what is not on"
		}
		m.find(readAs, it.line, "%%%s%% is read as %s the baseline list %s", it.values[i].text, whose, p.list)
		it.values[i].text = p.list
		if p.network && it.how.op == opEquals {
			it.how.op = opCIDR
		}
	}
	return outside
}

// placeholderMeaning is what a public placeholder stands for.
type placeholderMeaning struct {
	list    string // a parameter of the baseline
	outside bool   // what is not on it
	network bool   // its items are networks
}

// placeholders are the names of SigmaHQ's placeholder rules and the standard
// ones of Sigma, in the form of nameForm.
var placeholders = map[string]placeholderMeaning{
	"approveduserupn":   {list: "approved_account_admins"},
	"approvedusers":     {list: "approved_account_admins"},
	"approvedinviters":  {list: "approved_inviters"},
	"legitcountries":    {list: "approved_countries"},
	"approvedcountries": {list: "approved_countries"},
	"knownlocation":     {list: "approved_countries"},
	"knownlocations":    {list: "approved_countries"},
	"unlegitcountries":  {list: "privileged_countries", outside: true},
	"unapprovedip":      {list: "privileged_cidrs", outside: true, network: true},
	"unapproveddevice":  {list: "privileged_devices", outside: true},
	"importantappids":   {list: "important_app_ids"},
	"hometenantid":      {list: "home_tenant_id"},
	"administrators":    {list: "privileged_users"},
	"admins":            {list: "privileged_users"},
	"guests":            {list: "guests"},
	"vips":              {list: "vip_users"},
	"internalips":       {list: "known_egress_cidrs", network: true},
	"homenet":           {list: "known_egress_cidrs", network: true},
}

// standIn finds a value that stands for one of the reader's own: a placeholder
// without "expand", <name>, or one of the words that public rules use.
func standIn(it item) (text string, found bool) {
	if it.how.expand || it.how.op == opRegex || it.how.op == opExists || it.opaque() {
		return "", false
	}
	for _, v := range it.values {
		angled := len(v.text) > 2 && v.text[0] == '<' && v.text[len(v.text)-1] == '>'
		if v.kind == textLiteral && (angled || isPlaceholder(v.text) || strings.EqualFold(v.text, "UPN")) {
			return v.text, true
		}
	}
	return "", false
}

// saidByCode tells whether an item only repeats, as text, the error codes
// that another item of the branch asks for. 50053 has two meanings, which its
// text tells apart.
func (m *mapper) saidByCode(b branch, it *item) bool {
	if m.log != event.SignIn || it.how.negate || it.how.expand {
		return false
	}
	if form := nameForm(it.field); form != "resultdescription" && form != "failurereason" && form != "status.failurereason" {
		return false
	}
	return slices.ContainsFunc(b, func(other item) bool {
		form := nameForm(other.field)
		return (form == "resulttype" || form == "errorcode" || form == "status.errorcode") && other.how == (modifiers{}) &&
			!slices.ContainsFunc(other.values, func(v literal) bool { return v.text == "50053" || v.kind == nullLiteral })
	})
}
