package detect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/baseline"
	"vakt/internal/event"
	"vakt/internal/geo"
)

// travelRule is a rule that looks for moves; again is the rest of the map.
func travelRule(again string) string {
	return `title: Travel
name: travel
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 0, isInteractive: true}
  condition: selection
level: high
vakt:
  travel: {speed: travel_speed_kmh, distance: travel_min_km, known: [known_egress_cidrs], asns: [vpn_asns]` + again + `}
  severity: [{when: {list: privileged_users}, level: critical}]
`
}

const travelLists = "known_egress_cidrs: [192.0.2.0/24]\nvpn_asns: [64500]\nrelay_asns: []\n"

// spotOf is where a record of a test comes from.
type spotOf struct {
	country  string
	lat, lon float64 // NaN: null
	ip       string
	asn      int
}

func (s spotOf) hasPoint() bool { return !math.IsNaN(s.lat) && (s.lat != 0 || s.lon != 0) }

var nan = math.NaN()

var spotsOnEarth = []spotOf{
	{"SE", 59.33, 18.07, "198.51.100.1", 64496}, {"SE", 59.33, 18.07, "198.51.100.5", 64495}, {"SE", 55.6, 13, "198.51.100.2", 64496}, {"NO", 59.91, 10.75, "198.51.100.3", 64496},
	{"NG", 6.45, 3.4, "203.0.113.1", 64497}, {"SG", 1.35, 103.82, "203.0.113.2", 64498}, {"US", 40.71, -74.01, "203.0.113.3", 64499},
	{"US", 34.05, -118.24, "203.0.113.4", 64499}, {"BR", nan, nan, "203.0.113.5", 64499}, {"SE", nan, nan, "198.51.100.4", 64496},
	{"NG", 0, 0, "203.0.113.6", 64497}, {"", nan, nan, "203.0.113.7", 64497}, {"", 6.45, 3.4, "203.0.113.8", 64497}, {"Nigeria", nan, nan, "203.0.113.9", 64497},
	{"NG", 6.45, 3.4, "192.0.2.9", 64497}, {"SG", 1.35, 103.82, "203.0.113.10", 64500},
}

// went is one sign-in of the reference, of one version.
type went struct {
	id      int
	account byte
	time    int64
	at      spotOf
	device  string // d1 is compliant
	updated int
	key     event.Key
}

const travelDay = "2026-03-02T00:00:00Z"

func (w *went) json() string {
	number := func(n float64) string {
		if math.IsNaN(n) {
			return "null"
		}
		return fmt.Sprint(n)
	}
	start, err := time.Parse(time.RFC3339, travelDay)
	if err != nil {
		panic(err)
	}
	stamp := func(s int64) string { return `"` + start.Add(time.Duration(s)*time.Second).Format(time.RFC3339) + `"` }
	return members(
		"id", fmt.Sprintf(`"r%03d"`, w.id), "createdDateTime", stamp(w.time), "lastUpdatedDateTime", stamp(int64(1e7+w.updated)),
		"userId", fmt.Sprintf(`"0000000%c-0000-0000-0000-000000000001"`, w.account), "appId", `"0000000b-0000-0000-0000-000000000001"`,
		"ipAddress", `"`+w.at.ip+`"`, "autonomousSystemNumber", fmt.Sprint(w.at.asn), "status", `{"errorCode":0}`, "isInteractive", "true",
		"location", fmt.Sprintf(`{"city":"","countryOrRegion":%q,"geoCoordinates":{"latitude":%s,"longitude":%s}}`, w.at.country, number(w.at.lat), number(w.at.lon)),
		"deviceDetail", fmt.Sprintf(`{"deviceId":%q,"isCompliant":%v}`, w.device, w.device == "d1"),
		"authenticationRequirement", `"singleFactorAuthentication"`,
	)
}

// km is the least distance of two sign-ins.
func (w *went) km(o *went) float64 {
	places := func(s spotOf) []geo.Place {
		if s.hasPoint() {
			return []geo.Place{{Lat: s.lat, Lon: s.lon, Radius: 50}}
		}
		return geo.Country(s.country)
	}
	least := math.Inf(1)
	for _, p := range places(w.at) {
		for _, q := range places(o.at) {
			a, b, l := p.Lat*math.Pi/180, q.Lat*math.Pi/180, (p.Lon-q.Lon)*math.Pi/180
			angle := math.Acos(max(-1, min(1, math.Sin(a)*math.Sin(b)+math.Cos(a)*math.Cos(b)*math.Cos(l))))
			least = min(least, max(0, 6371.0088*angle-p.Radius-q.Radius))
		}
	}
	return least
}

// journey is one alert of travel, in words that can be compared.
type journey struct {
	Account  string
	Day      int64
	Records  string
	Severity string
	Speed    float64
	Moves    string
}

// travelLaw is what a travel asks.
type travelLaw struct {
	speed, distance float64
	again           int64 // seconds; 0: every day is news
}

// journeys works the alerts out by looking at every pair.
func (l travelLaw) journeys(all []went) []journey {
	newest := map[int]went{}
	for _, w := range all {
		if known, ok := newest[w.id]; !ok || w.updated > known.updated {
			newest[w.id] = w
		}
	}
	var list []went
	for _, w := range newest {
		nowhere := strings.HasPrefix(w.at.ip, "192.0.2.") || w.at.asn == 64500 || len(w.at.country) != 2
		if !nowhere {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b went) int { return cmp.Or(cmp.Compare(a.time, b.time), bytes.Compare(a.key[:], b.key[:])) })
	type step struct {
		from, to went
		speed    float64
		same     bool
	}
	vouched := func(w went) bool {
		return w.device == "d1" || w.device != "" && slices.ContainsFunc(list, func(o went) bool {
			return o.account == w.account && o.device == w.device && dayNumber(o.time) < dayNumber(w.time)
		})
	}
	usual := func(w went) bool {
		return slices.ContainsFunc(list, func(o went) bool {
			return o.account == w.account && o.at.country == w.at.country && o.at.asn == w.at.asn && dayNumber(o.time) < dayNumber(w.time)
		})
	}
	var gone []step
	byDay := map[string][]step{}
	for i, to := range list {
		for k := i - 1; k >= 0; k-- {
			from := list[k]
			if from.account != to.account || from.at.country == to.at.country {
				continue
			}
			km, seconds := from.km(&to), max(1, to.time-from.time)
			speed := km * 3600 / float64(seconds)
			if km < l.distance || speed <= l.speed {
				continue
			}
			s := step{from, to, speed, vouched(from) && vouched(to)}
			old := slices.ContainsFunc(gone, func(g step) bool {
				way := g.from.at.country == from.at.country && g.to.at.country == to.at.country || g.from.at.country == to.at.country && g.to.at.country == from.at.country
				return l.again > 0 && way && usual(from) && usual(to) && g.same == s.same && g.to.account == to.account && dayNumber(g.to.time) < dayNumber(to.time) && to.time-g.to.time <= l.again
			})
			gone = append(gone, s)
			if !old {
				key := fmt.Sprintf("%c %06d", to.account, dayNumber(to.time)+1000)
				byDay[key] = append(byDay[key], s)
			}
			break
		}
	}
	var found []journey
	for _, key := range slices.Sorted(maps.Keys(byDay)) {
		j := journey{Severity: "low"}
		ids := map[string]bool{}
		for i, s := range byDay[key] {
			j.Account, j.Day, j.Speed = string(s.to.account), dayNumber(s.to.time), max(j.Speed, math.Round(s.speed))
			ids[fmt.Sprintf("r%03d", s.from.id)], ids[fmt.Sprintf("r%03d", s.to.id)] = true, true
			if !s.same {
				j.Severity = "high"
			}
			if i < 3 {
				j.Moves += fmt.Sprintf("%s@%d>%s@%d ", s.from.at.ip, s.from.time, s.to.at.ip, s.to.time)
			}
		}
		j.Records = strings.Join(slices.Sorted(maps.Keys(ids)), " ")
		found = append(found, j)
	}
	return found
}

func dayNumber(second int64) int64 { return int64(math.Floor(float64(second) / 86400)) }

// journeysOf are the alerts that a detector gave.
func journeysOf(t fataler, res *Result) []journey {
	t.Helper()
	start, err := time.Parse(time.RFC3339, travelDay)
	if err != nil {
		t.Fatal(err)
	}
	var found []journey
	for _, d := range res.Detections {
		j := journey{
			Account: d.Group[0][7:8], Day: d.Day - start.Unix()/86400, Severity: d.Severity.String(), Speed: d.Value,
			Records: strings.Join(slices.Sorted(slices.Values(d.Records)), " "),
		}
		for _, m := range d.Moves {
			j.Moves += fmt.Sprintf("%s@%d>%s@%d ", m.From.IP, m.From.Time-start.Unix(), m.To.IP, m.To.Time-start.Unix())
		}
		found = append(found, j)
	}
	return found
}

// TestTravelAgreesWithTheNaiveReading: places of every kind, versions and
// copies, any order, any number of workers, with facts in memory or in files.
func TestTravelAgreesWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := travelLaw{
			speed: rapid.SampledFrom([]float64{900, 100, 20000}).Draw(t, "speed"), distance: rapid.SampledFrom([]float64{500, 1, 6000}).Draw(t, "distance"),
			again: rapid.SampledFrom([]int64{0, 86400, 2 * 86400}).Draw(t, "again"),
		}
		lists, problems := baseline.Parse("b.yaml", []byte(travelLists+fmt.Sprintf("travel_speed_kmh: %v\ntravel_min_km: %v\n", l.speed, l.distance)))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		again := ""
		if l.again > 0 {
			again = fmt.Sprintf(", again: %ds", l.again)
		}
		d := detectorWith(t, travelRule(again), lists)
		d.limit, d.temporary = spilling(t), nameless

		// A few places, so that the same ways are gone again.
		some := rapid.SliceOfN(rapid.SampledFrom(spotsOnEarth), 2, 4).Draw(t, "places")
		if rapid.Bool().Draw(t, "any place") {
			some = spotsOnEarth
		}
		times := rapid.SampledFrom([]*rapid.Generator[int64]{
			rapid.Int64Range(0, 3), rapid.Int64Range(0, 86400), rapid.Int64Range(0, 6*86400),
			rapid.Custom(func(t *rapid.T) int64 {
				return rapid.Int64Range(0, 5).Draw(t, "day")*86400 + rapid.Int64Range(0, 3600).Draw(t, "second")
			}),
		}).Draw(t, "times")
		var all []went
		for i := range rapid.IntRange(1, 25).Draw(t, "records") {
			w := went{
				id: i, account: rapid.SampledFrom([]byte("ab")).Draw(t, "account"), at: rapid.SampledFrom(some).Draw(t, "place"), time: times.Draw(t, "time"),
				device: rapid.SampledFrom([]string{"", "d1", "d1", "d2"}).Draw(t, "device"),
			}
			all = append(all, w)
			if rapid.IntRange(0, 4).Draw(t, "version") == 0 {
				w.updated, w.at = 1, rapid.SampledFrom(some).Draw(t, "new place")
				all = append(all, w)
			}
		}
		if !onlyPlaced(all) {
			t.Skip("a newer version that is nowhere does not take back the older one")
		}
		for i := range all {
			all[i].key = recordOf(t, d, all[i].json()).Key()
		}
		want := l.journeys(all)

		texts := rapid.Permutation(append(slices.Clone(all), all[:len(all)/2]...)).Draw(t, "order")
		workers := make([]*Worker, rapid.IntRange(1, 4).Draw(t, "workers"))
		for i := range workers {
			workers[i] = d.NewWorker()
		}
		for i := range texts {
			workers[i%len(workers)].See(recordOf(t, d, texts[i].json()))
		}
		if diff := gocmp.Diff(want, journeysOf(t, decided(t, d, workers))); diff != "" {
			t.Fatalf("%+v:\n%s", l, diff)
		}
	})
}

// onlyPlaced tells whether all versions of a record are alike in whether they
// are somewhere: of those that match, the newest is the one that counts.
func onlyPlaced(all []went) bool {
	nowhere := func(w went) bool {
		return strings.HasPrefix(w.at.ip, "192.0.2.") || w.at.asn == 64500 || len(w.at.country) != 2
	}
	first := map[int]bool{}
	for _, w := range all {
		if known, ok := first[w.id]; ok && known != nowhere(w) {
			return false
		}
		first[w.id] = nowhere(w)
	}
	return true
}

func recordOf(t fataler, d *Detector, text string) *event.Record {
	t.Helper()
	var r event.Record
	if err := d.Layout().Read([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil || r.OutOfScope() != "" {
		t.Fatal(err, r.OutOfScope())
	}
	return &r
}

func travelDetector(t fataler, more string) *Detector {
	t.Helper()
	lists, problems := baseline.Parse("b.yaml", []byte(travelLists+more))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return detectorWith(t, travelRule(""), lists)
}

// TestTravelRaises: a list of the baseline raises a move, but not one on a
// compliant device.
func TestTravelRaises(t *testing.T) {
	for device, want := range map[string]string{"": "critical", "d1": "low"} {
		d := travelDetector(t, "privileged_users: [0000000a-0000-0000-0000-000000000001]\n")
		from, to := went{id: 1, account: 'a', at: spotsOnEarth[0], device: device}, went{id: 2, account: 'a', at: spotsOnEarth[4], time: 60, device: device}
		res := see(t, d, from.json(), to.json())
		if len(res.Detections) != 1 || res.Detections[0].Severity.String() != want {
			t.Errorf("device %q: got %+v, want one alert, %s", device, res.Detections, want)
		}
	}
}

// atlas is a locator of a few addresses.
type atlas map[string]geo.Place

func (a atlas) Locate(ip netip.Addr) (string, geo.Place, bool) {
	p, ok := a[ip.String()]
	return "NG", p, ok
}

// TestTravelAsksForAddresses: only where the record has no coordinates, and
// never against the country that the record names.
func TestTravelAsksForAddresses(t *testing.T) {
	stockholm := went{id: 1, account: 'a', at: spotsOnEarth[0]}
	near := geo.Place{Lat: 59, Lon: 17, Radius: 50}
	lagos := geo.Place{Lat: 6.45, Lon: 3.4, Radius: 50}
	for _, tt := range []struct {
		name   string
		at     spotOf
		known  atlas
		source Source // of the other end; 0: no alert
	}{
		{"nobody knows the address", spotOf{"", nan, nan, "203.0.113.1", 1}, atlas{}, 0},
		{"the address is in Lagos", spotOf{"", nan, nan, "203.0.113.1", 1}, atlas{"203.0.113.1": lagos}, FromAddress},
		{"its country is known", spotOf{"", nan, nan, "203.0.113.1", 1}, atlas{"203.0.113.1": {}}, FromCountry},
		{"coordinates without a country are not enough", spotOf{"", 6.45, 3.4, "203.0.113.1", 1}, atlas{}, 0},
		{"the record knows better", spotOf{"NG", 6.45, 3.4, "203.0.113.1", 1}, atlas{"203.0.113.1": near}, FromRecord},
		{"they disagree about the country", spotOf{"SE", nan, nan, "203.0.113.1", 1}, atlas{"203.0.113.1": lagos}, 0},
		{"they agree", spotOf{"NG", nan, nan, "203.0.113.1", 1}, atlas{"203.0.113.1": lagos}, FromAddress},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := travelDetector(t, "")
			d.Locate(tt.known)
			other := went{id: 2, account: 'a', at: tt.at, time: 60}
			res := see(t, d, stockholm.json(), other.json())
			if tt.source == 0 {
				if len(res.Detections) > 0 {
					t.Errorf("got %+v", res.Detections)
				}
				return
			}
			if len(res.Detections) != 1 || res.Detections[0].Moves[0].To.Source != tt.source || res.Detections[0].Moves[0].From.Source != FromRecord {
				t.Errorf("got %+v", res.Detections)
			}
		})
	}
}

// TestTravelSaysWhatItCannotSee: records that are nowhere are counted, and so
// are those whose shape hides coordinates or operator.
func TestTravelSaysWhatItCannotSee(t *testing.T) {
	d := travelDetector(t, "")
	nowhere := went{id: 1, account: 'a', at: spotOf{"", nan, nan, "203.0.113.1", 1}}
	if res := see(t, d, nowhere.json()); res.Ungrouped["travel"] != 1 {
		t.Errorf("without a place: %+v", res.Ungrouped)
	}
	known := went{id: 1, account: 'a', at: spotsOnEarth[14]}
	if res := see(t, d, known.json()); res.Ungrouped["travel"] != 0 {
		t.Errorf("from known egress: %+v", res.Ungrouped)
	}
	row := `{"Type":"SigninLogs","TimeGenerated":"2026-03-02T09:00:00Z","CreatedDateTime":"2026-03-02T09:00:00Z","Id":"a1","UserId":"0000000a-0000-0000-0000-000000000001","AppId":"x","ResultType":"0","IsInteractive":true,"IPAddress":"203.0.113.1","Location":"NG","AuthenticationRequirement":"singleFactorAuthentication"}`
	res := see(t, d, row)
	if len(res.Weak) != 1 || !slices.Contains(res.Weak[0].Fields, "location.geoCoordinates.latitude") || !slices.Contains(res.Weak[0].Fields, "autonomousSystemNumber") {
		t.Errorf("weak: %+v", res.Weak)
	}
}

// TestTravelOfManyPlaces: an account with very many places ends.
func TestTravelOfManyPlaces(t *testing.T) {
	d := travelDetector(t, "")
	w := d.NewWorker()
	for i := range 3000 {
		at := spotOf{[]string{"SE", "NO"}[i%2], 59 + float64(i)/1e4, 12 + float64(i)/1e4, "203.0.113.1", 1}
		one := went{id: i, account: 'a', at: at, time: int64(i)}
		w.See(recordOf(t, d, one.json()))
	}
	res, err := d.Decide(context.Background(), []*Worker{w}, nil, nil)
	if err != nil || len(res.Detections) != 0 {
		t.Errorf("got %+v, %v", res, err)
	}
}

func TestStopIsWrittenAndRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching("[^\x00]*")
		s := stop{
			country: rapid.SampledFrom([]string{"SE", "NG"}).Draw(t, "country"), source: Source(rapid.IntRange(1, 3).Draw(t, "source")),
			point:     geo.Place{Lat: rapid.Float64().Draw(t, "lat"), Lon: rapid.Float64().Draw(t, "lon"), Radius: rapid.Float64().Draw(t, "radius")},
			compliant: rapid.Bool().Draw(t, "compliant"), city: text.Draw(t, "city"), ip: text.Draw(t, "ip"), device: text.Draw(t, "device"), network: text.Draw(t, "network"),
		}
		if got := readStop(s.append(nil, []byte(s.city), []byte(s.ip), []byte(s.device), []byte(s.network))); got != s {
			t.Fatalf("got %+v, want %+v", got, s)
		}
	})
}

// TestNetworkOf: what stands for an operator whose number is not known.
func TestNetworkOf(t *testing.T) {
	for ip, want := range map[string]string{
		"198.51.100.7": "198.51.0.0/16", "::ffff:198.51.100.7": "198.51.0.0/16", "2001:db8:1::2": "2001:db8::/32", "": "", "unknown": "unknown",
	} {
		if got := networkOf(ip); got != want {
			t.Errorf("%q: got %q, want %q", ip, got, want)
		}
	}
}

// TestTravelAgain: when a way is news once more.
func TestTravelAgain(t *testing.T) {
	const day = 86400
	stockholm, lagos := spotOf{"SE", 59.33, 18.07, "198.51.100.1", 1}, spotOf{"NG", 6.45, 3.4, "203.0.113.1", 2}
	other := func(s spotOf, asn int) spotOf { s.asn = asn; return s }
	type leg struct {
		at   spotOf
		time int64
	}
	first := []leg{{stockholm, 0}, {lagos, 60}}
	for _, tt := range []struct {
		name  string
		legs  []leg
		later int // alerts besides the first
	}{
		{"the day after", []leg{{stockholm, day}, {lagos, day + 60}}, 0},
		{"the other way round", []leg{{lagos, day}, {stockholm, day + 60}}, 0},
		{"ten days after", []leg{{stockholm, 10 * day}, {lagos, 10*day + 60}}, 0},
		{"a second more", []leg{{stockholm, 10 * day}, {lagos, 10*day + 61}}, 1},
		{"ten days after, and gone meanwhile", []leg{{stockholm, 5 * day}, {lagos, 5*day + 60}, {stockholm, 12 * day}, {lagos, 12*day + 60}}, 0},
		{"from another operator", []leg{{stockholm, day}, {other(lagos, 3), day + 60}}, 1},
		{"to another operator", []leg{{other(stockholm, 3), day}, {lagos, day + 60}}, 1},
		{"from an operator of the other country", []leg{{stockholm, day}, {other(lagos, 1), day + 60}}, 1},
		{"another country", []leg{{stockholm, day}, {spotOf{"SG", 1.35, 103.82, "203.0.113.2", 2}, day + 60}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lists, problems := baseline.Parse("b.yaml", []byte(travelLists))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var records []string
			for i, l := range slices.Concat(first, tt.legs) {
				w := went{id: i, account: 'a', at: l.at, time: l.time}
				records = append(records, w.json())
			}
			res := see(t, detectorWith(t, travelRule(", again: 10d"), lists), records...)
			if got := len(res.Detections) - 1; got != tt.later {
				t.Errorf("%d alerts after the first, want %d: %+v", got, tt.later, journeysOf(t, res))
			}
		})
	}
}
