package extract

import "encoding/binary"

// Unpacker makes records of what a Packer wrote, for one goroutine.
type Unpacker struct {
	// Read gives the packed record at a place, its head included. It may use the
	// memory of the one before.
	Read func(at int64) ([]byte, error)

	stencils map[int64]*stencil // by the place of the record that has the text
	known    int                // bytes of their texts
}

// Append appends the record that is packed at a place.
func (u *Unpacker) Append(b []byte, at int64) ([]byte, error) {
	packed, err := u.Read(at)
	if err != nil {
		return b, err
	}
	r := unpacking{b: packed, at: PackedHead}
	before := int64(r.number())
	switch {
	case r.broken:
		return b, ErrPacked
	case before != 0:
		return u.appendLike(b, at-before, &r)
	}
	text := r.bytes(r.number())
	switch {
	case r.broken:
		return b, ErrPacked
	case len(text) == 0:
		return append(b, r.b[r.at:]...), nil
	}
	st, err := u.stencil(at, text)
	if err != nil {
		return b, err
	}
	return r.append(b, st)
}

// appendLike appends a record whose stencil has its text with the record at a
// place.
func (u *Unpacker) appendLike(b []byte, at int64, r *unpacking) ([]byte, error) {
	if st := u.stencils[at]; st != nil {
		return r.append(b, st)
	}
	rest := append([]byte(nil), r.b[r.at:]...)
	packed, err := u.Read(at)
	if err != nil {
		return b, err
	}
	of := unpacking{b: packed, at: PackedHead}
	if of.number() != 0 {
		return b, ErrPacked
	}
	st, err := u.stencil(at, of.bytes(of.number()))
	if err != nil {
		return b, err
	}
	return (&unpacking{b: rest}).append(b, st)
}

// stencil is that of the record at a place, which has a text of it.
func (u *Unpacker) stencil(at int64, text []byte) (*stencil, error) {
	if st := u.stencils[at]; st != nil {
		return st, nil
	}
	st := newStencil(append([]byte(nil), text...))
	if st == nil {
		return nil, ErrPacked
	}
	if u.stencils == nil || len(u.stencils) == packedStencils || u.known > packedKnown {
		u.stencils, u.known = make(map[int64]*stencil), 0
	}
	u.known += len(text)
	u.stencils[at] = st
	return st, nil
}

// unpacking reads a packed record from a place on.
type unpacking struct {
	b      []byte
	at     int
	broken bool
}

// number reads a number.
func (r *unpacking) number() uint64 {
	if r.at > len(r.b) {
		r.broken = true
		return 0
	}
	n, size := binary.Uvarint(r.b[r.at:])
	if size <= 0 {
		r.broken = true
		return 0
	}
	r.at += size
	return n
}

// bytes reads so many bytes.
func (r *unpacking) bytes(n uint64) []byte {
	if r.broken || n > uint64(len(r.b)-r.at) {
		r.broken = true
		return nil
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at]
}

// append appends a stencil with what differs in place of its own.
func (r *unpacking) append(b []byte, st *stencil) ([]byte, error) {
	scalar, from := uint64(0), uint32(0)
	for r.at < len(r.b) {
		scalar += r.number()
		other := r.bytes(r.number())
		if r.broken || scalar >= uint64(len(st.scalars)) || st.scalars[scalar].from < from {
			return b, ErrPacked
		}
		own := st.scalars[scalar]
		b = append(append(b, st.text[from:own.from]...), other...)
		from = own.to
	}
	return append(b, st.text[from:]...), nil
}
