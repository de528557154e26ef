package detect

import (
	"encoding/binary"
	"errors"
	"math"

	"vakt/internal/memory"
)

// arena keeps texts, each behind its length, in pages that never move: it
// grows without copying and leaves no waste behind. A text is known by its
// place, which counts steps of placeBytes; the empty text is at place 0.
type arena struct {
	pages [][]byte // by number; nil below a text longer than a page, and where it was dropped
	open  int      // number of the page that is being filled
	full  bool     // a text found no place: it was taken for the empty one
}

const (
	pageBytes  = 64 << 10
	placeBytes = 4
	pagePlaces = pageBytes / placeBytes
	maxPages   = math.MaxUint32 / pagePlaces // 16 GiB
)

// errFull says that an arena has no more places.
var errFull = errors.New("the rules keep more than 16 GiB: split the input, by day or by log")

// put copies a text that is not empty into the arena.
func (a *arena) put(text []byte) (place uint32) {
	var head [binary.MaxVarintLen64]byte
	length := head[:binary.PutUvarint(head[:], uint64(len(text)))]
	page := a.room(len(length) + len(text))
	if page == nil {
		a.full = true
		return 0
	}
	place = uint32(a.open*pagePlaces + len(*page)/placeBytes)
	*page = append(append(*page, length...), text...)
	for len(*page)%placeBytes != 0 {
		*page = append(*page, 0)
	}
	return place
}

// room is a page with room for so many bytes, and a place in it.
func (a *arena) room(size int) *[]byte {
	if len(a.pages) > 0 && a.pages[a.open] != nil && len(a.pages[a.open])+size <= pageBytes {
		return &a.pages[a.open]
	}
	pages := (size + placeBytes + pageBytes - 1) / pageBytes
	if len(a.pages)+pages > maxPages {
		return nil
	}
	a.open = len(a.pages)
	a.pages = append(a.pages, make([]byte, 0, pages*pageBytes))
	a.pages = append(a.pages, make([][]byte, pages-1)...)
	memory.Huge(a.pages[a.open], len(a.pages)*pageBytes)
	if a.open == 0 { // place 0 is the empty text
		a.pages[0] = append(a.pages[0], make([]byte, placeBytes)...)
	}
	return &a.pages[a.open]
}

// text is what stands at a place. It must not be changed.
func (a *arena) text(place uint32) []byte {
	if place == 0 {
		return nil
	}
	b := a.pages[place/pagePlaces][place%pagePlaces*placeBytes:]
	size, head := binary.Uvarint(b)
	return b[head : head+int(size)]
}
