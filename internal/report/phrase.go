package report

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed said/*.yaml
var saidFiles embed.FS

// phrasebook says sentences of other rooms in the language of a report. What
// comes with an id is said by the catalogue of words; this is for what comes
// as an English sentence alone, such as why a part was not read. A sentence
// that the book does not hold is said as it came.
//
// A page of the book is an English sentence and its translation. What stands
// in braces is taken over. Of that, {part} and {state} must be the name and
// the state of a part and are said in words, and {why} is a sentence itself.
type phrasebook struct {
	exact map[string]string
	forms []form
}

// form is a sentence with braces: its fixed pieces, and the names between them.
type form struct {
	pieces, names []string
	said          string
}

// readPhrasebook reads one language's book; a language may have none.
func readPhrasebook(lang string) (*phrasebook, error) {
	b := &phrasebook{exact: map[string]string{}}
	data, err := saidFiles.ReadFile("said/" + lang + ".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	} else if err != nil {
		return nil, fmt.Errorf("read the sentences in %q: %w", lang, err)
	}
	pages := map[string]string{}
	if err := yaml.Load(data, &pages); err != nil {
		return nil, fmt.Errorf("read the sentences in %q: %w", lang, err)
	}
	for english, said := range pages {
		if f := formOf(english, said); len(f.names) > 0 {
			b.forms = append(b.forms, f)
			continue
		}
		b.exact[english] = said
	}
	slices.SortFunc(b.forms, func(x, y form) int { // the more a form fixes, the surer it is
		if d := y.fixed() - x.fixed(); d != 0 {
			return d
		}
		return strings.Compare(x.said, y.said)
	})
	return b, nil
}

func formOf(english, said string) form {
	f := form{said: said}
	rest := english
	for {
		before, after, found := strings.Cut(rest, "{")
		name, behind, closed := strings.Cut(after, "}")
		f.pieces = append(f.pieces, before)
		if !found || !closed {
			return f
		}
		f.names = append(f.names, name)
		rest = behind
	}
}

func (f *form) fixed() int { return len(strings.Join(f.pieces, "")) }

// match gives what stands in the braces; false where the sentence is another.
func (f *form) match(sentence string) ([]string, bool) {
	rest, ok := strings.CutPrefix(sentence, f.pieces[0])
	if !ok {
		return nil, false
	}
	var values []string
	last := len(f.pieces) - 1
	for _, piece := range f.pieces[1:last] {
		value, behind, found := strings.Cut(rest, piece)
		if !found || value == "" {
			return nil, false
		}
		values, rest = append(values, value), behind
	}
	value, ok := strings.CutSuffix(rest, f.pieces[last])
	return append(values, value), ok && value != ""
}

// say gives a sentence in the report's language. known is false where the book
// does not hold it.
func (v voice) say(sentence string) (said string, known bool) {
	if said, ok := v.book.exact[sentence]; ok {
		return said, true
	}
	for i := range v.book.forms {
		f := &v.book.forms[i]
		if values, ok := f.match(sentence); ok {
			if said, ok := v.fill(f, values); ok {
				return said, true
			}
		}
	}
	return sentence, false
}

// fill puts what stood in the braces into the translation.
func (v voice) fill(f *form, values []string) (string, bool) {
	pairs := make([]string, 0, 2*len(values))
	for i, name := range f.names {
		value := values[i]
		switch name {
		case "part", "state":
			if !v.Knows(name + "." + value) {
				return "", false
			}
			value = v.Say(name + "." + value)
		case "why":
			value = v.sentence(value)
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(f.said), true
}

// sentence is say for where nobody asks whether it is known.
func (v voice) sentence(s string) string {
	said, _ := v.say(s)
	return said
}

func (v voice) sentences(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = v.sentence(s)
	}
	return out
}
