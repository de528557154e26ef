package detect

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"vakt/internal/baseline"
	"vakt/internal/rule"
)

// manyFailures are sign-ins of which few are of a group that fires: more than a
// page of origins holds, each from an address of its own, but for the last.
func manyFailures() []string {
	var texts []string
	for i := range pageItems + 800 {
		texts = append(texts, signIn(fmt.Sprint("r", i), fmt.Sprintf("10:%02d:%02d", i/60%60, i%60), fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
	}
	for i := range 3 {
		texts = append(texts, fail(fmt.Sprint("last", i), fmt.Sprintf("00:0%d", i)))
	}
	return texts
}

// placedRun shows texts to a worker, each with a place.
func placedRun(t *testing.T, d *Detector, texts []string) *trial {
	t.Helper()
	s := &trial{d: d, kept: &kept{layout: d.Layout(), texts: texts, read: map[int]int{}}, workers: make([]*Worker, 1), placed: slices.Repeat([]bool{true}, len(texts))}
	s.run(t)
	return s
}

const followedTop = `title: Top
name: top
correlation: {type: event_count, rules: [fail], group-by: [ip], timespan: 1m, condition: {gte: 3}}
level: medium
vakt: {not_followed_by: {rules: [pass], within: 10s}}
`

// TestSpilledTracesSayTheSame: traces and origins that lie in files lead to the
// same records, and to no others.
func TestSpilledTracesSayTheSame(t *testing.T) {
	d := detectorOf(t, steps(followedTop))
	texts := append(manyFailures(), code(signIn("p", "10:30:00", "10.0.0.1"), 0), end())
	results := map[int]string{}
	for _, limit := range []int{math.MaxInt, 20_000} {
		d.Spill(limit, 1, scratchOf(t).file)
		s := placedRun(t, d, texts)
		w := s.workers[0]
		if inFiles := w.spill != nil && len(w.spill.traces) > 1 && w.origins.written == 1; inFiles != (limit < math.MaxInt) {
			t.Errorf("limit %d: traces in files: %v", limit, inFiles)
		}
		res, err := s.decide()
		if err != nil {
			t.Fatal(err)
		}
		if results[limit] = written(res); len(res.Detections) != 1 || res.Detections[0].Count != 3 || len(s.kept.read) != 3 {
			t.Errorf("limit %d: read %v, found %s", limit, s.kept.read, results[limit])
		}
	}
	if results[20_000] != results[math.MaxInt] {
		t.Errorf("the results differ: %v", results)
	}
}

// TestDecideRefusesDamagedTraces: traces that cannot be read again are not
// traces that never were.
func TestDecideRefusesDamagedTraces(t *testing.T) {
	texts := manyFailures()
	for name, of := range map[string]func(*spill) *os.File{"traces": func(s *spill) *os.File { return s.traceFile }, "origins": func(s *spill) *os.File { return s.origins }} {
		d := detectorOf(t, steps(top))
		d.Spill(20_000, 1, scratchOf(t).file)
		s := placedRun(t, d, append(slices.Clone(texts[len(texts)-3:]), texts...))
		if err := of(s.workers[0].spill).Truncate(30); err != nil {
			t.Fatal(err)
		}
		if res, err := s.decide(); err == nil || !strings.Contains(err.Error(), "did not fit into memory") {
			t.Errorf("%s cut short: %v, %v", name, res, err)
		}
	}
}

// TestDecideRefusesAnotherRecord: where another record stands now than was
// seen, or none, nothing is said at all: of facts, of rows, and of versions.
func TestDecideRefusesAnotherRecord(t *testing.T) {
	three := []string{fail("a", "00:00"), fail("b", "00:10"), fail("c", "00:20"), end()}
	const fresh = "vakt: {group: [account], first_seen: {values: ip, within: 2h, after: none}}\n"
	rules := map[string]string{
		"facts": steps(top),
		"rows":  strings.TrimSuffix(detectionRule("fresh", "status.errorCode: 50126", fresh), "---\n"),
	}
	for name, text := range rules {
		for change, now := range map[string]string{
			"another record": fail("x", "00:00"), "another time": fail("a", "00:01"), "no record": "{}", "no JSON": `{"id":`,
		} {
			s := placedRun(t, detectorOf(t, text), slices.Clone(three))
			s.kept.texts[0] = now
			if res, err := s.decide(); err == nil {
				t.Errorf("%s, %s: %+v", name, change, plainly(res.Detections))
			}
		}
	}
}

// TestTracesOfManyRules: a fact of a rule beyond those that a temporal
// correlation may have stands beside traces.
func TestTracesOfManyRules(t *testing.T) {
	var rules strings.Builder
	var names []string
	for i := range maxOrdered + 6 {
		names = append(names, fmt.Sprint("rule", i))
		rules.WriteString(detectionRule(names[i], fmt.Sprintf("status.errorCode: %d", 50000+i), ""))
	}
	fmt.Fprintf(&rules, "title: Top\nname: top\ncorrelation: {type: event_count, rules: [%s], group-by: [account], timespan: 1m, condition: {gte: 3}}\n", strings.Join(names, ", "))
	texts := make([]string, 3)
	for i := range texts {
		texts[i] = code(fail(fmt.Sprint("r", i), fmt.Sprint("00:1", i)), 50000+maxOrdered+i)
	}
	d := detectorOf(t, rules.String())
	s := placedRun(t, d, texts)
	s.placed[1] = false
	s.run(t)
	res, err := s.decide()
	if err != nil || len(res.Detections) != 1 || res.Detections[0].Count != 3 {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestTracesAreSmall: what they take is what is reckoned with, in memory and in
// a file, and they survive the way through one.
func TestTracesAreSmall(t *testing.T) {
	if a, b := unsafe.Sizeof(trace{}), unsafe.Sizeof(origin{}); a != traceBytes || b != originBytes {
		t.Errorf("a trace takes %d bytes, an origin %d", a, b)
	}
	one := trace{tag: 1<<31 + 5, origin: 1<<30 + 7, value: 1<<63 + 9}
	var line [traceBytes]byte
	one.encode(&line)
	var got trace
	if got.decode(&line); got != one {
		t.Errorf("got %+v, want %+v", got, one)
	}
	from := origin{At{Input: 1<<30 + 1, Size: 1<<29 + 3, Offset: 1<<62 + 5}, keyed('r', 7), -5}
	buf := make([]byte, originBytes)
	from.encode(buf)
	var back origin
	if back.decode(buf); back != from {
		t.Errorf("got %+v, want %+v", back, from)
	}
}

// TestNewerVersionTakesATraceAlong: an older version that is a fact does not
// count where the newer one is a trace of a group that cannot fire.
func TestNewerVersionTakesATraceAlong(t *testing.T) {
	texts := []string{
		fail("one", "00:00"), fail("two", "00:01"),
		signIn("two", "10:00:01", "192.0.2.2", "lastUpdatedDateTime", `"2026-03-02T11:00:00Z"`),
	}
	d := detectorOf(t, steps(strings.Replace(top, "gte: 3", "gte: 2", 1)))
	for _, placed := range [][]bool{{true, true, true}, {true, false, true}, {false, false, true}, {true, true, false}, nil} {
		s := placedRun(t, d, texts)
		s.placed = placed
		s.run(t)
		if res, err := s.decide(); err != nil || len(res.Detections) > 0 {
			t.Errorf("placed %v: %+v, %v", placed, res, err)
		}
	}
}

// TestTravelIsFollowed: what follows a travel is not asked where it is.
func TestTravelIsFollowed(t *testing.T) {
	rules := detectionRule("pass", "status.errorCode: 0", "") + strings.Replace(travelRule(""), "severity: [", "severity: [{when: {followed_by: [pass], within: 1h}, level: critical}, ", 1)
	lists, problems := baseline.Parse("b.yaml", []byte(travelLists))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	there := went{id: 2, account: 'a', at: spotsOnEarth[4], time: 60}
	here := went{id: 1, account: 'a', at: spotsOnEarth[0]}
	s := placedRun(t, detectorWith(t, rules, lists), []string{here.json(), there.json()})
	res, err := s.decide()
	if err != nil || !slices.ContainsFunc(res.Detections, func(d *Detection) bool { return d.Rule.Key() == "travel" && d.Severity == rule.Critical }) {
		t.Errorf("%+v, %v", res, err)
	}
}

// TestFactsBesideTraces: what was seen without a place counts beside what was
// seen with one, each for itself, and what follows takes back all its groups.
func TestFactsBesideTraces(t *testing.T) {
	who := func(record, account string) string {
		return strings.Replace(record, "0000000a-0000-0000-0000-000000000001", "0000000a-0000-0000-0000-00000000000"+account, 1)
	}
	risks := func(record, list string) string {
		return strings.Replace(record, `"userId"`, `"riskEventTypes_v2":`+list+`,"userId"`, 1)
	}
	values := strings.NewReplacer("event_count", "value_count", "gte: 3", "gte: 3, field: account").Replace(top)
	byRisk := strings.Replace(followedTop, "[ip]", "[riskEventTypes_v2]", 1)
	three := []string{risks(fail("a", "00:00"), `["b"]`), risks(fail("b", "00:01"), `["b"]`), risks(fail("c", "00:02"), `["b"]`), end()}
	for _, tt := range []struct {
		name, above string
		texts       []string
		want        int
	}{
		{"three values", values, []string{fail("a", "00:00"), who(fail("b", "00:01"), "2"), who(fail("c", "00:02"), "3")}, 1},
		{"two values", values, []string{fail("a", "00:00"), who(fail("b", "00:01"), "2"), who(fail("c", "00:02"), "2")}, 0},
		{"nothing follows", byRisk, three, 1},
		{"the second group is followed", byRisk, append(three, risks(pass("p", "00:05"), `["a","b"]`)), 0},
	} {
		for without := range 1 << len(tt.texts) {
			s := placedRun(t, detectorOf(t, steps(tt.above)), tt.texts)
			for i := range s.placed {
				s.placed[i] = without>>i&1 == 0
			}
			s.run(t)
			if res, err := s.decide(); err != nil || len(res.Detections) != tt.want {
				t.Errorf("%s, without a place %b: %+v, %v", tt.name, without, res, err)
			}
		}
	}
}

// TestReadersShareTheRoom: a worker and the one that reads records again beside
// it keep no more in memory than a worker may.
func TestReadersShareTheRoom(t *testing.T) {
	d := detectorOf(t, steps(top)+"---\n"+strings.TrimSuffix(detectionRule("plain", "status.errorCode: 50126", ""), "---\n"))
	var texts []string
	for i := range 3000 {
		texts = append(texts, fail(fmt.Sprint("r", i), fmt.Sprintf("%02d:%02d", i/60%60, i%60)))
	}
	for _, limit := range []int{10_000, 100_000, 1 << 20} {
		d.Spill(limit, 2, nameless)
		s := &trial{d: d, kept: &kept{layout: d.Layout(), texts: texts, read: map[int]int{}}, workers: make([]*Worker, 2)}
		for i := range texts {
			s.placed = append(s.placed, i%3 > 0)
		}
		s.run(t)
		c := &common{d: d, workers: slices.Clone(s.workers), lanes: 2, open: s.kept.open}
		if err := c.sift(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(c.again) != 2 {
			t.Errorf("%d readers", len(c.again))
		}
		for i, r := range c.again {
			if kept := s.workers[i].held; r.limit+kept > limit/2 || r.limit < limit/4 || r.held > r.limit {
				t.Errorf("a reader keeps %d of %d bytes beside a worker that keeps %d, of %d together", r.held, r.limit, kept, limit/2)
			}
		}
		for _, w := range c.workers {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestVersionsWithAndWithoutTraces: of two versions that tell the same of what
// is compared, the same one is shown, though the row of one lacks what a rule
// above traces asks.
func TestVersionsWithAndWithoutTraces(t *testing.T) {
	raised := "title: Top\nname: top\ncorrelation: {type: event_count, rules: [fail], group-by: [ip], timespan: 1m, condition: {gte: 3}}\nlevel: medium\n" +
		"vakt: {severity: [{when: {distinct: sessionId, at_least: 2}, level: high}]}\n"
	d := detectorOf(t, steps(raised)+"---\n"+strings.TrimSuffix(detectionRule("plain", "status.errorCode: 50126", ""), "---\n"))
	d.KeepRecords(1 << 20)
	version := func(name string) string {
		return signIn("a", "10:00:00", "192.0.2.1", "sessionId", `"s"`, "userDisplayName", `"`+name+`"`)
	}
	texts := []string{version("z"), version("b")}
	for _, placed := range [][]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		s := &trial{d: d, kept: &kept{layout: d.Layout(), texts: texts, read: map[int]int{}}, workers: make([]*Worker, 2), placed: placed}
		s.run(t)
		res, err := s.decide()
		if err != nil || len(res.Detections) != 1 || len(res.Detections[0].Raw) != 1 || string(res.Detections[0].Raw[0]) != texts[0] {
			t.Errorf("placed %v: %v, %s", placed, err, written(res))
		}
	}
}
