package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vakt/internal/check"
	"vakt/internal/text"
)

// voice says what a report says, in one language: what has an id by the
// catalogue, and sentences of other rooms by the phrasebook.
type voice struct {
	*text.Speaker
	book *phrasebook
}

// speaker opens one language; an unknown one is an error that names the known.
func speaker(lang string) (voice, error) {
	words, err := text.ReadCatalogue(wordFiles, "words")
	if err != nil {
		return voice{}, fmt.Errorf("read the report's words: %w", err)
	}
	s, err := words.Speaker(lang)
	if err != nil {
		return voice{}, err
	}
	book, err := readPhrasebook(lang)
	return voice{s, book}, err
}

// severity, verdict, kind and part are the words for the stored values.
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

// reason says why: in the catalogue's words where it has the reason, else in
// those that came with it.
func (v voice) reason(r check.Reason) string {
	id, fact, unread := strings.Cut(r.ID, ":")
	if !v.Knows("reason." + id) {
		return capital(r.Text)
	}
	pairs := make([]any, 0, 2*len(r.Values))
	for name, value := range r.Values {
		switch {
		case name == "fact" && unread:
			value = v.known("fact."+fact, fact)
		case name == "why", name == "from", name == "last":
			value = v.sentence(value)
		}
		pairs = append(pairs, name, value)
	}
	if n, err := strconv.Atoi(r.Values["count"]); err == nil {
		return capital(v.Count("reason."+id, n, pairs...))
	}
	return capital(v.Say("reason."+id, pairs...))
}

func (v voice) reasons(all []check.Reason) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = v.reason(r)
	}
	return out
}

// capital begins a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if !unicode.IsLower(first) {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// title is the title of a check.
func (v voice) title(id, english string) string { return v.known("check."+id, english) }

// exceptionCovers says what an exception is for.
func (v voice) exceptionCovers(e *check.Exception) string {
	var parts []string
	for _, p := range []struct{ what, value string }{{"account", e.Account}, {"check", e.Check}, {"rule", e.Rule}} {
		if p.value != "" {
			parts = append(parts, v.Say("covers."+p.what, "Name", strconv.Quote(p.value)))
		}
	}
	return strings.Join(parts, ", ")
}

// percent writes a share as people of the language do: the least that it can
// be, and the most where some of the population are not known. A dash where
// there is nobody, as there is no number then.
func (v voice) percent(c *check.Coverage) string {
	least, most, ok := c.Percent()
	switch {
	case !ok:
		return "–"
	case c.Unknown == c.Total:
		return v.Say("unknown")
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
