package text_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"vakt/internal/text"
)

func catalogue(t *testing.T) *text.Catalogue {
	t.Helper()
	c, err := text.ReadCatalogue(fstest.MapFS{
		"words/en.yaml": {Data: []byte("hello: Hello {{.Name}}\nonly: English\naccounts: {one: \"{{.N}} account\", other: \"{{.N}} accounts\"}\n")},
		"words/sv.yaml": {Data: []byte("hello: Hej {{.Name}}\naccounts: {one: \"{{.N}} konto\", other: \"{{.N}} konton\"}\n")},
	}, "words")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSay(t *testing.T) {
	c := catalogue(t)
	f := func(lang, id, want string, pairs ...any) {
		t.Helper()
		s, err := c.Speaker(lang)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Say(id, pairs...); got != want {
			t.Errorf("%s: Say(%q) = %q, want %q", lang, id, got, want)
		}
	}
	f("en", "hello", "Hello Åsa", "Name", "Åsa")
	f("sv", "hello", "Hej <b>{{.x}}", "Name", "<b>{{.x}}")
	f("sv", "only", "English")
	f("sv", "nobody.knows", "nobody.knows")
}

func TestCount(t *testing.T) {
	c := catalogue(t)
	sv, err := c.Speaker("sv")
	if err != nil {
		t.Fatal(err)
	}
	if one, many := sv.Count("accounts", 1), sv.Count("accounts", 12); one != "1 konto" || many != "12 konton" {
		t.Errorf("Count gives %q and %q", one, many)
	}
	if !sv.Knows("hello") || sv.Knows("only") {
		t.Error("Knows must tell a language's own messages from those it borrows")
	}
}

func TestCatalogueRefuses(t *testing.T) {
	if _, err := catalogue(t).Speaker("fi"); err == nil || !strings.Contains(err.Error(), "en, sv") {
		t.Errorf("an unknown language gives %v", err)
	}
	if _, err := text.ReadCatalogue(fstest.MapFS{"words/sv.yaml": {Data: []byte("a: b")}}, "words"); err == nil {
		t.Error("a catalogue without English was taken")
	}
	if _, err := text.ReadCatalogue(fstest.MapFS{"words/en.yaml": {Data: []byte("a: [")}}, "words"); err == nil {
		t.Error("a broken file was taken")
	}
}
