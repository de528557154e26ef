package source

import (
	"io"
	"sync"
)

// Sizes of what is read ahead: how many pieces, and how large they are.
const (
	aheadPieces = 4
	aheadBytes  = 256 << 10
)

// ahead reads in a goroutine of its own, so that inflating goes on beside
// whatever is done with what was inflated.
type ahead struct {
	full chan piece
	free chan []byte
	stop chan struct{}
	busy sync.WaitGroup

	now piece // at hand
	buf []byte
}

// piece is what was read, and the error that ended reading.
type piece struct {
	rest []byte
	err  error
}

// newAhead begins to read. It must be closed before the reader is.
func newAhead(r io.Reader) *ahead {
	a := &ahead{full: make(chan piece, aheadPieces), free: make(chan []byte, aheadPieces), stop: make(chan struct{})}
	for range aheadPieces {
		a.free <- nil
	}
	a.busy.Go(func() { a.fill(r) })
	return a
}

// fill reads until the end, an error or close.
func (a *ahead) fill(r io.Reader) {
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.stop:
			return
		}
		if buf == nil {
			buf = make([]byte, aheadBytes)
		}
		n, err := readSome(r, buf)
		a.full <- piece{buf[:n], err} // there is room for all pieces
		if err != nil {
			return
		}
	}
}

// readSome fills the buffer as far as it can: decompressors hand out small
// parts.
func readSome(r io.Reader, buf []byte) (n int, err error) {
	for idle := 0; n < len(buf) && err == nil; {
		var more int
		more, err = r.Read(buf[n:])
		if n += more; more > 0 {
			idle = 0
		} else if idle++; idle > 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// Read hands out what was read ahead.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.now.rest) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.buf != nil {
			a.free <- a.buf
		}
		a.now = <-a.full
		a.buf = a.now.rest[:cap(a.now.rest)]
	}
	n := copy(p, a.now.rest)
	a.now.rest = a.now.rest[n:]
	return n, nil
}

// close ends reading and waits for it.
func (a *ahead) close() {
	close(a.stop)
	a.busy.Wait()
}
