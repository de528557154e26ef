package baseline_test

import (
	"bytes"
	"strings"
	"testing"

	"vakt/internal/baseline"
)

const learnedLines = `{"account":"AAAA","since":100,"country":{"SE":[100,900],"NO":[300,300]},"asn":{"64496":[100,900]},"device":{"Dev-1":[200,400]}}

{"account":"ann@contoso.com","name":"ann@contoso.com","since":50,"app":{"APP":[50,60]},"more":["app"]}
`

func TestLearned(t *testing.T) {
	b, problems := baseline.Default().WithLearned("m.jsonl", strings.NewReader(learnedLines))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, want := range []struct {
		account, field, value string
		first, last           int64
		ok                    bool
	}{
		{"aaaa", "location.countryOrRegion", "se", 100, 900, true},
		{"AAAA", "Location.CountryOrRegion", "NO", 300, 300, true},
		{"aaaa", "autonomousSystemNumber", "64496", 100, 900, true},
		{"aaaa", "deviceDetail.deviceId", "dev-1", 200, 400, true},
		{"Ann@contoso.com", "appId", "app", 50, 60, true},
		{"aaaa", "location.countryOrRegion", "DK", 0, 0, false},
		{"aaaa", "autonomousSystemNumber", "se", 0, 0, false}, // a value of another kind
		{"aaaa", "userAgent", "se", 0, 0, false},              // not learned
		{"bbbb", "location.countryOrRegion", "SE", 0, 0, false},
	} {
		first, last, ok := b.Learned(want.account, want.field, want.value)
		if first != want.first || last != want.last || ok != want.ok {
			t.Errorf("Learned(%s, %s, %s) = %d, %d, %v", want.account, want.field, want.value, first, last, ok)
		}
	}
	if since, ok := b.LearnedSince("AAAA"); since != 100 || !ok {
		t.Errorf("LearnedSince = %d, %v", since, ok)
	}
	if _, ok := b.LearnedSince("bbbb"); ok {
		t.Error("an account that nobody learned has a beginning")
	}
	if _, ok := baseline.Default().LearnedSince("aaaa"); ok {
		t.Error("the default baseline has learned something")
	}
}

func TestLearnedIsPartOfTheHash(t *testing.T) {
	hash := func(lines string) string {
		b, problems := baseline.Default().WithLearned("m.jsonl", strings.NewReader(lines))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return b.Hash()
	}
	first, again := hash(learnedLines), hash(learnedLines)
	if first == baseline.Default().Hash() || first == hash("") || first != again {
		t.Error("the hash does not go by what was learned")
	}
	b, _ := baseline.Default().WithLearned("m.jsonl", strings.NewReader(learnedLines))
	if got := b.WithDirectory(nil).Hash(); got == baseline.Default().WithDirectory(nil).Hash() {
		t.Error("a directory takes away what was learned")
	}
}

func TestLearnedRefuses(t *testing.T) {
	for name, lines := range map[string]string{
		"not JSON":      "country: SE",
		"two on a line": `{"account":"a","since":1} {"account":"b","since":1}`,
		"no account":    `{"since":1}`,
		"unknown key":   `{"account":"a","since":1,"colour":{}}`,
		"twice":         "{\"account\":\"a\",\"since\":1}\n{\"account\":\"A\",\"since\":1}",
		"value twice":   `{"account":"a","since":1,"country":{"SE":[1,2],"se":[1,2]}}`,
		"backwards":     `{"account":"a","since":1,"country":{"SE":[2,1]}}`,
		"far future":    `{"account":"a","since":9999999999}`,
		"before 1970":   `{"account":"a","since":-1}`,
	} {
		if b, problems := baseline.Default().WithLearned("m.jsonl", strings.NewReader(lines)); len(problems) == 0 || b != nil {
			t.Errorf("%s: not refused", name)
		} else if !strings.HasPrefix(problems[0].String(), "m.jsonl:") {
			t.Errorf("%s: no place in %q", name, problems[0])
		}
	}
	many := strings.Repeat("x\n", 200)
	if _, problems := baseline.Default().WithLearned("m.jsonl", strings.NewReader(many)); len(problems) != 51 {
		t.Errorf("%d problems", len(problems))
	}
}

func TestLearnedIsNamed(t *testing.T) {
	b, problems := baseline.Parse("b.yaml", []byte("learned: b.learned.jsonl\nspray_window: 20m\n"))
	if len(problems) > 0 || b.LearnedFile() != "b.learned.jsonl" {
		t.Fatal(problems)
	}
	for _, bad := range []string{"learned: [a]", "learned: 7", "learned:", `learned: ""`, `learned: "a\nb"`} {
		if _, problems := baseline.Parse("b.yaml", []byte(bad)); len(problems) != 1 {
			t.Errorf("%s: %v", bad, problems)
		}
	}
}

// Whatever stands in a file of what was learned, it is refused or read, and
// what is read can be asked for.
func FuzzLearned(f *testing.F) {
	f.Add([]byte(learnedLines))
	f.Add([]byte(`{"account":"a","since":1,"country":{"SE":[1,2]}}`))
	f.Add([]byte("{\"account\":\"\\u0000\",\"since\":4294967295}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, problems := baseline.Default().WithLearned("m", bytes.NewReader(data))
		if (b == nil) != (len(problems) > 0) {
			t.Fatalf("baseline %v, problems %v", b, problems)
		}
		if b != nil {
			b.Learned("a", "location.countryOrRegion", "SE")
			b.LearnedSince("a")
			_ = b.Hash()
		}
	})
}

func TestChange(t *testing.T) {
	b, _ := baseline.Parse("b.yaml", []byte("spray_window: 20m\napproved_countries: [SE]\n"))
	c, problems := b.WithChange("c.yaml", []byte("approved_countries: [NO]\nmute:\n  - {rule: password-spray, entity: 203.0.113.9, until: 2026-03-01, note: a test}\n  - {rule: signin-off-hours}\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if x, _ := c.Baseline.Expand("approved_countries"); len(x.Items) != 1 || x.Items[0].Value != "NO" {
		t.Errorf("countries %v", x.Items)
	}
	if x, _ := b.Expand("approved_countries"); x.Items[0].Value != "SE" {
		t.Error("the baseline itself has changed")
	}
	if d, _ := c.Baseline.Duration("spray_window"); d.Minutes() != 20 {
		t.Error("what the change does not name has changed")
	}
	if got := strings.Join(c.Parameters, " "); got != "approved_countries" {
		t.Errorf("parameters %q", got)
	}
	end := int64(1772409600) // 2026-03-02, as the date holds through its day
	for _, want := range []struct {
		rule   string
		entity string
		at     int64
		muted  bool
	}{
		{"password-spray", "203.0.113.9", end - 1, true},
		{"password-spray", "203.0.113.9", end, false},
		{"password-spray", "203.0.113.8", end - 1, false},
		{"brute-force-account", "203.0.113.9", end - 1, false},
		{"signin-off-hours", "anybody", end, true},
	} {
		got := false
		for i := range c.Mutes {
			got = got || c.Mutes[i].Holds(want.rule, []string{want.entity}, want.at)
		}
		if got != want.muted {
			t.Errorf("%v: muted %v", want, got)
		}
	}
	for _, bad := range []string{"", "mute: []", "mute: {rule: a}", "mute: [password-spray]", "mute: [{}]", "mute: [{rul: a}]", "mute: [{rule: a, until: soon}]", "colour: red"} {
		if c, problems := b.WithChange("c.yaml", []byte(bad)); len(problems) == 0 || c != nil {
			t.Errorf("%q: not refused", bad)
		}
	}
	if _, problems := baseline.Parse("b.yaml", []byte("mute: [{rule: a}]")); len(problems) != 1 {
		t.Error("a baseline takes mutes")
	}
}

// A change is refused or read; what is read is a baseline that can be asked.
func FuzzChange(f *testing.F) {
	f.Add([]byte("spray_window: 20m\nmute: [{rule: a, until: 2026-03-01}]"))
	f.Add([]byte("mute:\n  - {entity: 'x'}\nlearned: l"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := baseline.Default().WithChange("c", data)
		if (c == nil) != (len(problems) > 0) {
			t.Fatalf("change %v, problems %v", c, problems)
		}
		if c == nil {
			return
		}
		if len(c.Parameters)+len(c.Mutes) == 0 {
			t.Fatal("a change of nothing was taken")
		}
		_ = c.Baseline.Hash()
		for i := range c.Mutes {
			if c.Mutes[i].Rule == "" && c.Mutes[i].Entity == "" {
				t.Fatal("a mute of everything was taken")
			}
		}
	})
}
