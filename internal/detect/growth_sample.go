package detect

import (
	"cmp"
	"slices"

	"vakt/internal/event"
)

// groupOf is the values of a group.
func (c *comparison) groupOf(group uint64) []string {
	at := c.met[group]
	if at.origin == 0 {
		return c.groupValues(string(c.x.workers[at.of].words.text(at.group)))
	}
	for _, e := range c.x.facts(c.number, at.of, at.origin) {
		if c.hashOf(&e) == group {
			return c.groupValues(string(c.x.worker(e.of).words.text(e.group)))
		}
	}
	return nil
}

// sample gives the days that fire the records that they show: those with the
// least keys, of which every worker has kept the rows, or which it can read
// again.
func (c *comparison) sample(fired map[dayOfGroup]*grown) {
	day := func(of, tenant uint32, group uint64, second int64) *grown {
		date, _ := c.clock.at(second)
		if !c.x.several {
			tenant = 0
		}
		return fired[dayOfGroup{ofDecision, c.x.global(of, tenant), group, date}]
	}
	for e := range c.x.all(c.number) {
		if e.row == 0 {
			continue
		}
		if f := day(e.of, e.tenant, c.hashOf(e), e.time); f != nil {
			f.points = append(f.points, c.x.point(c.t, e))
		}
	}
	c.x.traces(c.number, func(of uint32, t *trace, o *origin) {
		if f := day(of, t.tag, t.value, o.time); f != nil {
			f.traced = append(f.traced, traced{o.key, of, t.origin})
		}
	})
	for k, f := range fired {
		for _, t := range leastTraced(f.traced) {
			for _, e := range c.x.facts(c.number, t.of, t.origin) {
				if c.hashOf(&e) == k.group {
					f.points = append(f.points, c.x.point(c.t, &e))
				}
			}
		}
		f.points = c.least(f)
	}
}

// traced is a trace of a record.
type traced struct {
	key        event.Key
	of, origin uint32
}

// leastTraced are the traces of as many records as are shown, those with the
// least keys.
func leastTraced(list []traced) []traced {
	slices.SortFunc(list, func(a, b traced) int {
		return cmp.Or(compareKeys(a.key, b.key), cmp.Compare(a.of, b.of), cmp.Compare(a.origin, b.origin))
	})
	records := 0
	for i := range list {
		if i == 0 || list[i].key != list[i-1].key {
			if records++; records > sampleSize {
				return list[:i]
			}
		}
	}
	return list
}

// least keeps the newest version of the records with the least keys. Those
// that count for an earlier day, in another version, are left out then: they
// take the place of others, as they did where the rows were kept.
func (c *comparison) least(f *grown) []point {
	slices.SortStableFunc(f.points, func(a, b point) int {
		if n := compareKeys(a.key, b.key); n != 0 {
			return n
		}
		return c.x.newest(a.key, a.of, b.of)
	})
	kept := slices.CompactFunc(f.points, func(a, b point) bool { return a.key == b.key })
	kept = kept[:min(len(kept), sampleSize)]
	return slices.DeleteFunc(kept, func(p point) bool {
		second, several := c.repeats[repeated{p.key, p.tenant, f.group}]
		if !several {
			return false
		}
		date, _ := c.clock.at(second)
		return date != f.day
	})
}
