package extract

import "math"

// openTrees takes what is known of records; closeTrees gives it back.
func (s *splitter) openTrees() {
	if s.trees = s.lim.trees; s.trees == nil {
		s.trees, _ = spareTrees.Get().(*stencilTrees) // the pool holds nothing else
	}
}

func (s *splitter) closeTrees() {
	if s.lim.trees == nil {
		spareTrees.Put(s.trees)
	}
}

// treeOf numbers the tree of records that may be envelopes, or cannot.
func treeOf(mayWrap bool) int {
	if mayWrap {
		return 1
	}
	return 0
}

// likeStencil cuts out the object at the place by comparing it with a stencil.
// That is walked; else it has changed nothing and is unsure where the record may
// be learned, with the place where it left the tree, or further.
//
// A record that is like a stencil is valid, on one line, and has the brackets and
// keys of it: so it is cut out where any other reader would, and is an envelope
// as little as the record of the stencil was.
func (s *splitter) likeStencil(mayWrap bool) (trace, progress) {
	tree := &s.trees[treeOf(mayWrap)]
	if s.cut.open != '{' || s.lim.noStencil || s.lim.noIndex || cap(s.buf) > math.MaxInt32 || tree.resting() {
		return trace{}, further
	}
	if tree.root == nil {
		return trace{}, unsure
	}
	for {
		before := len(s.batch.changes)
		t := trace{kernel: s.kernel, node: tree.root, changes: s.batch.changes}
		came := t.follow(s.buf[s.pos:])
		switch {
		case came == further:
			if len(s.buf)-s.pos > min(s.lim.Record, stencilBytes) || !s.more() {
				return t, further
			}
			continue
		case came == walked && (t.from > s.lim.Record || t.node.stencil.useless.Load()):
			came = further
			fallthrough
		case came == unsure:
			tree.miss()
			return t, came
		}
		tree.hit()
		s.pos += t.from
		s.fresh = false
		s.batch.changes = t.changes
		s.batch.likes = append(s.batch.likes, likeness{t.node.stencil, t.changes[before:len(t.changes):len(t.changes)]})
		s.cut.like = &s.batch.likes[len(s.batch.likes)-1]
		return t, walked
	}
}
