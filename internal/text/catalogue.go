package text

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
)

// Catalogue holds the messages of one room in several languages. It is not
// changed after it was read.
type Catalogue struct {
	bundle *i18n.Bundle
	ids    map[string][]string // by language, sorted
}

// ReadCatalogue reads every LANGUAGE.yaml of a folder, such as en.yaml. A file
// maps the id of a message to its text, or to its forms by plural category
// (one, other). Texts are Go templates over the values that Say is given.
// English must be among the languages.
func ReadCatalogue(fsys fs.FS, dir string) (*Catalogue, error) {
	c := &Catalogue{bundle: i18n.NewBundle(language.English), ids: map[string][]string{}}
	c.bundle.RegisterUnmarshalFunc("yaml", func(data []byte, v any) error { return yaml.Load(data, v) })
	files, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("find messages in %q: %w", dir, err)
	}
	for _, name := range files {
		file, err := c.bundle.LoadMessageFileFS(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read messages %q: %w", name, err)
		}
		lang := strings.TrimSuffix(path.Base(name), ".yaml")
		for _, m := range file.Messages {
			c.ids[lang] = append(c.ids[lang], m.ID)
		}
		slices.Sort(c.ids[lang])
	}
	if c.ids["en"] == nil {
		return nil, fmt.Errorf("no messages in English in %q", dir)
	}
	return c, nil
}

// Languages lists the languages, sorted.
func (c *Catalogue) Languages() []string {
	var langs []string
	for lang := range c.ids {
		langs = append(langs, lang)
	}
	slices.Sort(langs)
	return langs
}

// IDs lists the ids of one language's messages, sorted.
func (c *Catalogue) IDs(lang string) []string { return c.ids[lang] }

// Speaker speaks one language of the catalogue. An unknown language is an
// error that names the known ones.
func (c *Catalogue) Speaker(lang string) (*Speaker, error) {
	if c.ids[lang] == nil {
		return nil, fmt.Errorf("no language %q: there are %s", lang, strings.Join(c.Languages(), ", "))
	}
	return &Speaker{lang: lang, catalogue: c, localizer: i18n.NewLocalizer(c.bundle, lang)}, nil
}

// Speaker says messages in one language. It may be used by several goroutines.
type Speaker struct {
	lang      string
	catalogue *Catalogue
	localizer *i18n.Localizer
}

// Lang is the language, such as "sv".
func (s *Speaker) Lang() string { return s.lang }

// Knows is true where the language has a message of its own for an id.
func (s *Speaker) Knows(id string) bool {
	_, ok := slices.BinarySearch(s.catalogue.ids[s.lang], id)
	return ok
}

// Say gives a message with the values put in: pairs of a name and a value. A
// message that the language lacks is said in English; one that nobody knows
// is its id, which looks wrong on purpose.
func (s *Speaker) Say(id string, pairs ...any) string {
	return s.say(&i18n.LocalizeConfig{MessageID: id, TemplateData: values(pairs)}, id)
}

// Count gives a message in the plural form for n; the text has {{.N}} for it.
func (s *Speaker) Count(id string, n int, pairs ...any) string {
	data := values(pairs)
	data["N"] = n
	return s.say(&i18n.LocalizeConfig{MessageID: id, PluralCount: n, TemplateData: data}, id)
}

func (s *Speaker) say(c *i18n.LocalizeConfig, id string) string {
	out, err := s.localizer.Localize(c)
	if out == "" && err != nil {
		return id
	}
	return out
}

func values(pairs []any) map[string]any {
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		data[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return data
}
