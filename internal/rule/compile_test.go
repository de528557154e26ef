package rule

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

func TestCompileRefuses(t *testing.T) {
	baseline := fakeLists{
		lists: map[string]Expansion{
			"empty": {}, "networks": list("192.0.2.0/24", "nonsense"), "patterns": list("a", "("),
			"stand_in": {FromField: "nowhere"}, "stand_ip": {FromField: "ip"}, "known_list": list("x"),
		},
		numbers: map[string]float64{"limit": 7}, durations: map[string]time.Duration{"span": time.Hour, "zero": 0},
	}
	ref := func(name string) string {
		return "name: " + name + "\n" + plain("s:\n  result: 1\ncondition: s\n") + "---\n"
	}
	counts := func(old, line string) string { return swap(counting, old, line) }
	f := func(name, text string, want ...string) {
		t.Run(name, func(t *testing.T) {
			set, problems := Compile(mustParse(t, text), schema, baseline)
			if diff := cmp.Diff(want, messages(problems)); diff != "" {
				t.Error(diff)
			}
			if n := len(set.Rules()) + len(set.Correlations()); Refused(problems) && n >= strings.Count(text, "title:") {
				t.Errorf("%d rules in the set although one was refused", n)
			}
		})
	}
	f("field", one("resultt: 1"), `r.yml:5: search "s": no record of the risk detection log has a field "resultt": did you mean "result"?`)
	f("field of another log", head+"  s:\n    risk: high\n  condition: s\n", `r.yml:5: search "s": no record of the sign-in log has a field "risk"`)
	f("two fields", plain("s:\n  - foo: 1\n  - bar: 1\ncondition: s\n"),
		`r.yml:5: search "s": no record of the risk detection log has a field "foo"`,
		`r.yml:6: search "s": no record of the risk detection log has a field "bar"`)
	f("list", one("result|expand: '%nothing%'"), `r.yml:5: search "s": there is no baseline parameter "nothing"`)
	f("list near", one("result|expand: '%KnownList%'"), `r.yml:5: search "s": there is no baseline parameter "KnownList": did you mean "known_list"?`)
	f("empty list", one("result|expand: '%empty%'"), `warning: r.yml:5: asleep: baseline parameter empty is empty`)
	f("bad network", one("ip|cidr|expand: '%networks%'"), `r.yml:5: search "s": baseline parameter networks: the item "nonsense" is not an address or a CIDR such as 192.0.2.0/24`)
	f("bad pattern", one("result|re|expand: '%patterns%'"), "r.yml:5: search \"s\": baseline parameter patterns: the item \"(\" is not a regular expression: error parsing regexp: missing closing ): `(`")
	f("stand-in", one("result|expand: '%stand_in%'"), `r.yml:5: search "s": baseline parameter stand_in is not set, and its stand-in: no record of the risk detection log has a field "nowhere"`)
	f("stand-in re", one("result|re|expand: '%stand_ip%'"), `r.yml:5: search "s": ip cannot stand in for the baseline parameter stand_ip under the modifier "re"`)
	f("other log", swap(one("Image: x"), "{product: azure, service: riskdetection}", "{product: windows, category: process_creation}"),
		`warning: r.yml:1: logs of process_creation/windows are not read here: this rule never matches`)
	f("group", one("result: 1")+"vakt:\n  group: [nobody]\n", `r.yml:8: vakt: group: no record of the risk detection log has a field "nobody"`)
	f("level_from", one("result: 1")+"vakt:\n  level_from: nolevel\n", `r.yml:8: vakt: level_from: no record of the risk detection log has a field "nolevel"`)
	f("folds_into", one("result: 1")+"name: mine\nvakt:\n  folds_into: mime\n", `warning: r.yml:9: vakt: folds_into: no rule has the name "mime": did you mean "mine"?`)
	f("same name", ref("same")+ref("same"), `r.yml:9: name "same" is taken by the rule in r.yml:1`)
	f("reference", ref("ab")+counts("[a]", "[abc]"), `r.yml:12: correlation: no rule has the name or id "abc": did you mean "ab"?`)
	f("group-by", ref("a")+counts("[ip]", "[nothing]"), `r.yml:13: correlation: group-by: no record of the risk detection log has a field "nothing"`)
	f("value", ref("a")+swap(counts("event_count", "value_count"), "{gte: 5}", "{gte: 5, field: nothing}"), `r.yml:15: correlation: field: no record of the risk detection log has a field "nothing"`)
	chain := "title: outer\ncorrelation: {type: event_count, rules: [c], group-by: [app], timespan: 1h, condition: {gte: 2}}\n"
	f("chain", ref("a")+"name: c\n"+counting+"---\n"+chain,
		`r.yml:19: correlation: group-by: the correlation "c" does not group by "app": it has ip`)
	f("chain of sums", ref("a")+"name: c\n"+counting+"---\n"+swap(swap(swap(chain, "event_count", "value_sum"), "[app]", "[ip]"), "{gte: 2}", "{gte: 2, field: ip}"),
		`r.yml:19: correlation: value_sum computes with a field of records, and "c" is a correlation`)
	f("circle", "name: c\n"+swap(counting, "[a]", "[d]")+"---\nname: d\n"+swap(counting, "[a]", "[c]"),
		`r.yml:5: correlation: the rule "d" has problems of its own (r.yml:10)`,
		`r.yml:14: correlation: "c" refers back to this one: rules must not go round in a circle`)
	f("circle of one", "name: c\n"+swap(counting, "[a]", "[c]"),
		`r.yml:5: correlation: "c" refers back to this one: rules must not go round in a circle`)
	f("alias of a stranger", ref("a")+counting+"  aliases: {who: {b: ip}}\n",
		`r.yml:16: correlation: aliases: who: "b" is not one of the rules: did you mean "a"?`,
		`warning: r.yml:16: correlation: aliases: neither group-by nor field uses "who"`)
	f("alias of one rule", ref("a")+ref("b2")+swap(swap(counting, "[a]", "[a, b2]"), "[ip]", "[who]")+"  aliases: {who: {a: ip}}\n",
		`r.yml:21: correlation: group-by: the alias "who" does not say what it is in the rule "b2"`)
	f("lack", ref("a")+one("result: 1")+"vakt:\n  not_followed_by: {rules: [b], within: 1h}\n", `r.yml:16: vakt: not_followed_by: no rule has the name or id "b": did you mean "a"?`)
	f("lack of itself", "name: a\n"+one("result: 1")+"vakt:\n  not_followed_by: {rules: [a], within: 1h}\n",
		`r.yml:9: vakt: not_followed_by: "a" refers back to this one: rules must not go round in a circle`)
	f("lack elsewhere", swap(ref("a"), "product: azure", "product: gcp")+one("result: 1")+"vakt:\n  not_followed_by: {rules: [a], within: 1h}\n",
		`warning: r.yml:1: logs of gcp/riskdetection are not read here: this rule never matches`,
		`r.yml:16: vakt: not_followed_by: the logs of "a" are not read here, so nobody can tell that it stays away`)
	f("counted lack", ref("b")+"name: a\n"+one("result: 1")+"vakt:\n  not_followed_by: {rules: [b], within: 1h}\n---\n"+counting,
		`r.yml:22: correlation: "a" has vakt: not_followed_by: count a rule without it and write it in the correlation`)
	f("collapse of a chain", ref("a")+"name: c\n"+counting+"---\n"+swap(chain, "[app]", "[ip]")+"vakt: {collapse: {within: 10s}}\n",
		`r.yml:20: vakt: collapse counts records, and "c" is a correlation: write it there`)
	f("collapse by nothing", ref("a")+counting+"vakt: {collapse: {by: nothing, within: 10s}}\n",
		`r.yml:16: vakt: collapse: no record of the risk detection log has a field "nothing"`)
	f("raise by an empty list", one("result: 1")+"vakt: {severity: [{when: {list: empty}, level: high}]}\n",
		`warning: r.yml:7: vakt: severity: baseline parameter empty is empty: this line raises nothing`)
	f("raise by no list", one("result: 1")+"vakt: {severity: [{when: {list: nothing}, level: high}]}\n",
		`r.yml:7: vakt: severity: there is no baseline parameter "nothing"`)
	f("raise by no field", one("result: 1")+"vakt: {severity: [{when: {distinct: nothing, at_least: 2}, level: high}]}\n",
		`r.yml:7: vakt: severity: no record of the risk detection log has a field "nothing"`)
	f("raise by no search", ref("a")+counting+"vakt: {severity: [{when: {matched: t}, level: high}]}\n",
		`r.yml:16: vakt: severity: no rule beneath uses a search "t": did you mean "s"?`)
	f("refused base", "name: a\n"+one("foo: 1")+"---\n"+counting,
		`r.yml:6: search "s": no record of the risk detection log has a field "foo"`,
		`r.yml:12: correlation: the rule "a" has problems of its own (r.yml:1)`)
	f("threshold", ref("a")+counting+"vakt:\n  threshold: nolimit\n", `r.yml:17: vakt: threshold: there is no baseline parameter "nolimit" that is a number`)
	f("timespan", ref("a")+counting+"vakt:\n  timespan: zero\n", `r.yml:17: vakt: timespan: there is no baseline parameter "zero" that is a time span above zero`)
	f("level of a correlation", ref("a")+counting+"vakt:\n  level_from: risk\n", `r.yml:17: vakt: level_from belongs in a plain rule: a correlation has one level`)
	f("unread correlation", swap(ref("a"), "product: azure", "product: gcp")+counting,
		`warning: r.yml:1: logs of gcp/riskdetection are not read here: this rule never matches`,
		`warning: r.yml:9: logs of its rules are not read here: this correlation never matches`)
}

func TestExpand(t *testing.T) {
	baseline := fakeLists{lists: map[string]Expansion{
		"names":    {Items: []Item{{Value: "Anna"}, {Value: "b*"}, {Value: "temp", Until: 100}, {Value: "both", Until: 100}, {Value: "both", Until: 200}}},
		"more":     list("Zoe"),
		"networks": {Items: []Item{{Value: "192.0.2.0/24"}, {Value: "2001:db8::7"}, {Value: "198.51.100.0/24", Until: 100}}},
		"patterns": {Items: []Item{{Value: "^x[0-9]$"}, {Value: "^y", Until: 100}}},
		"unread":   {Unread: "needs --directory"},
		"partly":   {Items: []Item{{Value: "seen"}}, Unread: "needs --directory"},
		"owner":    {FromField: "ownerDomain"},
		"none":     {Optional: true},
	}}
	f := func(item string, want Truth, pairs ...string) {
		t.Helper()
		if got, _ := verdict(mustCompile(t, one(item), baseline), rec(t, pairs...)); got != want {
			t.Errorf("%s on %q: %v, want %v", item, pairs, got, want)
		}
	}
	names := "result|expand: '%names%'"
	f(names, True, "result=ANNA")
	f(names, True, "result=b*")
	f(names, False, "result=bx")
	f(names, False, "ip=x")
	f(names, Unknown, "result=?")
	f(names, True, "result=temp", "time=99")
	f(names, False, "result=temp", "time=100")
	f(names, True, "result=both", "time=199")
	f(names, False, "result=both", "time=200")
	f("result|expand: ['%names%', '%more%']", True, "result=zoe")
	f("result|expand|cased: '%names%'", False, "result=anna")
	f("result|expand|neq: '%names%'", True, "result=other")
	f("result|expand|neq: '%names%'", False, "result=anna")
	f("result|contains|expand: '%names%'", True, "result=xxannaxx")
	f("result|contains|expand: '%names%'", True, "result=xxb*xx")
	f("result|contains|expand: '%names%'", False, "result=a temp", "time=100")
	f("result|startswith|expand: '%names%'", False, "result=xanna")
	f("result|endswith|expand: '%names%'", True, "result=xanna")
	f("ip|cidr|expand: '%networks%'", True, "ip=192.0.2.200")
	f("ip|cidr|expand: '%networks%'", True, "ip=2001:db8::7")
	f("ip|cidr|expand: '%networks%'", False, "ip=2001:db8::8")
	f("ip|cidr|expand: '%networks%'", True, "ip=198.51.100.1", "time=1")
	f("ip|cidr|expand: '%networks%'", False, "ip=198.51.100.1", "time=100")
	f("result|re|expand: '%patterns%'", True, "result=x7")
	f("result|re|expand: '%patterns%'", False, "result=yes", "time=100")
	f("result|expand: '%unread%'", Unknown, "result=a")
	f("result|expand: '%unread%'", False, "ip=x")
	f("result|expand|neq: '%unread%'", Unknown, "result=a")
	f("result|expand: '%partly%'", True, "result=seen")
	f("result|expand: '%partly%'", Unknown, "result=other")
	f("domain|expand: '%owner%'", True, "domain=CONTOSO.example.com", "ownerDomain=contoso.example.com")
	f("domain|expand: '%owner%'", False, "domain=fabrikam.example.com", "ownerDomain=contoso.example.com")
	f("domain|expand: '%owner%'", Unknown, "domain=fabrikam.example.com")
	f("domain|expand: '%owner%'", Unknown, "domain=fabrikam.example.com", "ownerDomain=?")
	f("domain|expand: '%owner%'", False, "ownerDomain=contoso.example.com")
	f("domain|endswith|expand: '%owner%'", True, "domain=mail.contoso.example.com", "ownerDomain=contoso.example.com")
	f("domain|startswith|expand: '%owner%'", False, "domain=mail.contoso.example.com", "ownerDomain=contoso.example.com")
	f("domain|contains|expand: '%owner%'", True, "domain=a.contoso.example.com.b", "ownerDomain=contoso.example.com")
	f("domain|expand|neq: '%owner%'", True, "domain=fabrikam.example.com", "ownerDomain=contoso.example.com")
	f("domain|expand|cased: '%owner%'", False, "domain=CONTOSO.example.com", "ownerDomain=contoso.example.com")
	f("result|expand: '%none%'", False, "result=a")
	f("result|expand|neq: '%none%'", True, "result=a")
	f("result|expand: '%none%'", Unknown, "result=?")
}

func TestUnreadListsAreNamed(t *testing.T) {
	set := mustCompile(t, plain("s:\n  result|expand: '%b%'\nu:\n  app|expand: ['%a%', '%b%']\nf:\n  domain|expand: '%c%'\ncondition: s and u and f\n"),
		fakeLists{lists: map[string]Expansion{"a": {Unread: "x"}, "b": {Unread: "x"}, "c": {FromField: "ownerDomain"}}})
	got, o := verdict(set, rec(t, "result=1", "app=1", "domain=d"))
	if got != Unknown || !slices.Equal(o.Unread, []string{"a", "b", "c"}) || len(o.Blind) != 0 {
		t.Errorf("%v, unread %q, blind %v", got, o.Unread, o.Blind)
	}
	_, o = verdict(set, rec(t, "result=1", "app=1", "domain=d", "ownerDomain=?"))
	if !slices.Equal(o.Blind, []event.Field{id(t, "ownerDomain")}) {
		t.Errorf("blind %v, want the stand-in", o.Blind)
	}
}

func TestAsleepRulesNeverMatch(t *testing.T) {
	rules := mustParse(t, "name: a\n"+plain("s:\n  result: 1\nf:\n  ip|expand: '%empty%'\ncondition: s and not f\n")+
		"---\nname: b\n"+plain("s:\n  result: 1\ncondition: s\n")+"---\nname: c\n"+counting)
	set, problems := Compile(rules, schema, fakeLists{lists: map[string]Expansion{"empty": {}}})
	if Refused(problems) || len(problems) != 1 {
		t.Fatal(problems)
	}
	out := set.NewMatcher().Match(rec(t, "result=1"), event.Risk, nil)
	if len(out) != 1 || out[0].Rule.Name != "b" {
		t.Errorf("matched %v", out)
	}
	var asleep []string
	for _, c := range set.Asleep() {
		asleep = append(asleep, c.Name+" "+strings.Join(c.Asleep, ","))
	}
	if diff := cmp.Diff([]string{"a empty", "c empty"}, asleep); diff != "" {
		t.Error(diff)
	}
}

func TestGroupDefaultsToAccount(t *testing.T) {
	set := mustCompile(t, one("result: 1")+"---\n"+swap(one("result: 1"), "title: t", "title: u")+"vakt:\n  group: [ip, app]\n  level_from: risk\n", nil)
	r := set.Rules()
	if !slices.Equal(r[0].Group, []event.Field{id(t, "account")}) || r[0].LevelField != event.NoField {
		t.Errorf("default group %v", r[0].Group)
	}
	if !slices.Equal(r[1].Group, []event.Field{id(t, "ip"), id(t, "app")}) || r[1].LevelField != id(t, "risk") {
		t.Errorf("own group %v, level %v", r[1].Group, r[1].LevelField)
	}
	want := sortedFields([]event.Field{id(t, "account"), id(t, "result"), id(t, "ip"), id(t, "app"), id(t, "risk")})
	if diff := cmp.Diff(want, set.Fields()); diff != "" {
		t.Error(diff)
	}
}

func TestCorrelation(t *testing.T) {
	const baseID = "11111111-2222-3333-4444-555555555555"
	text := "name: fail\n" + head + "  s: {result: 1}\n  condition: s\n---\n" +
		"title: other\nid: " + strings.ToUpper(baseID) + "\nlogsource: {product: azure, service: auditlogs}\ndetection:\n  s: {app: x}\n  condition: s\n---\n" +
		"name: spray\ntitle: Spray\ncorrelation:\n  type: value_count\n  rules: [fail, " + strings.ToUpper(baseID) + "]\n  group-by: [ip]\n  timespan: 15m\n" +
		"  condition: {gte: 5, field: account}\nvakt:\n  threshold: limit\n  timespan: span\n  settle: 1h\n---\n" +
		"name: few\ntitle: Few\ncorrelation:\n  type: event_count\n  rules: fail\n  group-by: account\n  timespan: 1d\n  condition: {lt: 3}\n"
	set := mustCompile(t, text, fakeLists{numbers: map[string]float64{"limit": 12}, durations: map[string]time.Duration{"span": 2 * time.Hour}})
	cors := set.Correlations()
	if len(cors) != 2 {
		t.Fatalf("%d correlations", len(cors))
	}
	spray, few := cors[0], cors[1]
	if spray.Bounds[0] != (Bound{"gte", 12}) || spray.Window != 2*time.Hour || spray.Settle != time.Hour || spray.Log != event.SignIn|event.Audit || !spray.Growing() {
		t.Errorf("spray: %+v", spray)
	}
	if few.Bounds[0] != (Bound{"lt", 3}) || few.Window != 24*time.Hour || few.Settle != 10*time.Minute || few.Growing() {
		t.Errorf("few: %+v", few)
	}
	if len(spray.Base) != 2 || spray.Base[1].Rule.Title != "other" || !slices.Equal(spray.Base[0].Values, []event.Field{id(t, "account")}) ||
		!slices.Equal(spray.Base[1].Group, []event.Field{id(t, "ip")}) {
		t.Errorf("base: %+v", spray.Base)
	}
	for _, c := range set.Rules() {
		if set.Alerting(c) {
			t.Errorf("%s alerts by itself", c.Key())
		}
	}
	if !set.Alerting(spray) {
		t.Error("the correlation does not alert")
	}
	lacks := func(name string) func(event.Field) bool {
		return func(f event.Field) bool { return f != id(t, name) }
	}
	for _, tt := range []struct {
		lacks         string
		fully, partly bool
	}{{"country", true, true}, {"app", false, true}, {"ip", false, false}, {"account", false, false}} {
		if fully, partly := spray.CanMatch(lacks(tt.lacks)); fully != tt.fully || partly != tt.partly {
			t.Errorf("without %s: %v %v", tt.lacks, fully, partly)
		}
	}
}

func TestHolds(t *testing.T) {
	want := map[string][3]bool{
		"gt": {false, false, true}, "gte": {false, true, true}, "lt": {true, false, false},
		"lte": {true, true, false}, "eq": {false, true, false}, "neq": {true, false, true},
	}
	for op, w := range want {
		c := &Compiled{Bounds: []Bound{{op, 5}}}
		if got := [3]bool{c.Holds(4), c.Holds(5), c.Holds(6)}; got != w {
			t.Errorf("%s: %v, want %v", op, got, w)
		}
	}
}

func TestGenerateLetsBaseRulesAlert(t *testing.T) {
	base := "name: a\n" + plain("s:\n  result: 1\ncondition: s\n") + "---\n"
	for _, tt := range []struct {
		text string
		want bool
	}{
		{base + counting, false},
		{base + counting + "generate: true\n", true},
		{base + counting + "  generate: true\n", true},
		{base + counting + "  generate: false\n", false},
		{base + counting + "generate: true\n---\n" + swap(counting, "title: t", "title: u"), true},
		{base + swap(counting, "title: t", "title: u") + "---\n" + counting + "generate: true\n", true},
	} {
		set := mustCompile(t, tt.text, nil)
		if got := set.Alerting(set.Rules()[0]); got != tt.want {
			t.Errorf("%s: alerting %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestCanMatch(t *testing.T) {
	f := func(detection string, lacks string, fully, partly bool) {
		t.Helper()
		c := mustCompile(t, plain(detection), fakeLists{lists: map[string]Expansion{"unread": {Unread: "x"}, "none": {Optional: true}}}).Rules()[0]
		gotFully, gotPartly := c.CanMatch(func(f event.Field) bool { return f != id(t, lacks) })
		if gotFully != fully || gotPartly != partly {
			t.Errorf("%s without %s: %v %v, want %v %v", detection, lacks, gotFully, gotPartly, fully, partly)
		}
	}
	f("s:\n  result: 1\ncondition: s\n", "app", true, true)
	f("s:\n  result: 1\ncondition: s\n", "result", false, false)
	f("s:\n  result: 1\ncondition: s\n", "account", false, false)
	f("s:\n  result: 1\ncondition: not s\n", "result", false, false)
	f("s:\n  result: 1\n  app: x\ncondition: s\n", "app", false, false)
	f("s:\n  - result: 1\n  - app: x\ncondition: s\n", "app", false, true)
	f("s:\n  result: 1\nf:\n  app: x\ncondition: s and not f\n", "app", false, false)
	f("s:\n  result: 1\nf:\n  app: x\ncondition: s or not f\n", "app", false, true)
	f("k: [x]\ncondition: k\n", "app", true, true)
	f("s:\n  result|expand: '%unread%'\ncondition: s\n", "app", false, false)
	f("s:\n  result|expand: '%unread%'\ncondition: not s\n", "app", true, true)
	f("s:\n  result|exists: false\ncondition: s\n", "result", false, false)
}

func TestHash(t *testing.T) {
	a := "name: a\n" + plain("s:\n  result: [1, 2]\ncondition: s\n")
	b := "name: b\n" + plain("s:\n  result: '*'\ncondition: s\n")
	of := func(text string) string { return mustCompile(t, text, nil).Hash() }
	first := of(a + "---\n" + b)
	same := []string{
		b + "---\n" + a,
		"# comment\n" + a + "---\n" + b,
		swap(a, "[1, 2]", "\n    - 1\n    - 2") + "---\n" + b,
		a + "---\n" + swap(b, "'*'", `"*"`),
	}
	for _, text := range same {
		if of(text) != first {
			t.Errorf("the hash changed with the writing:\n%s", text)
		}
	}
	other := []string{
		a, swap(a, "[1, 2]", "[2, 1]") + "---\n" + b, swap(a, "1", "'1'") + "---\n" + b,
		a + "level: low\n---\n" + b,
	}
	for _, text := range other {
		if of(text) == first {
			t.Errorf("the hash is the same for other rules:\n%s", text)
		}
	}
}

func TestLoadFS(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := fstest.MapFS{
		"rules/b.yml":          file("name: b\n" + one("result: 1")),
		"rules/a/one.yml":      file("name: a\n" + one("result: 1")),
		"rules/a/two.YML":      file("name: a\n" + one("result: 2")),
		"rules/a/bad.yml":      file("title: [\n"),
		"rules/c.yaml":         file("name: long ending\n" + one("result: 1")),
		"rules/a/one.hit.json": file("{}"),
		"rules/README.md":      file("title: x"),
		"rules/huge.yml":       file(strings.Repeat("# x\n", maxFile/4+1)),
		"elsewhere.yml":        file("name: c\n" + one("result: 1")),
	}
	rules, problems := LoadFS(fsys, "rules")
	var names []string
	for _, r := range rules {
		names = append(names, r.Name+" "+r.File)
	}
	if diff := cmp.Diff([]string{"a rules/a/one.yml", "b rules/b.yml", "long ending rules/c.yaml"}, names); diff != "" {
		t.Error(diff)
	}
	want := []string{
		"rules/a/bad.yml:2: not readable as YAML: did not find expected node content",
		`rules/a/two.YML:1: name "a" is taken by the rule in rules/a/one.yml:1`,
		"rules/huge.yml: the file is larger than 1 MiB: split it, a rule is a page of text",
	}
	if diff := cmp.Diff(want, messages(problems)); diff != "" {
		t.Error(diff)
	}
	_, problems = LoadNamed(fsys, "rules", func(name string) string { return "here/" + name })
	for i := range want {
		want[i] = "here/" + strings.Replace(want[i], "in rules/", "in here/rules/", 1)
	}
	if diff := cmp.Diff(want, messages(problems)); diff != "" {
		t.Errorf("named otherwise: %s", diff)
	}
	if rules, problems := LoadFS(fsys, "elsewhere.yml"); len(rules) != 1 || len(problems) != 0 {
		t.Errorf("one file: %d rules, %v", len(rules), problems)
	}
	if rules, problems := LoadFS(fsys, "missing"); len(rules) != 0 || !Refused(problems) {
		t.Errorf("missing folder: %d rules, %v", len(rules), problems)
	}
}

// What the condition does not use has no say: not on sleep, not on fields.
func TestUnusedSearchesAreLeftOut(t *testing.T) {
	rules, _ := Parse("r.yml", []byte(plain("s:\n  result: 1\n_u:\n  nothing|expand: '%empty%'\ncondition: s\n")))
	set, problems := Compile(rules, schema, fakeLists{lists: map[string]Expansion{"empty": {}}})
	if len(problems) != 0 || len(set.Asleep()) != 0 {
		t.Errorf("problems %v, asleep %v", problems, set.Asleep())
	}
	if diff := cmp.Diff([]event.Field{id(t, "result")}, set.Rules()[0].Fields); diff != "" {
		t.Error(diff)
	}
}

// Compile itself refuses doubles too: rules may come from several folders.
func TestCompileRefusesDoubles(t *testing.T) {
	a, _ := Parse("a/r.yml", []byte(one("result: 1")))
	b, _ := Parse("b/r.yml", []byte(one("result: 2")))
	set, problems := Compile(append(a, b...), schema, nil)
	want := []string{`b/r.yml:1: title "t" (the rule has neither name nor id) is taken by the rule in a/r.yml:1`}
	if diff := cmp.Diff(want, messages(problems)); diff != "" || len(set.Rules()) != 1 {
		t.Errorf("%d rules, %s", len(set.Rules()), diff)
	}
}
