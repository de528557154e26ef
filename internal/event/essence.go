package event

import (
	"bytes"
	"encoding/binary"
	"slices"

	"vakt/internal/extract"
)

// The essence of a record is the raw values from which its id, attempt, change
// time and entities follow. To keep it costs much less than to decode them, and
// of most records that a rule matches nobody ever asks.

// Each value stands as a byte that holds its place in Layout.essence and how it
// is written, and then, for a UUID, its 16 bytes, else its length and the bytes.
const (
	essenceSame = 0x40 // as the first value; nothing follows
	essenceUUID = 0x80 // a text that is a UUID in lower case
	essenceMost = 0x3f // values
)

// essenceLogs are the logs of which records have one; those of the others are
// few, and their parties are lists.
const essenceLogs = SignIn | Risk

// essenceSlots lists the slots of the values of a log and shape, that of the id
// first; nil where there is no essence.
func (l *Layout) essenceSlots(shape Shape, log Log) (slots []int) {
	if !slices.Contains([]Shape{GraphV1, GraphBeta, AzureMonitor, LogAnalytics}, shape) || log&essenceLogs == 0 {
		return nil
	}
	add := func(path int) {
		if slot := l.slots[path]; slot >= 0 && !slices.Contains(slots, slot) {
			slots = append(slots, slot)
		}
	}
	for i, c := range coreFields {
		if c.log == log {
			l.eachSource(l.core[i], shape, add)
		}
	}
	for _, m := range []mark{markLastUpdatedDateTime, markPropertiesLastUpdatedDateTime} {
		if slot := l.marks[m]; !slices.Contains(slots, slot) {
			slots = append(slots, slot)
		}
	}
	if len(slots) > essenceMost {
		return nil
	}
	return slots
}

// eachSource visits the paths that a field is read from in a shape.
func (l *Layout) eachSource(f Field, shape Shape, visit func(path int)) {
	d := l.fields[f]
	for _, src := range d.sources[shape] {
		visit(src.path)
	}
	for _, alternatives := range d.from {
		for _, b := range alternatives {
			l.eachSource(b, shape, visit)
		}
	}
}

// AppendEssence appends the essence of the record; ok is false, and nothing is
// appended, where it has none.
func (r *Record) AppendEssence(b []byte) (_ []byte, ok bool) {
	if r.logs != SignIn && r.logs != Risk {
		return b, false
	}
	list := r.layout.essence[r.shape].of(r.logs)
	var first []byte
	for i, slot := range list {
		raw := r.row.Raw(slot)
		switch {
		case raw == nil, r.shape != LogAnalytics && extract.IsNull(raw):
			continue
		case i == 0:
			first = raw
		case bytes.Equal(raw, first):
			b = append(b, byte(i)|essenceSame)
			continue
		}
		if n := len(raw); n == extract.UUIDLength+2 && raw[0] == '"' {
			if uuid, ok := extract.PackUUID(raw[1 : n-1]); ok {
				b = append(append(b, byte(i)|essenceUUID), uuid[:]...)
				continue
			}
		}
		b = append(binary.AppendUvarint(append(b, byte(i)), uint64(len(raw))), raw...)
	}
	return b, list != nil
}

// Revive makes the record answer for ID, Attempt, Updated and EachEntity as the
// one did that had the essence, which was read with an equal layout. Shape, log
// and key are those of that record. The essence must stay as it is meanwhile.
func (r *Record) Revive(l *Layout, shape Shape, log Log, key Key, essence []byte) {
	if r.row == nil || r.layout != l {
		r.attach(l)
	}
	r.row.Clear()
	r.begin(nil)
	r.shape, r.logs, r.kind = shape, log, ""
	r.key, r.keyed = key, r.number
	list := l.essence[shape].of(log)
	var first []byte
	for len(essence) > 0 {
		head := essence[0]
		essence = essence[1:]
		raw := first
		switch {
		case head&essenceUUID != 0:
			from := len(r.arena)
			r.arena = append(extract.AppendUUID(append(r.arena, '"'), essence[:extract.UUIDBytes]), '"')
			raw, essence = r.arena[from:len(r.arena):len(r.arena)], essence[extract.UUIDBytes:]
		case head&essenceSame == 0:
			n, size := binary.Uvarint(essence)
			raw, essence = essence[size:size+int(n)], essence[size+int(n):]
		}
		if head&essenceMost == 0 {
			first = raw
		}
		r.row.Set(list[head&essenceMost], raw)
	}
}
