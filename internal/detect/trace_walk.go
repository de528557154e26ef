package detect

import (
	"cmp"
	"slices"
)

const (
	rangeTraces = 1 << 18 // about how many traces are looked at together
	traceRanges = 64      // into how many ranges they are parted by their tags at most
	traceBlock  = 256     // how many are handed out together at most
)

// traceCount is how many traces a target has.
func (s *sifter) traceCount(t int) (counted, followed int) {
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
// which is a power of two. Those that it hands out are valid during the call.
func (s *sifter) each(t int, followed bool, part, ranges int, see func(of uint32, list []trace)) {
	if s.block == nil {
		s.block = make([]trace, traceBlock)
	}
	from, to := tagRange(part, ranges)
	for i, w := range s.workers {
		list := &w.traces[t].counted
		if followed {
			list = &w.traces[t].followed
		}
		list.each(s.block, func(some []trace) {
			if ranges > 1 {
				some = inRange(some, from, to)
			}
			see(uint32(i), some)
		})
		if w.spill == nil {
			continue
		}
		for _, run := range w.spill.traces {
			if run.target != t || run.followed != followed {
				continue
			}
			if err := w.spill.readTraces(&run, part, ranges, s.block, func(some []trace) { see(uint32(i), some) }); err != nil {
				s.failed = cmp.Or(s.failed, err)
			}
		}
	}
}

// inRange moves those to the beginning whose tags are in a range.
func inRange(list []trace, from, to uint32) []trace {
	n := 0
	for i := range list {
		list[n] = list[i]
		if tag := list[i].tag; tag >= from && tag <= to {
			n++
		}
	}
	return list[:n]
}

// tagRange is the first and last tag of a range.
func tagRange(part, ranges int) (from, to uint32) {
	width := uint64(1) << tagBits / uint64(ranges)
	return uint32(uint64(part) * width), uint32(uint64(part+1)*width - 1)
}
