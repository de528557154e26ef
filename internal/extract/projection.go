package extract

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
)

// Want is one path that somebody reads.
type Want struct {
	// Path is key names joined by ".", compared without ASCII case. A dot
	// or backslash that belongs to a key is written with a backslash before.
	Path string
	// Whole is true where the value may be an object or a list and is
	// handed over whole, valid to the last byte. Otherwise only a scalar is
	// stored, and an object or list at that place stores nothing.
	Whole bool
}

// Projection reads a fixed set of paths from records. It is safe for
// concurrent use; each goroutine needs a Row of its own.
//
// # Contract
//
// Item, Fast and Strict accept the same records and fill the same slots. A record
// is accepted if and only if
//
//   - without the white space around it, it is one JSON object of at most
//     MaxRecord bytes, and the record is valid UTF-8;
//   - brackets match by kind everywhere, and nest at most MaxDepth deep;
//   - every string is closed, and holds no raw byte below 0x20;
//   - every object on the way to a wanted path (the record's own object
//     first of all) has the member grammar of JSON, valid key strings, no
//     key twice, and no two keys that name the same wanted path in
//     different case;
//   - every scalar at a named path (wanted or on the way) is valid JSON: escapes
//     and surrogate pairs complete, numbers within the range of a float64;
//   - every object or list at a Whole path is valid JSON throughout, and has
//     no key twice in any object;
//   - JSON text (below) keeps the same rules.
//
// Every other value is skipped: apart from brackets and strings it may hold
// any bytes, and a skipped scalar may be any run of bytes without brackets,
// comma, colon or quote, but not empty.
//
// # JSON text
//
// Some exports write an object or list as text in a string. Where a path has
// wanted paths below it, or is Whole, a string whose text begins with "{" or
// "[" after JSON white space is decoded and read as if the text stood there.
// Text that is broken, or nested more than MaxText deep, refuses the record.
type Projection struct {
	nodes []node
	slots int
	seed  uint64

	kernel Kernel
}

// node is one key on the way to a wanted path. Node 0 is the record itself.
type node struct {
	id    int    // its place among the nodes
	path  string // as first wanted, for messages
	key   string // folded to lower ASCII case
	slot  int    // -1: only on the way
	whole bool
	kids  []int32 // all children
	table []kid   // the same by hash; open addressing, node 0 marks a free place
}

// kid is a child's place in the table of its parent.
type kid struct {
	hash uint64
	node int32
}

// NewProjection compiles the wanted paths. Slot i of a Row belongs to
// wants[i]. An empty path, an empty key name in a path and a path wanted
// twice are errors.
func NewProjection(wants []Want) (*Projection, error) {
	p := &Projection{
		nodes: []node{{slot: -1}},
		slots: len(wants),
		seed:  newSeed(),

		kernel: Best.resolve(),
	}
	for slot, w := range wants {
		if err := p.want(slot, w); err != nil {
			return nil, fmt.Errorf("wanted path %q: %w", w.Path, err)
		}
	}
	for i := range p.nodes {
		p.index(&p.nodes[i])
	}
	return p, nil
}

// newSeed draws the secret of a projection's hashes.
func newSeed() uint64 { return maphash.Bytes(maphash.MakeSeed(), nil) }

// want adds one path to the tree.
func (p *Projection) want(slot int, w Want) error {
	keys, err := splitPath(w.Path)
	if err != nil {
		return err
	}
	at := int32(0)
	for _, key := range keys {
		at = p.child(at, key)
	}
	n := &p.nodes[at]
	if n.slot >= 0 {
		return errors.New("wanted twice")
	}
	n.slot, n.whole = slot, w.Whole
	return nil
}

// child returns the node of key below parent, and makes it if need be.
func (p *Projection) child(parent int32, key string) int32 {
	folded := foldString(key)
	for _, k := range p.nodes[parent].kids {
		if p.nodes[k].key == folded {
			return k
		}
	}
	path := key
	if parent != 0 {
		path = p.nodes[parent].path + "." + key
	}
	at := int32(len(p.nodes))
	p.nodes = append(p.nodes, node{id: int(at), path: path, key: folded, slot: -1})
	p.nodes[parent].kids = append(p.nodes[parent].kids, at)
	return at
}

// index builds the hash table of a node's children.
func (p *Projection) index(n *node) {
	if len(n.kids) == 0 {
		return
	}
	size := 4
	for size < 4*len(n.kids) {
		size *= 2
	}
	n.table = make([]kid, size)
	for _, k := range n.kids {
		h := hashKey([]byte(p.nodes[k].key), p.seed)
		at := h & uint64(size-1)
		for n.table[at].node != 0 {
			at = (at + 1) & uint64(size-1)
		}
		n.table[at] = kid{h, k}
	}
}

// find returns the child of n that key names, or nil.
func (p *Projection) find(n *node, key []byte, hash uint64) *node {
	if len(n.table) == 0 {
		return nil
	}
	mask := uint64(len(n.table) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		k := &n.table[at]
		if k.node == 0 {
			return nil
		}
		if k.hash == hash && equalFold(key, p.nodes[k.node].key) {
			return &p.nodes[k.node]
		}
	}
}

// splitPath cuts a path at its dots.
func splitPath(path string) ([]string, error) {
	var keys []string
	var key strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path):
			i++
			key.WriteByte(path[i])
		case c == '.':
			keys = append(keys, key.String())
			key.Reset()
		default:
			key.WriteByte(c)
		}
	}
	keys = append(keys, key.String())
	for _, k := range keys {
		if k == "" {
			return nil, errors.New("empty key name")
		}
	}
	return keys, nil
}

// With returns the same projection with another kernel.
func (p *Projection) With(k Kernel) *Projection {
	other := *p
	other.kernel = k.resolve()
	return &other
}

// NewRow returns scratch space for this projection's records. A Row is used
// again for record after record; it is not safe for concurrent use.
func (p *Projection) NewRow() *Row {
	slots := make([]slot, p.slots)
	return &Row{slots: slots, scanned: slots, proofs: make([]proofs, len(p.nodes))}
}

// Row holds what one record says at the wanted paths. After an error of Fast
// or Strict it is empty.
type Row struct {
	rec     []byte
	slots   []slot // scanned, or those of a base
	scanned []slot // of records that were read by themselves
	bases   bases
	proofs  []proofs // by node
	formed  uint64   // the newest form
	keys    int
	arena   []byte // decoded keys and JSON text
	names   names
	places  places
	texts   [MaxText + 1]*index // by level of JSON text; 0 is the record itself
}

// slot is what a record says at a wanted path.
type slot struct {
	raw  []byte // nil: nothing
	form uint64
}

// Raw returns the raw JSON value in a slot, or nil when the record has no
// such key: a string with quotes, a number, true, false, null, or an object
// or list at a Whole path. It is valid until the Row's next record. It lies in
// the record, or elsewhere where the same bytes are at hand.
func (r *Row) Raw(slot int) []byte { return r.slots[slot].raw }

// Form numbers the object or list in the slot of a Whole path. Two with one
// number differ in digits at most, and in none but those of strings that are
// values: what has been found out of the structure of one holds for the other.
// It is 0 where no form was made out, and each Row has numbers of its own.
func (r *Row) Form(slot int) uint64 { return r.slots[slot].form }

// Keys is the number of members of the record's own object.
func (r *Row) Keys() int { return r.keys }

// TopKeys returns the names of the first members of the record's own object,
// decoded, at most max of them.
func (r *Row) TopKeys(max int) []string {
	var keys []string
	for key := range Members(r.rec) {
		if len(keys) >= max {
			break
		}
		keys = append(keys, string(AppendText(nil, key)))
	}
	return keys
}

// store fills a slot.
func (r *Row) store(slot int, raw []byte, form uint64) {
	s := &r.slots[slot]
	s.raw, s.form = raw, form
}

// reset empties the row before a record.
func (r *Row) reset() {
	r.rec, r.keys = nil, 0
	r.leaveBase()
	clear(r.slots)
	r.arena = r.arena[:0]
	r.names.reset()
}
