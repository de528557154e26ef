package extract

import (
	"context"
	"io"
	"sync"
)

// Sizes of a batch: how many bytes are read into one buffer, how many of them at
// once at most (so that they are near the processor when they are indexed), how
// many items end it early, how many bytes are rendered into one buffer (three quarters of
// it end the batch, so that the next row has room), the largest buffer that is
// used again, and the most brackets in an index that is used again.
const (
	batchBytes  = 256 << 10
	batchRead   = 128 << 10
	batchItems  = 1 << 15
	batchOut    = 1 << 20
	batchReused = 4 << 20

	batchBrackets = 1 << 18
)

// Batch is some records of one input, in its order.
type Batch struct {
	Items []Item
	// Container tells what the first item was found in.
	Container string

	buf   []byte // what was read; Raw points into it
	out   []byte // what was rendered; Raw of table rows points into it
	index index  // of buf

	likes   []likeness // of items
	changes []change   // in them
}

// batches are spare batches.
var batches = sync.Pool{New: func() any { return new(Batch) }}

// Release gives the batch's memory back. The batch and every Raw in it must
// not be used any more.
func (b *Batch) Release() {
	clear(b.Items)
	b.Items, b.Container = b.Items[:0], ""
	clear(b.likes)
	b.likes = b.likes[:0]
	b.buf, b.out, b.changes = b.buf[:0], b.out[:0], b.changes[:0]
	if cap(b.buf) > batchReused {
		b.buf = nil
	}
	if cap(b.out) > batchReused {
		b.out = nil
	}
	if len(b.index.flags) > batchReused/blockSize || cap(b.index.at) > batchBrackets {
		b.index = index{}
	}
	b.index.buf = nil
	batches.Put(b)
}

// window is the piece of the input that is held: the buffer of the batch
// that is being filled.
type window struct {
	ctx    context.Context
	r      io.Reader
	emit   func(*Batch) error
	size   int // of a buffer
	kernel Kernel

	batch *Batch
	buf   []byte // batch.buf up to what has been read
	pos   int    // the next byte
	mark  int    // bytes from here on are kept; -1: from pos on
	base  int64  // offset of buf[0] in the input
	lines
	index    int // of the next item
	moves    int // how often bytes have changed their places
	next     int // near the next bracket of the index
	nextEnd  int // near the next line end of the index
	rendered int // bytes rendered into this batch

	ended   bool
	readErr error // of the reader, other than io.EOF
	halt    error // of emit or the context
}

// lines counts lines. A line ends with a line feed, a carriage return or both.
type lines struct {
	line      int
	lineStart int64 // offset of the line's first byte
	cr        int64 // offset of the newest carriage return
}

func newWindow(ctx context.Context, r io.Reader, emit func(*Batch) error, lim Limits) *window {
	w := &window{
		ctx: ctx, r: r, emit: emit, size: lim.batch, kernel: lim.Kernel.resolve(), mark: -1, lines: lines{line: 1, cr: -2},
	}
	w.open(nil, w.size)
	return w
}

// open begins a batch whose buffer starts with what is kept.
func (w *window) open(kept []byte, size int) {
	w.batch, _ = batches.Get().(*Batch) // the pool holds nothing else
	if cap(w.batch.buf) < size {
		w.batch.buf = make([]byte, 0, size)
	}
	w.buf = append(w.batch.buf[:0:size], kept...)
	w.rendered = 0
	w.batch.index.kernel = w.kernel
	w.reindex()
}

// reindex forgets the index of a buffer whose bytes have changed their places.
func (w *window) reindex() {
	w.batch.index.fit(cap(w.buf))
	w.next, w.nextEnd = 0, 0
	w.moves++
}

// offset is the place in the input of a place in the buffer.
func (w *window) offset(i int) int64 { return w.base + int64(i) }

// newline notes the line end at a place in the buffer.
func (w *window) newline(i int) {
	at := w.offset(i)
	if w.buf[i] == '\r' {
		w.cr = at
	}
	if w.buf[i] == '\r' || w.cr != at-1 {
		w.line++
	}
	w.lineStart = at + 1
}

// back returns to an offset behind the mark.
func (w *window) back(offset int64, state lines) {
	w.pos = int(offset - w.base)
	w.lines = state
	w.mark = -1
}

// more reads on and is false when there is no more. Places in the buffer
// change, save that pos and mark follow.
func (w *window) more() bool {
	if w.ended {
		return false
	}
	if err := w.ctx.Err(); err != nil {
		w.halt, w.ended = err, true
		return false
	}
	if len(w.buf) == cap(w.buf) && !w.makeRoom() {
		return false
	}
	for range 100 {
		n, err := w.r.Read(w.buf[len(w.buf):min(cap(w.buf), len(w.buf)+batchRead)])
		w.buf = w.buf[:len(w.buf)+n]
		if err != nil {
			w.ended = true
			if err != io.EOF {
				w.readErr = err
			}
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	w.ended, w.readErr = true, io.ErrNoProgress
	return false
}

// need reads on until n bytes follow pos, or the input ends.
func (w *window) need(n int) {
	for len(w.buf)-w.pos < n && w.more() {
	}
}

// peek returns the byte at pos.
func (w *window) peek() (byte, bool) {
	if w.pos == len(w.buf) && !w.more() {
		return 0, false
	}
	return w.buf[w.pos], true
}

// keep is the first place in the buffer that must stay.
func (w *window) keep() int {
	if w.mark >= 0 {
		return w.mark
	}
	return w.pos
}

// makeRoom hands over the batch if it holds anything, or else moves or grows
// the buffer.
func (w *window) makeRoom() bool {
	from := w.keep()
	kept := w.buf[from:]
	switch {
	case len(w.batch.Items) > 0:
		return w.handOver()
	case len(kept) <= cap(w.buf)/2:
		w.buf = w.buf[:copy(w.buf, kept)]
	default:
		w.batch.buf = make([]byte, 0, 2*cap(w.buf))
		w.buf = append(w.batch.buf, kept...)
	}
	w.reindex()
	w.moved(from)
	return true
}

// moved notes that the buffer's first bytes are gone.
func (w *window) moved(by int) {
	w.base += int64(by)
	w.pos -= by
	if w.mark >= 0 {
		w.mark = 0
	}
}

// handOver gives the batch to emit and opens the next one.
func (w *window) handOver() bool {
	from := w.keep()
	full, kept := w.batch, w.buf[from:]
	full.index.buf = w.buf
	w.open(kept, max(w.size, 2*len(kept)))
	w.moved(from)
	full.buf = full.buf[:0]
	if err := w.emit(full); err != nil {
		w.halt, w.ended = err, true
		return false
	}
	return true
}

// turnOver hands the batch over early when it holds very many records.
func (w *window) turnOver() {
	if w.halt != nil {
		return
	}
	if len(w.batch.Items) >= batchItems || w.rendered >= batchOut/4*3 {
		w.handOver()
	}
}

// flush hands over what is left at the end.
func (w *window) flush() {
	if len(w.batch.Items) == 0 {
		w.batch.Release()
		return
	}
	if w.index == 1 && w.batch.Container == ContainerLines {
		w.batch.Container = ContainerObject
	}
	w.batch.index.buf = w.buf
	if err := w.emit(w.batch); err != nil {
		w.halt = err
	}
}

// add puts an item into the batch and numbers it.
func (w *window) add(container string, it Item) {
	if len(w.batch.Items) == 0 {
		w.batch.Container = container
	}
	it.Index = w.index
	w.index++
	w.batch.Items = append(w.batch.Items, it)
}

// render returns space for n bytes that live as long as the batch.
func (w *window) render(n int) []byte {
	if cap(w.batch.out)-len(w.batch.out) < n {
		w.batch.out = make([]byte, 0, max(batchOut, n))
	}
	from := len(w.batch.out)
	w.batch.out = w.batch.out[:from+n]
	w.rendered += n
	return w.batch.out[from : from : from+n]
}
