package alert

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"vakt/internal/detect"
	"vakt/internal/rule"
)

// From makes the alerts of a run's detections, ordered by first_seen and id.
// An alert is made where it will stand: it is large, and not moved again.
func From(detections []detect.Detection, c Context) []Alert {
	r := run{Context: c, detections: detections, places: make([]place, len(detections)), alerts: make([]Alert, len(detections))}
	r.share(r.identify)
	slices.SortFunc(r.places, comparePlaces)
	order := make([]int, len(detections)) // where each detection's alert stands
	for i := range r.places {
		order[r.places[i].detection] = i
	}
	r.share(func(m *maker, i int) {
		p := &r.places[order[i]]
		m.make(&r.alerts[order[i]], p, &r.detections[i])
	})
	r.fold()
	return r.alerts
}

// run makes the alerts of one run.
type run struct {
	Context
	detections []detect.Detection
	places     []place // of the alerts, in their order
	alerts     []Alert
}

// place is what tells where an alert stands among others.
type place struct {
	first     int64
	id, key   string
	detection int // number of the detection that it is made of
}

// comparePlaces orders by first_seen and id.
func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.first, b.first), strings.Compare(a.id, b.id))
}

// identify finds out of one detection what its alert is called, and when it
// began.
func (r *run) identify(m *maker, i int) {
	d := &r.detections[i]
	key, id := m.identities(d)
	r.places[i] = place{d.First, id, key, i}
}

// of is the detection that an alert is made of.
func (r *run) of(alert int) *detect.Detection { return &r.detections[r.places[alert].detection] }

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
