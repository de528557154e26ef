package rule

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// flow reads a list or map in brackets that ends in the line.
func (b *blockReader) flow(depth int) *yaml.Node {
	if depth > maxBlockDepth {
		return b.fail()
	}
	kind, closing, first := yaml.SequenceNode, byte(']'), b.nodes.mark()
	if b.text[b.start] == '{' {
		kind, closing = yaml.MappingNode, '}'
	}
	b.start++
	for b.skipBlanks(); !b.failed && b.at() != closing; b.skipBlanks() {
		if b.nodes.mark() > first && !b.take(',') {
			return b.fail()
		}
		b.skipBlanks()
		if kind == yaml.MappingNode {
			b.nodes.push(b.flowScalar())
			if !b.take(':') || b.at() != ' ' {
				return b.fail()
			}
			b.skipBlanks()
		}
		b.nodes.push(b.flowValue(depth))
	}
	b.start++
	return b.nodes.collect(kind, first, b.number)
}

// at is the character at hand; 0 at the end of the line.
func (b *blockReader) at() byte {
	if b.start < b.end {
		return b.text[b.start]
	}
	return 0
}

// take goes over a character that must be the one given.
func (b *blockReader) take(c byte) bool {
	if b.at() != c {
		return false
	}
	b.start++
	return true
}

func (b *blockReader) flowValue(depth int) *yaml.Node {
	switch b.at() {
	case '[', '{':
		return b.flow(depth + 1)
	case '\'', '"':
		return b.quoted()
	}
	return b.flowScalar()
}

// flowScalar reads a scalar without quotes within brackets.
func (b *blockReader) flowScalar() *yaml.Node {
	line := b.text[b.start:b.end]
	size := strings.IndexAny(line, ",[]{}:#'\"")
	if size < 0 {
		return b.fail()
	}
	text := strings.TrimRight(line[:size], " ")
	tag, ok := plainScalar(text)
	if !ok || len(text) < size && line[size] == ':' {
		return b.fail()
	}
	b.start += size
	return b.nodes.scalar(tag, text, b.number)
}
