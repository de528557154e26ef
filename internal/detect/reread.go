package detect

import (
	"errors"
	"math"

	"vakt/internal/event"
)

// close ends reading again.
func (x *decision) close() error {
	if x.reader == nil {
		return nil
	}
	return errors.Join(x.reader.archive.Close(), x.reader.Close())
}

// show fills in a version of a record, and tells the number of the worker whose
// texts it has.
func (x *decision) show(s *shown, v version, key event.Key) (of uint32) {
	row, of := x.row(v)
	if row == nil {
		*s = shown{attempt: key}
		return of
	}
	s.read(row, key)
	return of
}

// row is that of a version of a record, which is valid until the next is asked
// for, and the number of the worker whose texts it has; nil where it cannot be
// read, which ends the decision.
func (x *decision) row(v version) (row []byte, of uint32) {
	of, place := v.worker, v.row
	var err error
	if v.again {
		of = uint32(len(x.workers))
		place, err = x.read(v)
	}
	if err == nil {
		row, err = x.worker(of).rows.read(place, &x.buf)
	}
	if err != nil {
		x.fail(err)
		return nil, of
	}
	return row, of
}

// worker is the worker of a number. Behind those of the run stands the one that
// reads again what is shown.
func (x *decision) worker(number uint32) *Worker {
	if int(number) == len(x.workers) {
		return x.reader.Worker
	}
	return x.workers[number]
}

// read is the row of a record that is read again, once.
func (x *decision) read(v version) (row uint32, err error) {
	x.openReader()
	row, known := x.readings[v]
	if known {
		return row, nil
	}
	o, err := x.workers[v.worker].origins.of(v.row)
	if err == nil {
		row, err = x.reader.again(&o, nil)
	}
	x.readings[v] = row
	return row, err
}

// openReader makes the decision's reader, before the first record. It keeps all in
// memory: facts are taken from it at once, and rows are of what is shown.
func (x *decision) openReader() {
	if x.reader == nil {
		x.reader, x.readings = x.newReader(), map[version]uint32{}
		x.reader.limit = math.MaxInt
	}
}

// facts are those of a record that is read again for a target.
func (x *decision) facts(target int, of, number uint32) (list []entry) {
	x.openReader()
	o, err := x.workers[of].origins.of(number)
	if err == nil {
		_, err = x.reader.again(&o, []int{target})
	}
	x.fail(err)
	for f := range x.reader.facts[target].each {
		list = append(list, entry{fact: *f, of: uint32(len(x.workers))})
	}
	x.reader.facts[target] = facts{}
	return list
}

// traces goes through those that stand in place of facts of a target. What it
// hands out is used again.
func (x *decision) traces(target int, see func(of uint32, t *trace, o *origin)) {
	s := sifter{common: x.common}
	var read origin
	s.each(target, false, 0, 1, func(of uint32, list []trace) {
		from := &x.workers[of].origins
		x.near |= from.fetch(list)
		for i := range list {
			o := from.inMemory(list[i].origin)
			if o == nil {
				var err error
				if read, err = from.of(list[i].origin); err != nil {
					x.fail(err)
					return
				}
				o = &read
			}
			see(of, &list[i], o)
		}
	})
	x.fail(s.failed)
}
