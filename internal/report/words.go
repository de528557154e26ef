package report

import (
	"fmt"
	"strconv"
	"strings"

	"vakt/internal/check"
	"vakt/internal/text"
)

// voice says what a report says, in one language. Texts that come with a
// finding are English; where the catalogue has them by id, its words are used.
type voice struct{ *text.Speaker }

// severity, verdict, kind and status are the words for the stored values.
func (v voice) severity(s fmt.Stringer) string { return v.Say("severity." + s.String()) }
func (v voice) verdict(s check.Verdict) string { return v.Say("verdict." + string(s)) }
func (v voice) kind(s string) string           { return v.known("kind."+s, s) }
func (v voice) part(s string) string           { return v.known("part."+s, s) }

// known says a message that may be lacking, else the given text.
func (v voice) known(id, other string) string {
	if v.Knows(id) {
		return v.Say(id)
	}
	return other
}

// reason says why, in the report's language where the catalogue has the
// reason. One that something was not read is made of the fact's name.
func (v voice) reason(r check.Reason) string {
	if fact, ok := strings.CutPrefix(r.ID, "could_not_look:"); ok && v.Lang() != "en" {
		return v.Say("reason.could_not_look", "Fact", v.known("fact."+fact, fact))
	}
	if v.Lang() == "en" || !v.Knows("reason."+r.ID) {
		return r.Text
	}
	pairs := make([]any, 0, 2*len(r.Values))
	for name, value := range r.Values {
		pairs = append(pairs, name, value)
	}
	return v.Say("reason."+r.ID, pairs...)
}

func (v voice) reasons(all []check.Reason) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = v.reason(r)
	}
	return out
}

// title is the title of a check.
func (v voice) title(id, english string) string {
	if v.Lang() == "en" {
		return english
	}
	return v.known("check."+id, english)
}

// ask says whom to ask; "no owner" is said in words.
func (v voice) ask(all []string) []string {
	out := make([]string, len(all))
	for i, who := range all {
		out[i] = who
		if who == "no owner" {
			out[i] = v.Say("ask.no_owner")
		}
	}
	return out
}

// percent writes a share as people of the language do: the least that it can
// be, and the most where some of the population are not known. A dash where
// there is nobody, as there is no number then.
func (v voice) percent(c *check.Coverage) string {
	least, most, ok := c.Percent()
	switch {
	case !ok:
		return "–"
	case least == most:
		return v.number(least) + " %"
	}
	return v.number(least) + "–" + v.number(most) + " %"
}

func (v voice) number(n float64) string {
	s := strconv.FormatFloat(n, 'f', 1, 64)
	if v.Lang() == "sv" {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}
