package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"vakt/internal/event"
	"vakt/internal/extract"
)

// An entity stands in a row as its kind, a place in Worker.kinds, its id and
// its name. A text that comes again and again stands as its number; of others
// the row holds the text, as most devices and addresses are not worth a look
// at the table of words. How it stands is told by the last bits of the first
// number, the others are its length or number.
const (
	textSame     = iota // of a name: the id
	textWritten         // its length, and the text
	textNumbered        // its number in Worker.words
	textUUID            // 16 bytes
	textBits     = iota / 2
)

// entity adds one to what is shown of the record at hand.
func (w *Worker) entity(kind string, id, name []byte) {
	place := slices.Index(w.kinds, kind)
	if place < 0 {
		place = len(w.kinds)
		w.kinds = append(w.kinds, kind)
	}
	b := w.appendText(binary.AppendUvarint(w.shown.named, uint64(place)), id)
	if bytes.Equal(id, name) {
		w.shown.named = append(b, textSame)
	} else {
		w.shown.named = w.appendText(b, name)
	}
}

func (w *Worker) appendText(b, text []byte) []byte {
	uuid, isUUID := extract.PackUUID(text)
	if isUUID {
		if number := w.metUUID(&uuid, text); number != 0 {
			return binary.AppendUvarint(b, uint64(number)<<textBits|textNumbered)
		}
		return append(append(b, textUUID), uuid[:]...)
	}
	if number, ok := w.words.met(text); ok {
		return binary.AppendUvarint(b, uint64(number)<<textBits|textNumbered)
	}
	return append(binary.AppendUvarint(b, uint64(len(text))<<textBits|textWritten), text...)
}

// eachEntity hands out the entities of a row of the worker. The bytes are
// valid until the next row is read into s.
func (w *Worker) eachEntity(s *shown, yield func(kind string, id, name []byte)) {
	for written, rest := cutEntity(s.named); written != nil; written, rest = cutEntity(rest) {
		yield(w.readEntity(written, &s.ids))
	}
}

// cutEntity cuts off how the first entity of a row is written; nil where there
// is none.
func cutEntity(named []byte) (written, rest []byte) {
	if len(named) == 0 {
		return nil, nil
	}
	at := 0
	for named[at] >= 1<<7 {
		at++
	}
	at = behindText(named, behindText(named, at+1))
	return named[:at], named[at:]
}

// behindText is the place behind what appendText has written at one, or
// textSame.
func behindText(named []byte, at int) int {
	head, size := uint64(named[at]), 1
	if head >= 1<<7 {
		head, size = binary.Uvarint(named[at:])
	}
	switch head % (1 << textBits) {
	case textWritten:
		return at + size + int(head>>textBits)
	case textUUID:
		return at + size + extract.UUIDBytes
	}
	return at + size
}

// readEntity is the reverse of entity. The bytes are valid until the buffer is
// used again.
func (w *Worker) readEntity(written []byte, buf *[2][extract.UUIDLength]byte) (kind string, id, name []byte) {
	r := rowReader{written}
	kind = w.kinds[r.int()]
	id = w.readText(&r, buf[0][:0])
	if r.b[0] == textSame {
		return kind, id, id
	}
	return kind, id, w.readText(&r, buf[1][:0])
}

// readText is the reverse of appendText.
func (w *Worker) readText(r *rowReader, buf []byte) []byte {
	head := r.int()
	switch n := head >> textBits; head % (1 << textBits) {
	case textNumbered:
		return w.words.text(uint32(n))
	case textUUID:
		return extract.AppendUUID(buf, r.bytes(extract.UUIDBytes))
	default:
		return r.bytes(n)
	}
}

// entities lists those of a row.
func (w *Worker) entities(s *shown) []event.Entity {
	var list []event.Entity
	w.eachEntity(s, func(kind string, id, name []byte) {
		list = append(list, event.Entity{Kind: kind, ID: string(id), Name: string(name)})
	})
	return list
}

func compareEntities(a, b event.Entity) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
}
