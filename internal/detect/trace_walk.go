package detect

import (
	"cmp"
	"slices"
)

const (
	rangeTraces = 1 << 18 // about how many traces are looked at together
	traceRanges = 64      // into how many ranges they are parted by their tags at most
)

// count is how many traces a target has.
func (s *sifter) count(t int) (counted, followed int) {
	for _, w := range s.workers {
		counted += w.traces[t].counted.len()
		followed += w.traces[t].followed.len()
		if w.spill == nil {
			continue
		}
		for _, run := range w.spill.traces {
			switch {
			case run.target != t:
			case run.followed:
				followed += run.count
			default:
				counted += run.count
			}
		}
	}
	return counted, followed
}

func (s *sifter) hasRuns(t int) bool {
	return slices.ContainsFunc(s.workers, func(w *Worker) bool {
		return w.spill != nil && slices.ContainsFunc(w.spill.traces, func(r traceRun) bool { return r.target == t })
	})
}

// each goes through the traces whose tags are in one of a number of ranges,
// which is a power of two.
func (s *sifter) each(t int, followed bool, part, ranges int, see func(of uint32, t *trace)) {
	from, to := tagRange(part, ranges)
	for i, w := range s.workers {
		list := &w.traces[t].counted
		if followed {
			list = &w.traces[t].followed
		}
		for one := range list.each {
			if one.tag >= from && one.tag <= to {
				see(uint32(i), one)
			}
		}
		if w.spill == nil {
			continue
		}
		for _, run := range w.spill.traces {
			if run.target != t || run.followed != followed {
				continue
			}
			if err := w.spill.readTraces(&run, part, ranges, func(t *trace) { see(uint32(i), t) }); err != nil {
				s.failed = cmp.Or(s.failed, err)
			}
		}
	}
}

// tagRange is the first and last tag of a range.
func tagRange(part, ranges int) (from, to uint32) {
	width := uint64(1) << tagBits / uint64(ranges)
	return uint32(uint64(part) * width), uint32(uint64(part+1)*width - 1)
}
