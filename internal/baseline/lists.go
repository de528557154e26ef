package baseline

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vakt/internal/rule"
)

var _ rule.Lists = (*Baseline)(nil)

// needsDirectory is why a live list is unread.
const needsDirectory = "needs --directory DIR"

// Expand gives the list behind %name%; single texts (a regular expression, an
// id) are lists of one, and the mapping of attribute to regular expression is
// the list of its attributes. Some names take a part behind a full stop:
// allowed_cloud_account_classes a class (see class), required_attributes a
// number (see attribute). It answers false for parameters that are no list:
// numbers, durations, other mappings and names that do not exist.
//
// Where part of a list could not be read (no directory, or a group that is
// not in it), Items holds the part that is known and Unread says what is
// missing.
func (b *Baseline) Expand(name string) (rule.Expansion, bool) {
	switch base, part, _ := strings.Cut(name, "."); {
	case part != "" && base == cloudClasses:
		return b.class(part)
	case part != "" && base == requiredAttributes:
		return b.attribute(part)
	}
	p, ok := lookup(name)
	if !ok {
		return rule.Expansion{}, false
	}
	v := b.values[name]
	switch {
	case p.Kind == Patterns:
		var x rule.Expansion
		for _, r := range v.rows {
			x.Items = append(x.Items, rule.Item{Value: r.key})
		}
		return x, true
	case shapes[p.Kind].form == list:
		return b.expand(p, v), true
	case p.Kind == Pattern, p.Kind == ID, p.Kind == Zone, p.Kind == Mode, p.Kind == Switch:
		return b.expand(p, asList(p, v)), true
	}
	return rule.Expansion{}, false
}

// cloudClasses names the classes of account that need not be synced.
const cloudClasses = "allowed_cloud_account_classes"

// class is the regular expression that the names of a class of account fit, as
// a list of one: that of administrators is upn_regex_admin, and for the other
// classes, which a name does not show, one that fits every name. It is empty
// for a class that is not listed, and of administrators where nobody has said
// how they are named.
func (b *Baseline) class(name string) (rule.Expansion, bool) {
	class, err := checkClass(name)
	if err != nil {
		return rule.Expansion{}, false
	}
	x := rule.Expansion{Optional: true}
	if !slices.ContainsFunc(b.values[cloudClasses].items, func(it item) bool { return it.text == class }) {
		return x, true
	}
	pattern := "."
	if class == "admin" {
		pattern = b.values["upn_regex_admin"].scalar
	}
	if pattern != "" {
		x.Items = []rule.Item{{Value: pattern}}
	}
	return x, true
}

// requiredAttributes names the attributes of every account. mostAttributes is
// how many of them a rule can ask for one by one.
const (
	requiredAttributes = "required_attributes"
	mostAttributes     = 8
)

// attribute is the attribute of a number from 1, in the order of names, as a
// list of one: behind the last one, the last one again, so that a rule that
// asks for each of eight asks for all that there are. It is empty where none is
// declared.
func (b *Baseline) attribute(number string) (rule.Expansion, bool) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > mostAttributes {
		return rule.Expansion{}, false
	}
	rows := b.values[requiredAttributes].rows
	if len(rows) == 0 {
		return rule.Expansion{}, true
	}
	return rule.Expansion{Items: []rule.Item{{Value: rows[min(n, len(rows))-1].key}}}, true
}

// asList is a single text as a list. A switch that is off is an empty list, so
// that its rules sleep; one that is on holds "true", whatever its date: an item
// has an end, but no beginning.
func asList(p Param, v value) value {
	switch {
	case v.scalar == "", p.Kind == Switch && v.scalar == "false":
		return value{declared: v.declared}
	case p.Kind == Switch:
		return value{items: []item{{text: "true"}}, declared: v.declared}
	}
	return value{items: []item{{text: v.scalar}}, declared: v.declared}
}

func (b *Baseline) expand(p Param, v value) rule.Expansion {
	x := rule.Expansion{Optional: p.MayBeEmpty}
	for _, it := range v.items {
		if it.text != "" {
			x.Items = append(x.Items, rule.Item{Value: it.text, Until: it.until})
			continue
		}
		members, why := b.members(it.label())
		x.Items = append(x.Items, asItems(members, it.until)...)
		x.Unread = cmp.Or(x.Unread, why)
		x.Optional = x.Optional || why == "" // read: nobody in it is an answer
	}
	if p.needs != "" && !v.declared && b.values[p.needs].scalar == "" {
		return x // nothing to tell the members by: an empty list, whatever the directory says
	}
	if p.Live == Joined || p.Live == Derived && !v.declared {
		members, why := b.members(p.Name)
		if p.MayBeEmpty {
			why = "" // exceptions that nobody has read except nothing
		}
		x.Items = append(x.Items, asItems(members, 0)...)
		x.Unread = cmp.Or(x.Unread, why)
		x.Optional = x.Optional || why == ""
	}
	switch {
	case x.Unread != "" && p.fallback != "":
		return rule.Expansion{FromField: p.fallback}
	case x.Unread != "" && p.Live == Derived:
		x.Unread += ", or " + p.Name + " in the baseline"
	}
	return x
}

// members looks a live list up; why says what is missing where there is none.
func (b *Baseline) members(list string) (members []string, why string) {
	members, ok := b.lists[list]
	switch {
	case ok:
		return members, ""
	case !b.read:
		return nil, needsDirectory
	}
	return nil, fmt.Sprintf("%s is not in the directory that was given", list)
}

func asItems(members []string, until int64) []rule.Item {
	out := make([]rule.Item, len(members))
	for i, m := range members {
		out[i] = rule.Item{Value: m, Until: until}
	}
	return out
}

// Number gives the value of a count, percentage or number. For counts that
// differ for users and administrators it gives the users'; the administrators'
// has the name with ".admin" behind it.
func (b *Baseline) Number(name string) (float64, bool) {
	base, class, _ := strings.Cut(name, ".")
	p, ok := lookup(base)
	if !ok {
		return 0, false
	}
	v := b.values[base]
	switch p.Kind {
	case Count, Percent, Number:
		if class == "" {
			return parseNumber(v.scalar)
		}
	case Counts:
		if class == "" {
			return parseNumber(v.scalar)
		}
		if i := slices.IndexFunc(v.rows, func(r row) bool { return r.key == class }); i >= 0 {
			return parseNumber(v.rows[i].texts[0])
		}
	}
	return 0, false
}

func parseNumber(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// Duration gives the value of a duration.
func (b *Baseline) Duration(name string) (time.Duration, bool) {
	p, ok := lookup(name)
	if !ok || p.Kind != Duration {
		return 0, false
	}
	d, err := parseDuration(b.values[name].scalar)
	return d, err == nil
}

// Patterns gives the regular expressions of a parameter that has one for each
// attribute, by attribute. It answers false for every other parameter.
func (b *Baseline) Patterns(name string) (map[string]string, bool) {
	p, ok := lookup(name)
	if !ok || p.Kind != Patterns {
		return nil, false
	}
	all := make(map[string]string, len(b.values[name].rows))
	for _, r := range b.values[name].rows {
		all[r.key] = r.texts[0]
	}
	return all, true
}
