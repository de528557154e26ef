package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// placed is a baseline that knows where groups stay.
type placed struct {
	fakeLists
	places []Place
}

func (p placed) Places(name string) ([]Place, bool) { return p.places, name == "homes" }

// staying is a rule with an away.
func staying(away string) string { return one("result: 0") + "vakt:\n  away: " + away + "\n" }

const atHome = "{places: homes, accounts: account, country: country, address: ip}"

func TestAway(t *testing.T) {
	lists := placed{places: []Place{
		{Group: "desk", Members: list("ann", "cid"), Countries: []string{"SE", "NO"}},
		{Group: "plant", Members: list("bob"), Networks: []string{"192.0.2.0/24", "198.51.100.7"}},
		{Group: "both", Members: list("dan"), Countries: []string{"FI"}, Networks: []string{"203.0.113.0/24"}},
	}}
	for record, want := range map[string]Truth{
		"result=0 account=ann country=dk":                 True,
		"result=0 account=ann country=se":                 False,
		"result=0 account=CID country=NO":                 False,
		"result=0 account=ann":                            False,
		"result=1 account=ann country=dk":                 False,
		"result=0 account=ann country=?":                  Unknown,
		"result=0 account=bob ip=192.0.2.9 country=DK":    False,
		"result=0 account=bob ip=198.51.100.7":            False,
		"result=0 account=bob ip=198.51.100.8 country=SE": True,
		"result=0 account=dan ip=198.51.100.8 country=fi": False,
		"result=0 account=dan ip=203.0.113.8 country=dk":  False,
		"result=0 account=dan ip=198.51.100.8 country=dk": True,
		"result=0 account=eve ip=198.51.100.8 country=dk": False,
	} {
		set := mustCompile(t, staying(atHome), lists)
		if got, _ := verdict(set, rec(t, strings.Fields(record)...)); got != want {
			t.Errorf("%s: %v, want %v", record, got, want)
		}
	}
}

// Who may be a member of a group that was not read may be away from its place.
func TestAwayOfAGroupThatWasNotRead(t *testing.T) {
	lost := Place{Group: "lost", Members: Expansion{Unread: "needs --directory"}, Countries: []string{"SE"}}
	set := mustCompile(t, staying(atHome), placed{places: []Place{lost}})
	for record, want := range map[string]Truth{"result=0 account=eve country=dk": Unknown, "result=0 account=eve country=SE": False, "result=1 account=eve country=dk": False} {
		if got, _ := verdict(set, rec(t, strings.Fields(record)...)); got != want {
			t.Errorf("%s: %v, want %v", record, got, want)
		}
	}
}

func TestAwayIsExplained(t *testing.T) {
	lists := placed{places: []Place{{Group: "desk", Members: list("ann"), Countries: []string{"SE"}, Networks: []string{"192.0.2.0/24"}}}}
	want := `A record of the risk detection log matches when s and away_from_their_place.
  s: result is 0
  away_from_their_place: account is on the baseline list homes: desk ("ann"), and country is not "SE", and ip is not in the network 192.0.2.0/24
`
	if diff := cmp.Diff(want, mustCompile(t, staying(atHome), lists).Rules()[0].Explain()); diff != "" {
		t.Error(diff)
	}
}

// Without a group the rule sleeps.
func TestAwaySleeps(t *testing.T) {
	set, problems := Compile(mustParse(t, staying(atHome)), schema, placed{})
	if got := messages(problems); !slices.Equal(got, []string{"warning: r.yml:8: asleep: baseline parameter homes is empty"}) {
		t.Error(got)
	}
	if c := set.Rules()[0]; !slices.Equal(c.Asleep, []string{"homes"}) {
		t.Error(c.Asleep)
	}
}

func TestAwayIsRefused(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		rules, problems := Parse("r.yml", []byte(text))
		_, more := Compile(rules, schema, placed{places: []Place{{Group: "desk", Members: list("ann"), Countries: []string{"SE"}}}})
		if got := messages(append(problems, more...)); !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%q\nlacks %q", got, want)
		}
	}
	f(staying("homes"), "vakt: away must be a map, not text")
	f(staying("{places: homes}"), "vakt: away: country is missing")
	f(staying(swap(atHome, "homes", "vips")), `r.yml:8: vakt: away: there is no baseline parameter "vips" that is a mapping of group to countries and networks`)
	f(staying(swap(atHome, "country: country", "country: county")), `search "away_from_their_place"`)
	f(counting+"vakt:\n  away: "+atHome+"\n", "vakt: away belongs in a plain rule")
}

// anyList has every other parameter as well, so that rules with extensions
// compile, and their mutants.

func (anyList) Number(string) (float64, bool) { return 5, true }

func (anyList) Duration(string) (time.Duration, bool) { return time.Hour, true }

func (anyList) Zone(string) (*time.Location, bool) { return time.UTC, true }

func (anyList) Holiday(string, string, int, time.Month, int) bool { return false }

func (anyList) Places(string) ([]Place, bool) {
	return []Place{{Group: "x", Members: list("x"), Countries: []string{"SE"}, Networks: []string{"192.0.2.0/24"}}}, true
}
