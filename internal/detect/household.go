package detect

import (
	"context"

	"vakt/internal/rule"
)

// household decides the groups of a family, one after the other.
type household struct {
	*judge
	family *family
	hits   [][]hit // by place in the family: those of the group at hand
	hitAt  []int   // places that have any
	sheet  sheet
	tenant string   // of the group at hand
	group  []string // the same: its values
}

// hit is a match of one rule of a family.
type hit struct {
	at       int // its record, among the points at hand
	matched  uint32
	severity rule.Severity
}

// family decides all groups of the family that the target leads, which alone has
// facts.
func (j *judge) family(ctx context.Context) {
	h := &household{judge: j, family: j.t.family, hits: make([][]hit, len(j.t.family.targets))}
	j.x.survey(j.number)
	for entries := range func(yield func([]entry) bool) { j.x.groups(j.number, yield) } {
		if ctx.Err() != nil {
			return
		}
		h.entries(entries)
	}
}

// entries decides the groups of one hash.
func (h *household) entries(list []entry) {
	lead := &h.x.d.targets[h.family.lead()]
	h.points = h.points[:0]
	for i := range list {
		h.points = append(h.points, h.x.point(lead, &list[i]))
	}
	h.x.sort(h.points)
	for points := h.points; len(points) > 0; {
		n := 1
		for n < len(points) && points[n].group == points[0].group && points[n].tenant == points[0].tenant {
			n++
		}
		h.decide(points[:n:n])
		points = points[n:]
	}
}

// decide gives each rule its matches in one group.
func (h *household) decide(points []point) {
	h.tenant, h.group = string(h.x.words.text(points[0].tenant)), h.groupValues(string(h.x.words.text(points[0].group)))
	h.sheet.read(h.x, points)
	for i := range points {
		for _, k := range h.x.kins[points[i].matched] {
			if len(h.x.versions) == 0 || !h.x.isOldIn(slot{points[i].key, k.place}, points[i].of) {
				h.hit(points, int(k.place), hit{i, k.matched, k.severity})
			}
		}
	}
	for _, place := range h.hitAt {
		h.number = h.family.targets[place]
		h.t = &h.x.d.targets[h.number]
		h.days(points, h.hits[place])
		h.hits[place] = h.hits[place][:0]
	}
	h.hitAt = h.hitAt[:0]
}

// hit takes in a match. A record that comes several times counts once.
func (h *household) hit(points []point, place int, m hit) {
	list := h.hits[place]
	switch n := len(list); {
	case n == 0:
		h.hitAt = append(h.hitAt, place)
	case points[list[n-1].at].key == points[m.at].key && points[list[n-1].at].time == points[m.at].time:
		before := &list[n-1]
		before.severity = max(before.severity, m.severity)
		if before.matched != m.matched {
			before.matched = h.x.both(before.matched, m.matched)
		}
		return
	}
	h.hits[place] = append(list, m)
}

// days makes a detection of the matches of each day.
func (h *household) days(points []point, list []hit) {
	for len(list) > 0 {
		today, n := dayOf(points[list[0].at].time), 1
		for n < len(list) && points[list[n].at].time < (today+1)*day {
			n++
		}
		h.detection(h.x.found.next(), points, list[:n], today)
		list = list[n:]
	}
}

// detection gathers what is shown of the matches of one rule on one day.
func (h *household) detection(det *Detection, points []point, list []hit, today int64) {
	*det = Detection{
		Rule: h.t.rule, Tenant: h.tenant, Group: h.group, Day: today, First: points[list[0].at].time, Last: points[list[len(list)-1].at].time,
	}
	h.gathered.matched.empty()
	for i := range list {
		if i == 0 || list[i].matched != list[i-1].matched {
			h.gathered.matched.add(list[i].matched)
		}
		det.Severity = max(det.Severity, list[i].severity)
	}
	det.Matched = h.matchedBy(h.gathered.matched.list)
	h.sheet.show(det, list)
	det.Value = float64(det.Count)
	if len(h.t.rule.Raises) == 0 {
		return
	}
	all := h.facts[:0]
	for i := range list {
		all = append(all, &points[list[i].at])
	}
	h.facts = all
	h.raise(det, all)
}

// matchedBy are the searches behind some numbers, sorted.
func (j *judge) matchedBy(numbers []uint32) (names []string) {
	if len(numbers) == 1 {
		return j.x.searches(numbers[0])
	}
	for _, m := range numbers {
		names = append(names, j.x.searches(m)...)
	}
	return sortedSet(names)
}
