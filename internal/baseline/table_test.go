package baseline

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTableIsWhole holds every row of the table against what the rest of the
// package and its readers rely on.
func TestTableIsWhole(t *testing.T) {
	var names, sections []string
	for _, p := range table {
		if !regexp.MustCompile(`^[a-z][a-z_]*$`).MatchString(p.Name) || slices.Contains(names, p.Name) {
			t.Errorf("%q is no name, or not the only one", p.Name)
		}
		names = append(names, p.Name)
		if len(sections) == 0 || sections[len(sections)-1] != p.Section {
			if slices.Contains(sections, p.Section) {
				t.Errorf("%s: section %q is torn apart", p.Name, p.Section)
			}
			sections = append(sections, p.Section)
		}
		if (p.Default == "") == (p.example == "") {
			t.Errorf("%s: want a default or an example, and one of them only", p.Name)
		}
		if !strings.Contains(p.Question, "?") || len(p.Rows) == 0 || p.Kind.String() == "" {
			t.Errorf("%s: question, rows or kind is missing", p.Name)
		}
		form := shapes[p.Kind].form
		if form == list && p.Default == "" && p.Live == NotLive && !p.MayBeEmpty {
			if x, ok := Default().Expand(p.Name); !ok || len(x.Items) > 0 || x.Optional {
				t.Errorf("%s: an unanswered question does not put its rules to sleep", p.Name)
			}
		}
		if p.MayBeEmpty && form != list || p.Live != NotLive && form != list && p.Kind != ID {
			t.Errorf("%s: only lists can be empty or live", p.Name)
		}
	}
}

// TestTableHoldsTheCatalogue reads the table of parameters in the reference
// and looks for each of them, with its rows, here.
func TestTableHoldsTheCatalogue(t *testing.T) {
	text := fixture(t, "../../../shared/reference/detections.md")
	_, section, ok := strings.Cut(text, "\n## 9. Baseline parameters")
	if !ok {
		t.Fatal("the catalogue has no section 9")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	found := 0
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|.*\\| ([A-Z0-9, ]+) \\|$").FindAllStringSubmatch(section, -1) {
		found++
		p, ok := lookup(m[1])
		if !ok {
			t.Errorf("%s is in the catalogue and not in the table", m[1])
			continue
		}
		for _, row := range strings.Split(m[2], ", ") {
			if !slices.Contains(p.Rows, row) {
				t.Errorf("%s: row %s is in the catalogue and not in the table", p.Name, row)
			}
		}
	}
	if found < 70 || found != strings.Count(section, "\n| `") {
		t.Errorf("read %d parameters of %d lines", found, strings.Count(section, "\n| `"))
	}
}

// fixture reads a file beside the project. It skips the test where there is
// none, unless the environment demands fixtures.
func fixture(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		return string(data)
	}
	if strings.Contains(os.Getenv("VAKT_TEST_REQUIRE"), "fixtures") {
		t.Fatalf("VAKT_TEST_REQUIRE asks for fixtures: %v", err)
	}
	t.Skipf("the reference is not here: %v", err)
	return ""
}

func TestDefaultNumbers(t *testing.T) {
	b := Default()
	for name, want := range map[string]float64{
		"spray_distinct_users": 10, "failed_signin_threshold_user": 20, "failed_signin_threshold_admin": 10,
		"lockout_threshold": 3, "mfa_attempt_threshold": 3, "travel_speed_kmh": 900, "travel_min_km": 500,
		"volume_increase_pct_failed": 10, "volume_increase_pct_success": 10, "volume_min_count": 50,
	} {
		if got, ok := b.Number(name); !ok || got != want {
			t.Errorf("%s is %v, %t by default, want %v", name, got, ok, want)
		}
	}
	for _, p := range Params() {
		if shapes[p.Kind].form == scalar && p.Kind != Pattern && p.Kind != ID && p.Default == "" {
			t.Errorf("%s has no default: rules that count would not compile", p.Name)
		}
	}
}

func TestParamsAreCopies(t *testing.T) {
	p := Params()
	p[0].Name, p[0].Rows[0] = "changed", "changed"
	if q := Params()[0]; q.Name == "changed" || q.Rows[0] == "changed" {
		t.Error("a caller can change the table")
	}
}

func TestCountries(t *testing.T) {
	codes := strings.Fields(countries)
	if len(codes) != 250 || !slices.IsSorted(codes) {
		t.Errorf("%d country codes, want the 249 of ISO 3166-1 and XK", len(codes))
	}
}
