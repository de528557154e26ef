package baseline

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEmptyFileIsDefault(t *testing.T) {
	for _, file := range []string{"", "\n", "# later\n", "---\n", "{}", "\ufeff", "~"} {
		b, problems := Parse("b.yaml", []byte(file))
		if len(problems) > 0 {
			t.Errorf("%q: %v", file, problems[0])
			continue
		}
		if diff := cmp.Diff(Default().Settings(), b.Settings()); diff != "" {
			t.Errorf("%q (-default +got):\n%s", file, diff)
		}
	}
}

// TestFromValues reads what a rule's test case holds, as JSON decodes it.
func TestFromValues(t *testing.T) {
	f := func(object, file string) {
		t.Helper()
		var values map[string]any
		if err := json.Unmarshal([]byte(object), &values); err != nil {
			t.Fatal(err)
		}
		b, err := FromValues(values)
		if err != nil {
			t.Errorf("%s: %v", object, err)
			return
		}
		if diff := cmp.Diff(parsed(t, file).Settings(), b.Settings()); diff != "" {
			t.Errorf("%s (-file +values):\n%s", object, diff)
		}
	}
	f(`{}`, "")
	f(`null`, "")
	f(`{"approved_countries":["SE","NO"]}`, "approved_countries: [SE, NO]")
	f(`{"vip_users":[{"value":"ann@contoso.com","until":"2027-01-31","note":"<b>\u2028"}]}`,
		"vip_users: [{value: ann@contoso.com, until: 2027-01-31}]")
	f(`{"spray_distinct_users":3,"spray_window":"5m","travel_min_km":1.5}`,
		"spray_distinct_users: 3\nspray_window: 5m\ntravel_min_km: 1.5")
	f(`{"holidays":{"SE":["12-25"]},"legacy_auth_disabled":true}`, "holidays: {SE: [12-25]}\nlegacy_auth_disabled: true")
	f(`{"upn_regex_user":"^[a-z]+\\.[a-z]+@"}`, `upn_regex_user: '^[a-z]+\.[a-z]+@'`)
}

func TestFromValuesRefuses(t *testing.T) {
	f := func(values map[string]any, want string) {
		t.Helper()
		b, err := FromValues(values)
		if b != nil || err == nil || err.Error() != want {
			t.Errorf("FromValues(%v) = %v\nwant %s", values, err, want)
		}
	}
	f(map[string]any{"spray_window": 15},
		`read baseline values: spray_window: "15" is not a duration: write a number and a unit, such as 15m, 24h or 7d`)
	f(map[string]any{"aproved_countries": nil, "approved_countries": []string{"SE", "SE"}},
		`read baseline values: approved_countries: "SE" is listed twice`+"\n"+
			`unknown parameter "aproved_countries": did you mean "approved_countries"?`)
	f(map[string]any{"vip_users": nil},
		`read baseline values: vip_users: has no value: write [] for an empty list, or leave the line out for the default`)
	f(map[string]any{"vip_users": make(chan int)},
		`read baseline values: json: unsupported type: chan int`)
}

func TestProblemString(t *testing.T) {
	for want, p := range map[string]Problem{
		"b.yaml:3: no": {"b.yaml", 3, "no"},
		"b.yaml: no":   {"b.yaml", 0, "no"},
		"no":           {"", 3, "no"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%#v reads %q, want %q", p, got, want)
		}
	}
}
