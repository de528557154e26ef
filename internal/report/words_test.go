package report

import (
	"io/fs"
	"regexp"
	"slices"
	"testing"

	"vakt/internal/check"
	"vakt/internal/text"
)

func ids(t *testing.T, lang string) []string {
	t.Helper()
	c, err := text.ReadCatalogue(wordFiles, "words")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(c.IDs(lang))
}

// Every message that the page or the code asks for exists in English, and
// every English message in Swedish.
func TestWordsAreThere(t *testing.T) {
	en, sv := ids(t, "en"), ids(t, "sv")
	for _, id := range en {
		if !slices.Contains(sv, id) {
			t.Errorf("sv.yaml lacks %q", id)
		}
	}
	page, err := fs.ReadFile(pageFiles, "page/report.html")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`[({] ?[tn] "([a-z._]+)"`).FindAllStringSubmatch(string(page), -1)
	if len(asked) < 40 {
		t.Fatalf("found %d messages on the page: the test no longer reads it", len(asked))
	}
	for _, m := range asked {
		if !slices.Contains(en, m[1]) {
			t.Errorf("the page asks for %q, which en.yaml lacks", m[1])
		}
	}
	for _, v := range check.Verdicts() {
		if id := "verdict." + string(v); !slices.Contains(en, id) {
			t.Errorf("en.yaml lacks %q", id)
		}
	}
}
