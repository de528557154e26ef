package rule

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// Rule files are written in a small part of YAML: maps and lists by
// indentation, scalars and brackets that end in the line where they begin, and
// blocks of text after | or >. A YAML library pays for all the rest with every
// character, and reading our own rules was half of what a start cost. So this
// part has a reader of its own. It knows what it does not know: of a text with
// anything else in it nothing is kept, and the library reads it, and tells of
// its errors. Tests hold the trees of both against each other.

const (
	// maxBlockDepth is how deep the block reader goes. It lies beyond
	// maxDepth, so that the check of that one refuses what is too deep.
	maxBlockDepth = maxDepth + 2
	// maxBlockKey is how long a line with a key may be, in bytes; YAML allows
	// 1,024 characters of a key.
	maxBlockKey = 1000
)

// blockReader reads one text. It stands at a line that is neither empty nor a
// comment.
type blockReader struct {
	text  string
	nodes *nodeStore

	after  int  // where the next line begins
	begin  int  // where the line begins
	number int  // of the line, from 1
	start  int  // where its content begins, behind the indentation and dashes
	end    int  // where it ends, without blanks
	indent int  // the column at which the content begins, from 0
	done   bool // there is no further line
	failed bool // something was met that is not known here
}

// readBlocks gives the root nodes of the documents in a text. ok is false when
// the text holds anything that this reader does not know. The nodes belong to
// the store and hold until it is reset.
func readBlocks(text string, store *nodeStore) (roots []*yaml.Node, ok bool) {
	if !isPlainText(text) {
		return nil, false
	}
	b := &blockReader{text: text, nodes: store}
	b.next()
	if b.isSeparator() {
		b.next()
	}
	for !b.done {
		if b.indent != 0 || b.isSeparator() {
			return nil, false
		}
		roots = append(roots, b.mapping(0))
		if b.done {
			break
		}
		if !b.isSeparator() {
			return nil, false
		}
		if b.next(); b.done {
			return nil, false // an empty document
		}
	}
	return roots, !b.failed && len(roots) > 0
}

// fail gives the text up. Nobody looks at the node that it returns.
func (b *blockReader) fail() *yaml.Node {
	b.failed, b.done = true, true
	return b.nodes.scalar(strTag, "", b.number)
}

// isSeparator tells whether the line begins another document.
func (b *blockReader) isSeparator() bool {
	return !b.done && b.indent == 0 && b.text[b.start:b.end] == "---"
}

// next goes to the next line that is neither empty nor a comment.
func (b *blockReader) next() {
	for b.line() {
		if b.start < b.end && b.text[b.start] != '#' {
			return
		}
	}
}

// line goes to the next line, whatever it holds; false when there is none.
func (b *blockReader) line() bool {
	if b.done || b.after >= len(b.text) {
		b.done = true
		return false
	}
	b.begin = b.after
	b.end = len(b.text)
	if at := strings.IndexByte(b.text[b.begin:], '\n'); at >= 0 {
		b.end = b.begin + at
	}
	b.after = b.end + 1
	b.number++
	b.start = b.begin
	for b.start < b.end && b.text[b.start] == ' ' {
		b.start++
	}
	for b.end > b.start && b.text[b.end-1] == ' ' {
		b.end--
	}
	b.indent = b.start - b.begin
	return true
}

// isEntry tells whether the line is an entry of a list.
func (b *blockReader) isEntry() bool {
	return !b.done && b.text[b.start] == '-' && (b.start+1 == b.end || b.text[b.start+1] == ' ')
}

// mapping reads the map whose first key stands in the line.
func (b *blockReader) mapping(depth int) *yaml.Node {
	return b.collection(yaml.MappingNode, depth, (*blockReader).pair)
}

// sequence reads the list whose first entry stands in the line.
func (b *blockReader) sequence(depth int) *yaml.Node {
	return b.collection(yaml.SequenceNode, depth, (*blockReader).dash)
}

// collection reads a map or a list, whose elements begin in the same column.
// read pushes one and goes to the line after it; false when the line begins
// none.
func (b *blockReader) collection(kind yaml.Kind, depth int, read func(b *blockReader, column, depth int) bool) *yaml.Node {
	if depth > maxBlockDepth {
		return b.fail()
	}
	column, first, line := b.indent, b.nodes.mark(), b.number
	for !b.done && b.indent == column && read(b, column, depth) {
	}
	if !b.done && b.indent > column {
		return b.fail()
	}
	return b.nodes.collect(kind, first, line)
}

// pair reads a key and its value.
func (b *blockReader) pair(column, depth int) bool {
	if b.isSeparator() {
		return false
	}
	colon := keyEnd(b.text[b.start:b.end])
	if colon <= 0 || colon > maxBlockKey {
		b.fail()
		return false
	}
	key := b.text[b.start : b.start+colon]
	tag, ok := plainScalar(key)
	if !ok {
		b.fail()
		return false
	}
	b.nodes.push(b.nodes.scalar(tag, key, b.number))
	b.start += colon + 1
	b.skipBlanks()
	b.nodes.push(b.value(column, depth))
	return true
}

// dash reads an entry of a list.
func (b *blockReader) dash(column, depth int) bool {
	if !b.isEntry() {
		return false
	}
	b.start++
	b.skipBlanks()
	b.nodes.push(b.entry(column, depth))
	return true
}

// value reads what belongs to a key: what stands behind it in the line, or
// else the lines below that are indented, or a list below that is not.
func (b *blockReader) value(column, depth int) *yaml.Node {
	if b.start < b.end && b.text[b.start] != '#' {
		return b.inline(column, depth)
	}
	b.next()
	switch {
	case b.done || b.isSeparator():
		return b.fail()
	case b.isEntry() && b.indent >= column:
		return b.sequence(depth + 1)
	case b.indent > column:
		return b.mapping(depth + 1)
	}
	return b.fail()
}

// entry reads an entry of a list behind its dash: a map that begins in the
// line, or a value in it.
func (b *blockReader) entry(column, depth int) *yaml.Node {
	rest := b.text[b.start:b.end]
	if rest == "" || rest[0] == '#' || b.isEntry() {
		return b.fail()
	}
	if !strings.ContainsRune(`'"[{|>`, rune(rest[0])) && keyEnd(rest) >= 0 {
		b.indent = b.start - b.begin
		return b.mapping(depth + 1)
	}
	return b.inline(column, depth)
}
