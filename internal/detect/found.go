package detect

import "vakt/internal/memory"

// found is a list of detections that grows without moving what it holds: they
// are large, and there may be many.
type found struct {
	full [][]Detection
	last []Detection
}

const (
	fewFound  = 8
	manyFound = 1024
)

// next is the place of another detection.
func (l *found) next() *Detection {
	if len(l.last) == cap(l.last) {
		if l.last != nil {
			l.full = append(l.full, l.last)
		}
		l.last = make([]Detection, 0, min(max(fewFound, 2*cap(l.last)), manyFound))
		memory.Huge(l.last, (len(l.full)+1)*cap(l.last))
	}
	l.last = l.last[:len(l.last)+1]
	return &l.last[len(l.last)-1]
}

// absorb takes in those of another list, which must not be used after it.
func (l *found) absorb(o *found) {
	l.full = append(append(append(l.full, l.last), o.full...), o.last)
	l.last = nil
}

// all lists them.
func (l *found) all() []*Detection {
	chunks, n := append(l.full[:len(l.full):len(l.full)], l.last), 0
	for _, chunk := range chunks {
		n += len(chunk)
	}
	list := make([]*Detection, 0, n)
	for _, chunk := range chunks {
		for i := range chunk {
			list = append(list, &chunk[i])
		}
	}
	return list
}
