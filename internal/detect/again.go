package detect

import (
	"encoding/binary"
	"fmt"
	"os"

	"vakt/internal/event"
	"vakt/internal/memory"
)

// What alerts show of a record, and what most rules count of it, is worth
// nothing where nothing fires. Where a record can be read again, a worker keeps
// no more than where it stands: see trace and version.again.

// At is where a record can be read again.
type At struct {
	Input  int32 // by number
	Size   int32 // bytes; 0: it cannot be read again
	Offset int64
}

// Archive reads records again, for one goroutine.
type Archive interface {
	// Read fills in the record that stands at a place.
	Read(at At, r *event.Record) error
	// Changed is the error that it is not the record that was seen there.
	Changed(at At) error
	Close() error
}

// origin is where a record of a worker can be read again, and what tells it
// from others.
type origin struct {
	At
	key  event.Key
	time int64
}

// originBytes is what an origin takes, in memory and in a file.
const originBytes = 40

// origins are those of a worker, by their number, which is from 1. Pages may
// have gone into a file, one behind the other.
type origins struct {
	paged[origin]
	file    *os.File
	written int // pages in the file
}

// originOf numbers the record at hand, once.
func (w *Worker) originOf(r *event.Record) uint32 {
	if w.origin == 0 {
		w.origins.add(origin{w.at, r.Key(), r.Time()})
		w.held += originBytes
		w.origin = uint32(w.origins.len())
	}
	return w.origin
}

// write puts all pages but the last into the file and forgets them.
func (o *origins) write() error {
	buf := make([]byte, pageItems*originBytes)
	for ; o.written < len(o.pages)-1; o.written++ {
		for i := range o.pages[o.written] {
			o.pages[o.written][i].encode(buf[i*originBytes:])
		}
		if _, err := o.file.WriteAt(buf, int64(o.written)*int64(len(buf))); err != nil {
			return err
		}
		o.pages[o.written] = nil
	}
	return nil
}

// inMemory is the origin of a number, where it is in memory, and nil elsewhere.
// It must not be changed.
func (o *origins) inMemory(number uint32) *origin {
	i := int(number - 1)
	if i/pageItems < o.written {
		return nil
	}
	return o.item(i)
}

// fetch brings the origins of traces near: see fewAhead.
func (o *origins) fetch(list []trace) (seen int64) {
	for i := range list {
		if in := o.inMemory(list[i].origin); in != nil {
			seen |= in.time
		}
	}
	return seen
}

// of is the origin of a number.
func (o *origins) of(number uint32) (got origin, err error) {
	i := int(number - 1)
	if in := o.inMemory(number); in != nil {
		return *in, nil
	}
	var line [originBytes]byte
	if _, err := o.file.ReadAt(line[:], int64(i)*originBytes); err != nil {
		return got, fmt.Errorf("read what did not fit into memory: %w", err)
	}
	got.decode(line[:])
	return got, nil
}

func (o *origin) encode(b []byte) {
	copy(b[:16], o.key[:])
	binary.LittleEndian.PutUint64(b[16:], uint64(o.time))
	binary.LittleEndian.PutUint64(b[24:], uint64(o.Offset))
	binary.LittleEndian.PutUint32(b[32:], uint32(o.Input))
	binary.LittleEndian.PutUint32(b[36:], uint32(o.Size))
}

func (o *origin) decode(b []byte) {
	copy(o.key[:], b[:16])
	o.time, o.Offset = int64(binary.LittleEndian.Uint64(b[16:])), int64(binary.LittleEndian.Uint64(b[24:]))
	o.Input, o.Size = int32(binary.LittleEndian.Uint32(b[32:])), int32(binary.LittleEndian.Uint32(b[36:]))
}

// recall is what a worker that reads records again is to make of the one at
// hand.
type recall struct {
	targets []int // it makes facts for these; none: a row alone
	row     uint32
}

// makes tells whether a fact that was a trace is wanted.
func (c *recall) makes(u *use, shape event.Shape) bool {
	for _, t := range c.targets {
		if t == u.target {
			return u.sifted>>shape&1 == 1
		}
	}
	return false
}

// reader reads records again and makes facts and rows of them, as a worker
// would have that kept all.
type reader struct {
	*Worker
	archive Archive
	record  event.Record
}

func (c *common) newReader() *reader {
	w := c.d.newWorker()
	w.matcher, w.recall = c.d.set.NewMatcher(), &recall{}
	if c.d.keep > 0 {
		w.kept.left = c.d.keep
	}
	return &reader{Worker: w, archive: c.open()}
}

// again makes facts for targets of a record, and its row.
func (r *reader) again(o *origin, targets []int) (row uint32, err error) {
	if err := r.archive.Read(o.At, &r.record); err != nil {
		return 0, err
	}
	if r.record.Key() != o.key || r.record.Time() != o.time {
		return 0, r.archive.Changed(o.At)
	}
	r.recall.targets, r.recall.row = targets, 0
	r.number++
	r.isShown = false
	r.out = r.matcher.Match(&r.record, r.record.Logs(), r.out[:0])
	r.matches(&r.record, r.out)
	r.finish()
	return r.recall.row, r.Err()
}

// paged is a list that grows without moving what it holds, and knows its items
// by their place.
type paged[T comparable] struct{ pages [][]T }

const pageItems = 1 << 12

func (p *paged[T]) add(v T) {
	n := len(p.pages)
	switch {
	case n == 0:
		p.pages = append(p.pages, make([]T, 0, fewFacts))
		n++
	case len(p.pages[n-1]) == pageItems:
		p.pages = append(p.pages, make([]T, 0, pageItems))
		memory.Huge(p.pages[n], len(p.pages)*pageItems)
		n++
	}
	p.pages[n-1] = append(p.pages[n-1], v)
}

func (p *paged[T]) len() int {
	if n := len(p.pages); n > 0 {
		return (n-1)*pageItems + len(p.pages[n-1])
	}
	return 0
}

func (p *paged[T]) item(i int) *T { return &p.pages[i/pageItems][i%pageItems] }

// endsWith tells whether the end of the list holds an item, where the end is as
// long as its items are like that.
func (p *paged[T]) endsWith(v T, like func(*T) bool) bool {
	for i := p.len() - 1; i >= 0; i-- {
		switch last := p.item(i); {
		case !like(last):
			return false
		case *last == v:
			return true
		}
	}
	return false
}
