package report

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"vakt/internal/check"
)

// checkTexts is what a check's document says to people.
type checkTexts struct {
	Name, Title string
	Vakt        struct{ Next, Needs []string }
}

func allChecks(t *testing.T) []checkTexts {
	t.Helper()
	files, err := filepath.Glob("../../checks/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no checks", err)
	}
	out := make([]checkTexts, len(files))
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Load(data, &out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func swedish(t *testing.T) voice {
	t.Helper()
	v, err := speaker("sv")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Every check has a Swedish title, and everything that it tells to do and asks
// for is said in Swedish; what nobody says any more is not in the book.
func TestChecksAreSwedish(t *testing.T) {
	v := swedish(t)
	names := map[string]bool{}
	for _, c := range allChecks(t) {
		names["check."+c.Name] = true
		if !v.Knows("check." + c.Name) {
			t.Errorf("sv.yaml lacks %q: %s", "check."+c.Name, c.Title)
		}
		for _, s := range slices.Concat(c.Vakt.Next, c.Vakt.Needs) {
			if _, ok := v.say(s); !ok {
				t.Errorf("said/sv.yaml lacks %q", s)
			}
		}
	}
	for _, s := range check.Steps() {
		if _, ok := v.say(s); !ok {
			t.Errorf("said/sv.yaml lacks %q", s)
		}
	}
	stale := slices.DeleteFunc(ids(t, "sv"), func(id string) bool { return !strings.HasPrefix(id, "check.") || names[id] })
	if len(stale) > 0 {
		t.Errorf("sv.yaml has titles of checks that do not exist: %q", stale)
	}
}

// Every reason of a verdict has a Swedish text that has the same values.
func TestReasonsAreSwedish(t *testing.T) {
	v := swedish(t)
	for _, r := range check.ReasonTexts() {
		id := "reason." + r.ID
		if !v.Knows(id) {
			t.Errorf("sv.yaml lacks %q: %s", id, r.Text)
			continue
		}
		given := check.Reason{ID: r.ID, Text: r.Text, Values: map[string]string{}}
		for _, m := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(r.Text, -1) {
			given.Values[m[1]] = "«" + m[1] + "»"
		}
		said := v.reason(given)
		for name, value := range given.Values {
			if !strings.Contains(said, value) && name != "count" {
				t.Errorf("%s does not say %s: %q", id, name, said)
			}
		}
		if strings.Contains(said, "<no value>") {
			t.Errorf("%s asks for a value that the reason does not have: %q", id, said)
		}
	}
	counted := check.Reason{ID: "delegates_keep_access", Values: map[string]string{"count": "1"}}
	if one := v.reason(counted); !strings.HasPrefix(one, "En person") {
		t.Errorf("one delegate is %q", one)
	}
}

// Every fact that a check or a verdict names has a name in both languages.
func TestFactsHaveNames(t *testing.T) {
	facts := check.UnreadFacts()
	for _, doc := range slices.Concat(check.AccountFacts(), check.TenantFacts()) {
		facts = append(facts, doc.Name)
	}
	for _, lang := range Languages() {
		there := ids(t, lang)
		for _, fact := range facts {
			if !slices.Contains(there, "fact."+fact) {
				t.Errorf("%s.yaml lacks %q", lang, "fact."+fact)
			}
		}
	}
}

func TestSentence(t *testing.T) {
	v := swedish(t)
	for english, want := range map[string]string{
		"users.json is partial: no permission User.Read.All":                                "Konton: ofullständig, eftersom behörigheten User.Read.All saknas",
		"elsewhere.json is partial: no permission User.Read.All":                            "elsewhere.json is partial: no permission User.Read.All",
		"signInActivity.json is absent: the tenant has no Entra ID P1; no logs were given":  "Inloggningsaktivitet: ej läst, eftersom klientorganisationen saknar Entra ID P1; inga loggar gavs",
		"the policy \"{why} is {state}\" names a group or role whose members were not read": "principen \"{why} is {state}\" anger en grupp eller roll vars medlemmar inte lästes",
		"no permission ":          "no permission ",
		"and 7 others":            "och 7 till",
		"something else entirely": "something else entirely",
		"":                        "",
	} {
		if got := v.sentence(english); got != want {
			t.Errorf("%q is said as %q, want %q", english, got, want)
		}
	}
}

// A form must not ask for what its sentence does not have.
func TestBooksFit(t *testing.T) {
	braces := regexp.MustCompile(`{\w+}`)
	for _, lang := range Languages() {
		data, err := saidFiles.ReadFile("said/" + lang + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		pages := map[string]string{}
		if err := yaml.Load(data, &pages); err != nil {
			t.Fatal(err)
		}
		for english, said := range maps.All(pages) {
			for _, name := range braces.FindAllString(said, -1) {
				if !strings.Contains(english, name) {
					t.Errorf("%s: %q has no %s for %q", lang, english, name, said)
				}
			}
		}
	}
}

// FuzzSentence: whatever a service or a directory says is said as it came or
// by the book, and never lost.
func FuzzSentence(f *testing.F) {
	for _, s := range []string{"", "no permission X", "users.json is partial: ", "{why} is {state}: {part}", "a; no logs were given; no logs were given"} {
		f.Add(s)
	}
	v := voice{}
	f.Fuzz(func(t *testing.T, s string) {
		if v.book == nil {
			v = swedish(t)
		}
		said, known := v.say(s)
		if !known && said != s {
			t.Errorf("%q became %q though nobody knows it", s, said)
		}
		if s != "" && said == "" {
			t.Errorf("%q was lost", s)
		}
	})
}
