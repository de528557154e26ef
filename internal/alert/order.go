package alert

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"vakt/internal/detect"
	"vakt/internal/memory"
	"vakt/internal/rule"
)

// From makes the alerts of a run's detections, ordered by first_seen and id.
// An alert is made where it will stand: it is large, and not moved again.
func From(detections []*detect.Detection, c Context) []Alert {
	n := len(detections)
	r := run{Context: c, detections: detections, names: make([]names, n), alerts: make([]Alert, n)}
	memory.Huge(r.alerts, n)
	r.share(r.identify)
	r.sort()
	order := make([]int, n) // where each detection's alert stands
	for at := range r.places {
		order[r.places[at].detection] = at
	}
	r.share(func(m *maker, i int) { m.make(&r.alerts[order[i]], r.names[i], r.detections[i]) })
	r.fold()
	return r.alerts
}

// run makes the alerts of one run.
type run struct {
	Context
	detections []*detect.Detection
	names      []names // by detection
	places     []place // by alert
	alerts     []Alert
}

// names are what the alert of a detection is called.
type names struct{ id, key string }

// place says which detection an alert is made of, when that began, and how its
// id begins, which mostly is all that has to be compared.
type place struct {
	first     int64
	begin     uint64
	detection int
}

// idBegin is how much of an id a place holds.
const idBegin = 8

// sort orders by first_seen and id.
func (r *run) sort() {
	r.places = make([]place, len(r.detections))
	for i := range r.detections {
		r.places[i] = place{r.detections[i].First, binary.BigEndian.Uint64([]byte(r.names[i].id[:idBegin])), i}
	}
	slices.SortFunc(r.places, func(a, b place) int {
		if a.first != b.first {
			return cmp.Compare(a.first, b.first)
		}
		if a.begin != b.begin {
			return cmp.Compare(a.begin, b.begin)
		}
		return strings.Compare(r.names[a.detection].id, r.names[b.detection].id)
	})
}

// identify finds out what the alert of one detection is called.
func (r *run) identify(m *maker, i int) { r.names[i] = m.identities(r.detections[i]) }

// of is the detection that an alert is made of.
func (r *run) of(alert int) *detect.Detection { return r.detections[r.places[alert].detection] }

// manyAlerts is how many are worth a goroutine.
const manyAlerts = 512

// share does something for each detection, several at a time.
func (r *run) share(do func(m *maker, i int)) {
	n := len(r.detections)
	part := max(manyAlerts, n/max(1, r.Workers)+1)
	var busy sync.WaitGroup
	for from := 0; from < n; from += part {
		busy.Go(func() {
			m := maker{Context: r.Context, rules: map[*rule.Compiled]*ruleSays{}}
			for i := from; i < min(from+part, n); i++ {
				do(&m, i)
			}
		})
	}
	busy.Wait()
}
