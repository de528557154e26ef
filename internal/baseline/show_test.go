package baseline

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExampleIsDefault holds a beginner's first file, untouched, against no
// file at all.
func TestExampleIsDefault(t *testing.T) {
	b, problems := Parse("baseline.yaml", Example())
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	if diff := cmp.Diff(Default().Settings(), b.Settings()); diff != "" {
		t.Errorf("settings (-default +example):\n%s", diff)
	}
	if b.Hash() != Default().Hash() {
		t.Error("the hashes of the example and of the default differ")
	}
}

var commentedSetting = regexp.MustCompile(`(?m)^#([a-z]|  )`)

// uncommented takes the # away before every setting of an example.
func uncommented(example []byte) string {
	return commentedSetting.ReplaceAllString(string(example), "$1")
}

// TestExampleUncommentedDeclaresEverything takes all the # away: what the
// example shows must be right, and must be the defaults where there are any.
func TestExampleUncommentedDeclaresEverything(t *testing.T) {
	b, problems := Parse("baseline.yaml", []byte(uncommented(Example())))
	for _, p := range problems {
		t.Error(p)
	}
	if b == nil {
		return
	}
	byDefault := Default().Settings()
	for i, s := range b.Settings() {
		if s.Origin != FromFile {
			t.Errorf("%s: not set by the example", s.Name)
		}
		if p, _ := lookup(s.Name); p.Default != "" && s.Value != byDefault[i].Value {
			t.Errorf("%s: the example shows %q, the default is %q", s.Name, s.Value, byDefault[i].Value)
		}
	}
}

func TestExampleIsReadable(t *testing.T) {
	for i, line := range strings.Split(string(Example()), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("line %d is not commented out: %q", i+1, line)
		}
		if strings.HasPrefix(line, "# ") && len(line) > 150 {
			t.Errorf("line %d is too long to read: %q", i+1, line)
		}
	}
}

func TestSettingsOfDirectory(t *testing.T) {
	b, problems := Parse("b.yaml", []byte("resource_accounts: [room1@contoso.com]\naccepted_domains: [contoso.com]\n"))
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	b = b.WithDirectory(map[string][]string{"resource_accounts": {"a", "b"}, "accepted_domains": {"fabrikam.com"}, "guests": {}})
	type shown struct {
		Value   string
		Origin  Origin
		Missing string
	}
	want := map[string]shown{
		"resource_accounts": {"room1@contoso.com, 2 from the directory", FromDirectory, ""},
		"accepted_domains":  {"contoso.com", FromFile, ""},
		"guests":            {"0 from the directory", FromDirectory, ""},
		"privileged_users":  {"", FromDefault, "privileged_users is not in the directory that was given"},
		"spray_window":      {"15m", FromDefault, ""},
	}
	got := map[string]shown{}
	for _, s := range b.Settings() {
		if _, ok := want[s.Name]; ok {
			got[s.Name] = shown{s.Value, s.Origin, s.Missing}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}
