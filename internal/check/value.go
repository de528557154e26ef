package check

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vakt/internal/directory"
	"vakt/internal/event"
)

// value is what one fact of a subject says to a check: unknown, nothing, or
// one or several scalars.
type value struct {
	list    []event.Value
	unknown bool
	why     string // of an unknown one
}

func unknown(why string) value { return value{unknown: true, why: unreadWhy(why)} }

// unreadWhy is why a fact is unknown, in words even where nobody said.
func unreadWhy(why string) string { return cmp.Or(why, "it was not looked at") }

func none() value { return value{} }

// words leaves empty texts out: an attribute without a text is not set.
func words(list ...string) value {
	var v value
	for _, s := range list {
		if s != "" {
			v.list = append(v.list, event.Value{Text: []byte(s), Type: event.String})
		}
	}
	return v
}

func flag(b bool) value {
	return value{list: []event.Value{{Text: strconv.AppendBool(nil, b), Type: event.Bool}}}
}

func number(n int) value {
	return value{list: []event.Value{{Text: strconv.AppendInt(nil, int64(n), 10), Type: event.Number}}}
}

func wordsOf(f directory.Fact[string]) value {
	if !f.Known {
		return unknown(f.Why)
	}
	return words(f.Value)
}

func flagOf(f directory.Fact[bool]) value {
	if !f.Known {
		return unknown(f.Why)
	}
	return flag(f.Value)
}

// daysOf is the age of a time in whole days; a time that is not set has none.
func daysOf(f directory.Fact[time.Time], at time.Time) value {
	switch {
	case !f.Known:
		return unknown(f.Why)
	case f.Value.IsZero():
		return none()
	}
	return number(days(f.Value, at))
}

// days counts whole days from one time to another; what lies ahead is 0.
func days(from, to time.Time) int {
	return int(max(0, math.Floor(to.Sub(from).Hours()/24)))
}

// values is what the rule engine sees.
func (v value) values() event.Values { return event.Values{Unknown: v.unknown, List: v.list} }

// plain is the value for people and JSON: null where it is unknown or empty.
func (v value) plain() any {
	if v.unknown || len(v.list) == 0 {
		return nil
	}
	all := make([]any, len(v.list))
	for i := range v.list {
		all[i] = plainOne(v.list[i])
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func plainOne(v event.Value) any {
	switch v.Type {
	case event.Bool:
		return string(v.Text) == "true"
	case event.Number:
		if n, err := strconv.ParseFloat(string(v.Text), 64); err == nil {
			return n
		}
	}
	return string(v.Text)
}

// texts are the values as texts.
func (v value) texts() []string {
	list := make([]string, len(v.list))
	for i := range v.list {
		list[i] = string(v.list[i].Text)
	}
	return list
}

// isOneOf compares without case.
func (v value) isOneOf(wanted []string) bool {
	return slices.ContainsFunc(v.texts(), func(t string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, t) })
	})
}
