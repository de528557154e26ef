package alert_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/alert"
	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// context is that of the tests: a field is called by its number.
var context = alert.Context{
	RulesHash: "rules", BaselineHash: "baseline",
	FieldName: func(f event.Field) string { return map[event.Field]string{1: "account", 2: "appId", 3: "ip"}[f] },
}

// spray is a correlation's detection on the second day of 1970.
func spray() detect.Detection {
	c := &rule.Compiled{
		Rule: &rule.Rule{
			Name: "password-spray", Title: "Password spray", Tags: []string{"attack.credential-access", "attack.t1110.003"},
			Description: "Many accounts were tried\n  from one address. That is no typing error.", Correlation: &rule.Correlation{GroupBy: []string{"ip"}}, Vakt: rule.Vakt{Rows: []string{"P01"}, Next: []string{"Block the address"}},
		},
		Log: event.SignIn, Type: "value_count", Bounds: []rule.Bound{{Op: "gte", Number: 10}}, Window: 15 * time.Minute,
		Base: []rule.Base{{Values: []event.Field{1}}},
	}
	return detect.Detection{
		Rule: c, Group: []string{"203.0.113.9"}, Day: 1, First: 86400, Last: 86460, Count: 42, Value: 41, Severity: rule.High,
		Matched: []string{"selection_fail"}, Shapes: []event.Shape{event.GraphBeta}, Records: []string{"a", "b"},
		Entities: []event.Entity{{Kind: "account", ID: "0a", Name: "ann@contoso.com"}, {Kind: "ip", ID: "203.0.113.9", Name: "203.0.113.9"}},
	}
}

func one(t *testing.T, d detect.Detection) alert.Alert {
	t.Helper()
	all := alert.From([]*detect.Detection{&d}, context)
	if len(all) != 1 {
		t.Fatalf("%d alerts of one detection", len(all))
	}
	return all[0]
}

// Golden identities: they must never change, as people keep them in tickets.
const (
	sprayKey = "c8e5754070ff6873f149c5ff74f0d3ac1bd8574dd45ef8e94ce446e9b6311643"
	sprayID  = "d8ccb9a99939e719b6202641c7e8bf365419526a8ddbcf6c34989f38a19232e2"
)

func TestJSONIsAsPromised(t *testing.T) {
	got, err := json.Marshal(one(t, spray()))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"` + sprayID + `","key":"` + sprayKey + `","rule":"password-spray","title":"Password spray","description":"Many accounts were tried from one address.","severity":"high","status":"new",` +
		`"tenant":"","first_seen":"1970-01-02T00:00:00Z","last_seen":"1970-01-02T00:01:00Z","count":42,"group":[{"field":"ip","value":"203.0.113.9"}],` +
		`"entities":[{"kind":"ip","id":"203.0.113.9","name":"203.0.113.9"},{"kind":"account","id":"0a","name":"ann@contoso.com"}],` +
		`"why":[{"what":"distinct accounts","value":41,"at_least":false,"threshold":10,"window":"15m"}],` +
		`"matched":["selection_fail"],"events":["a","b"],"guide_rows":["P01"],"mitre":["T1110.003"],"formats":["graph_beta"],` +
		`"next":["Block the address"],"pivots":{"kql":"","powershell":""},"rules_hash":"rules","baseline_hash":"baseline"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestEmptyListsAreLists: a script may loop over every list.
func TestEmptyListsAreLists(t *testing.T) {
	d := detect.Detection{Rule: &rule.Compiled{Rule: &rule.Rule{Title: "Bare"}}, Group: []string{"x"}}
	got, err := json.Marshal(one(t, d))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(got, []byte("null")) {
		t.Errorf("a list is null: %s", got)
	}
	for _, list := range []string{"entities", "matched", "events", "guide_rows", "mitre", "formats", "next"} {
		if !bytes.Contains(got, []byte(`"`+list+`":[]`)) {
			t.Errorf("%s is no empty list: %s", list, got)
		}
	}
	if got, _ := json.Marshal(alert.From(nil, context)); string(got) != "[]" {
		t.Errorf("no alerts are %s", got)
	}
}

// TestIdentity: the key is of rule and group, the id of key and day, and
// neither of anything else.
func TestIdentity(t *testing.T) {
	base := one(t, spray())
	for name, tt := range map[string]struct {
		change          func(*detect.Detection)
		sameKey, sameID bool
	}{
		"nothing":   {func(*detect.Detection) {}, true, true},
		"day":       {func(d *detect.Detection) { d.Day++ }, true, false},
		"rule":      {func(d *detect.Detection) { d.Rule.Name = "other" }, false, false},
		"group":     {func(d *detect.Detection) { d.Group = []string{"203.0.113.10"} }, false, false},
		"two parts": {func(d *detect.Detection) { d.Group = []string{"203.0.113", "9"} }, false, false},
		"tenant":    {func(d *detect.Detection) { d.Tenant = "t1" }, false, false},
		"severity":  {func(d *detect.Detection) { d.Severity = rule.Low }, true, true},
		"times":     {func(d *detect.Detection) { d.First, d.Last = 5, 90000 }, true, true},
		"records":   {func(d *detect.Detection) { d.Records, d.Count, d.Value = []string{"z"}, 1, 1 }, true, true},
		"shape":     {func(d *detect.Detection) { d.Shapes = []event.Shape{event.AzureMonitor} }, true, true},
		"threshold": {func(d *detect.Detection) { d.Rule.Bounds[0].Number, d.Rule.Window = 3, time.Hour }, true, true},
		"title":     {func(d *detect.Detection) { d.Rule.Title, d.Rule.ID, d.Rule.Modified = "x", "y", "2026-01-01" }, true, true},
	} {
		d := spray()
		tt.change(&d)
		got := one(t, d)
		if same := got.Key == base.Key; same != tt.sameKey {
			t.Errorf("%s: same key %t, want %t", name, same, tt.sameKey)
		}
		if same := got.ID == base.ID; same != tt.sameID {
			t.Errorf("%s: same id %t, want %t", name, same, tt.sameID)
		}
	}
}

// TestTenantShown: the records' own tenant before the run's, which is no part
// of the identity.
func TestTenantShown(t *testing.T) {
	c := context
	c.Tenant = "run"
	d, named := spray(), spray()
	named.Tenant = "own"
	got := alert.From([]*detect.Detection{&d}, c)[0]
	if got.Tenant != "run" || got.Key != one(t, d).Key {
		t.Errorf("tenant %q, key %s: want run's tenant and the key of a run without one", got.Tenant, got.Key)
	}
	if got := alert.From([]*detect.Detection{&named}, c)[0].Tenant; got != "own" {
		t.Errorf("tenant %q, want own", got)
	}
}

func TestOrder(t *testing.T) {
	var list []*detect.Detection
	for i, first := range []int64{86402, 86400, 86402, 86401, 86402} {
		d := spray()
		d.First, d.Group = first, []string{fmt.Sprint("group ", i)}
		list = append(list, &d)
	}
	got := alert.From(list, context)
	if !slices.IsSortedFunc(got, func(a, b alert.Alert) int {
		return strings.Compare(a.FirstSeen+a.ID, b.FirstSeen+b.ID)
	}) {
		t.Error("not ordered by first_seen and id")
	}
	slices.Reverse(list)
	if diff := cmp.Diff(got, alert.From(list, context)); diff != "" {
		t.Errorf("another order of detections gives other alerts: %s", diff)
	}
}

// TestListsAreCapped: a hundred of a kind, and the group's own entity always
// among them, first.
// TestSeveralWorkersMakeTheSame: of many rules, groups and days.
func TestSeveralWorkersMakeTheSame(t *testing.T) {
	var list []*detect.Detection
	for i := range 3000 {
		d := spray()
		d.Day, d.Group = int64(i%7), []string{"192.0.2." + strconv.Itoa(i%40), "\"" + strconv.Itoa(i)}
		d.First, d.Last = d.Day*86400+int64(i*7919%86400), (d.Day+1)*86400
		list = append(list, &d)
	}
	want := alert.From(list, context)
	if !slices.IsSortedFunc(want, func(a, b alert.Alert) int { return strings.Compare(a.FirstSeen+a.ID, b.FirstSeen+b.ID) }) {
		t.Error("not in order")
	}
	for _, workers := range []int{1, 2, 5} {
		with := context
		with.Workers = workers
		if diff := cmp.Diff(want, alert.From(list, with)); diff != "" {
			t.Fatalf("%d workers: %s", workers, diff)
		}
	}
}

func TestListsAreCapped(t *testing.T) {
	d := spray()
	d.Group, d.Entities, d.Records = []string{"account-249"}, nil, nil
	for i := range 250 {
		id := fmt.Sprintf("Account-%03d", i)
		d.Entities = append(d.Entities, event.Entity{Kind: "account", ID: id, Name: id})
		d.Records = append(d.Records, id)
	}
	for i := range 3 {
		d.Entities = append(d.Entities, event.Entity{Kind: "ip", ID: fmt.Sprint("ip", i)})
	}
	got := one(t, d)
	if len(got.Entities) != alert.MaxListed+3 {
		t.Errorf("%d entities, want %d accounts and 3 addresses", len(got.Entities), alert.MaxListed)
	}
	if got.Entities[0].ID != "Account-249" || got.Entities[1].ID != "Account-000" || got.Entities[99].ID != "Account-098" {
		t.Errorf("begins %v, %v", got.Entities[0], got.Entities[1])
	}
	if !slices.Equal(got.Events, d.Records[:alert.MaxListed]) {
		t.Errorf("%d events", len(got.Events))
	}
}

func TestWhy(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*detect.Detection)
		want   alert.Why
	}{
		{"distinct accounts", func(*detect.Detection) {}, alert.Why{What: "distinct accounts", Value: 41, Threshold: 10, Window: "15m"}},
		{"at least", func(d *detect.Detection) { d.AtLeast, d.Rule.Window = true, 24*time.Hour }, alert.Why{What: "distinct accounts", Value: 41, AtLeast: true, Threshold: 10, Window: "1d"}},
		{"other field", func(d *detect.Detection) { d.Rule.Base[0].Values[0] = 2 }, alert.Why{What: "distinct appId", Value: 41, Threshold: 10, Window: "15m"}},
		{"addresses", func(d *detect.Detection) { d.Rule.Base[0].Values[0], d.Rule.Window = 3, 90*time.Second }, alert.Why{What: "distinct ips", Value: 41, Threshold: 10, Window: "90s"}},
		{"events", func(d *detect.Detection) { d.Rule.Type, d.Rule.Window = "event_count", 2*time.Hour }, alert.Why{What: "sign-ins", Value: 41, Threshold: 10, Window: "2h"}},
		{"of several logs", func(d *detect.Detection) { d.Rule.Type, d.Rule.Log = "event_count", event.Audit|event.Unified }, alert.Why{What: "events", Value: 41, Threshold: 10, Window: "15m"}},
		{"plain", func(d *detect.Detection) { d.Rule.Correlation, d.Rule.Log = nil, event.Audit }, alert.Why{What: "matching audit events", Value: 41, Threshold: 1, Window: "1d"}},
	} {
		d := spray()
		tt.change(&d)
		if diff := cmp.Diff([]alert.Why{tt.want}, one(t, d).Why); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestSeverityIsText(t *testing.T) {
	for s, want := range map[rule.Severity]string{
		rule.Informational: "informational", rule.Low: "low", rule.Medium: "medium", rule.High: "high", rule.Critical: "critical",
	} {
		d := spray()
		d.Severity = s
		text, err := json.Marshal(one(t, d))
		if err != nil || !bytes.Contains(text, []byte(`"severity":"`+want+`","status":"new"`)) {
			t.Errorf("%v: %s, %v", s, text, err)
		}
	}
}

// TestTextsStayRaw: what a log says is not escaped here beyond what JSON asks.
func TestTextsStayRaw(t *testing.T) {
	d := spray()
	d.Entities = []event.Entity{{Kind: "account", ID: "<b>\u202e\x1b[31m", Name: "\"';--"}}
	if diff := cmp.Diff(d.Entities, one(t, d).Entities); diff != "" {
		t.Error(diff)
	}
}
