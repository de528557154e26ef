package rule

import "go.yaml.in/yaml/v4"

// nodeStore hands out YAML nodes from memory that it uses again for the next
// file: nothing of a tree is kept once its rules are read.
type nodeStore struct {
	full  [][]yaml.Node // chunks in use
	spare [][]yaml.Node // chunks to use again
	free  []yaml.Node   // the rest of the last chunk in use
	kids  []*yaml.Node  // of the maps and lists that are being read
	lists []*yaml.Node  // of the maps and lists that are read
	text  []byte        // of a scalar that is put together
}

// nodeChunk is how many nodes are made at once: about as many as a rule has.
const nodeChunk = 128

// reset takes all nodes back.
func (s *nodeStore) reset() {
	s.spare = append(s.spare, s.full...)
	s.full, s.free, s.kids, s.lists = s.full[:0], nil, s.kids[:0], s.lists[:0]
}

func (s *nodeStore) node(kind yaml.Kind, line int) *yaml.Node {
	if len(s.free) == 0 {
		s.grow()
	}
	n := &s.free[0]
	s.free = s.free[1:]
	*n = yaml.Node{Kind: kind, Line: line}
	return n
}

func (s *nodeStore) grow() {
	if last := len(s.spare) - 1; last >= 0 {
		s.free, s.spare = s.spare[last], s.spare[:last]
	} else {
		s.free = make([]yaml.Node, nodeChunk)
	}
	s.full = append(s.full, s.free)
}

func (s *nodeStore) scalar(tag, text string, line int) *yaml.Node {
	n := s.node(yaml.ScalarNode, line)
	n.Tag, n.Value = tag, text
	return n
}

// push adds a node to those of the innermost map or list.
func (s *nodeStore) push(n *yaml.Node) { s.kids = append(s.kids, n) }

// mark is the place from which collect takes the nodes.
func (s *nodeStore) mark() int { return len(s.kids) }

// collect makes a map or a list of the nodes pushed since the mark.
func (s *nodeStore) collect(kind yaml.Kind, mark, line int) *yaml.Node {
	n := s.node(kind, line)
	n.Tag = "!!map"
	if kind == yaml.SequenceNode {
		n.Tag = "!!seq"
	}
	first := len(s.lists)
	s.lists = append(s.lists, s.kids[mark:]...) // earlier contents stay where they are when it moves
	n.Content = s.lists[first:len(s.lists):len(s.lists)]
	s.kids = s.kids[:mark]
	return n
}
