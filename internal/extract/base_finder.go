package extract

import "bytes"

// baseFinder goes through a stencil and finds out which of its scalars, objects
// and lists a projection wants. It takes a place and returns the place behind
// what it read. The text is valid, and the projection has accepted it.
type baseFinder struct {
	p        *Projection
	base     *base
	slots    []extent // where they stand
	document bool     // JSON text stands where it would be read
}

// value reads a value of a node, or of nobody's, inside an object or list that is
// wanted whole or none.
func (f *baseFinder) value(n *node, outer int32, i int) int {
	b := f.base.stencil.text
	if class[b[i]] != opening {
		return f.scalar(n, outer)
	}
	number := int32(-1)
	if n != nil && n.whole {
		number = int32(len(f.base.wholes))
		f.base.wholes = append(f.base.wholes, whole{node: n, outer: outer})
		outer = number
	}
	end := 0
	if b[i] == '{' {
		end = f.object(n, outer, i)
	} else {
		end = f.list(outer, i)
	}
	if number >= 0 {
		at := extent{uint32(i), uint32(end)}
		f.base.wholes[number].extent, f.slots[n.slot] = at, at
	}
	return end
}

// scalar reads the next scalar of the stencil.
func (f *baseFinder) scalar(n *node, outer int32) int {
	at := f.base.stencil.scalars[len(f.base.uses)]
	u := use{slot: -1, whole: outer}
	if n != nil {
		u.slot, u.deeper = int32(n.slot), n.whole || n.kids != nil
		if n.slot >= 0 {
			f.slots[n.slot] = at
		}
		f.document = f.document || u.deeper && mayBeDocument(f.base.stencil.text[at.from:at.to])
	}
	u.more = u.deeper || u.whole >= 0
	f.base.uses = append(f.base.uses, u)
	return int(at.to)
}

// object reads an object from its bracket.
func (f *baseFinder) object(n *node, outer int32, i int) int {
	b := f.base.stencil.text
	for i = space(b, i+1); b[i] != '}'; {
		end := skipString(b, i+1)
		kid := f.kid(n, b[i+1:end-1])
		i = space(b, space(b, end)+1)
		if i = space(b, f.value(kid, outer, i)); b[i] == ',' {
			i = space(b, i+1)
		}
	}
	return i + 1
}

// kid is the node of a key, or nil.
func (f *baseFinder) kid(n *node, key []byte) *node {
	if n == nil {
		return nil
	}
	if bytes.IndexByte(key, '\\') >= 0 {
		key = appendDecoded(nil, key)
	}
	return f.p.find(n, key, hashKey(key, f.p.seed))
}

// list reads a list from its bracket.
func (f *baseFinder) list(outer int32, i int) int {
	b := f.base.stencil.text
	for i = space(b, i+1); b[i] != ']'; {
		if i = space(b, f.value(nil, outer, i)); b[i] == ',' {
			i = space(b, i+1)
		}
	}
	return i + 1
}
