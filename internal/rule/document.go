package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Limits on a rule file. A rule is a page of text; whatever is far beyond
// that is a mistake or an attack on the reader.
const (
	maxFile  = 1 << 20 // bytes of a file
	maxNodes = 20_000  // YAML nodes of a document after aliases are expanded
	maxDepth = 32      // nested maps and lists
)

const tooLarge = "the file is larger than 1 MiB: split it, a rule is a page of text"

// reader collects the problems of one file while its documents are read.
type reader struct {
	file     string
	memory   *scratch
	problems []Problem
	failed   bool // a problem that refuses the current document was seen
}

func (r *reader) refuse(line int, format string, args ...any) {
	r.failed = true
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) warn(line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Message: fmt.Sprintf(format, args...), Warning: true})
}

// documents splits data into the root nodes of its YAML documents. Aliases are
// replaced by what they stand for, so nobody below meets one. Empty documents
// are left out; a document beyond the limits is refused.
func (r *reader) documents(data []byte) []*yaml.Node {
	if len(data) > maxFile {
		r.refuse(0, tooLarge)
		return nil
	}
	if roots, ok := readBlocks(string(data), &r.memory.nodes); ok {
		return r.roots(roots)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		r.refuse(1, "not readable as YAML: %v", err)
		return nil
	}
	var roots []*yaml.Node
	for {
		var doc yaml.Node
		err := loader.Load(&doc)
		if errors.Is(err, io.EOF) {
			return roots
		}
		if err != nil {
			r.syntax(err)
			return roots
		}
		if root := r.root(&doc); root != nil {
			roots = append(roots, root)
		}
	}
}

// roots checks the limits of documents that are read.
func (r *reader) roots(read []*yaml.Node) []*yaml.Node {
	var roots []*yaml.Node
	for _, doc := range read {
		if root := r.root(doc); root != nil {
			roots = append(roots, root)
		}
	}
	return roots
}

// syntax reports an error of the YAML reader at its own line.
func (r *reader) syntax(err error) {
	if at, ok := errors.AsType[*yaml.LoadError](err); ok {
		r.refuse(max(at.Mark.Line, 1), "not readable as YAML: %s", at.Message)
		return
	}
	r.refuse(1, "not readable as YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

// root returns the content of a document without aliases, or nil when there
// is none or it is beyond the limits.
func (r *reader) root(doc *yaml.Node) *yaml.Node {
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			return nil
		}
		doc = doc.Content[0]
	}
	if doc.Kind == 0 || doc.Kind == yaml.ScalarNode && doc.ShortTag() == "!!null" {
		return nil
	}
	var x expander
	root := x.expand(doc, 0)
	if x.fault != "" {
		r.refuse(x.line, "%s", x.fault)
		return nil
	}
	return root
}

// expander replaces the aliases of a node tree, where they stand, by what they
// stand for, and stops at the first breach of a limit.
type expander struct {
	within map[*yaml.Node]bool // anchored nodes being expanded; nil before there is one
	nodes  int
	line   int
	fault  string
}

func (x *expander) expand(n *yaml.Node, depth int) *yaml.Node {
	x.nodes++
	switch {
	case x.fault != "":
		return n
	case x.nodes > maxNodes:
		return x.stop(n, "more than %d YAML nodes after aliases are expanded: write a smaller rule", maxNodes)
	case depth > maxDepth:
		return x.stop(n, "nested deeper than %d levels", maxDepth)
	case n.Kind == yaml.AliasNode:
		return x.alias(n, depth)
	}
	for i, kid := range n.Content {
		n.Content[i] = x.expand(kid, depth+1)
	}
	return n
}

func (x *expander) alias(n *yaml.Node, depth int) *yaml.Node {
	if n.Alias == nil || x.within[n.Alias] {
		return x.stop(n, "the alias %q refers to itself", n.Value)
	}
	if x.within == nil {
		x.within = map[*yaml.Node]bool{}
	}
	x.within[n.Alias] = true
	defer delete(x.within, n.Alias)
	out := *x.expand(n.Alias, depth)
	out.Line = n.Line
	return &out
}

func (x *expander) stop(n *yaml.Node, format string, args ...any) *yaml.Node {
	x.line, x.fault = n.Line, fmt.Sprintf(format, args...)
	return n
}

// entry is one key of a YAML map with its value.
type entry struct {
	key   string
	line  int
	value *yaml.Node
}

// entries lists the keys of a map in file order. Keys that are no text, merge
// keys and keys that stand twice are refused. what names the map in messages.
func (r *reader) entries(n *yaml.Node, what any) keyLines {
	if n.Kind != yaml.MappingNode {
		r.refuse(n.Line, "%s must be a map, not %s", what, kind(n))
		return nil
	}
	list := make(keyLines, 0, len(n.Content)/2)
	var many map[string]int // the lines of the keys, where a list takes long to search
	if cap(list) > 64 {
		many = map[string]int{}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		first := many[k.Value]
		if many == nil {
			first = list.line(k.Value)
		}
		switch {
		case k.Kind != yaml.ScalarNode:
			r.refuse(k.Line, "%s: a key must be text, not %s", what, kind(k))
		case k.ShortTag() == "!!merge":
			r.refuse(k.Line, "%s: merge keys (<<) are not supported: write the keys out", what)
		case first > 0:
			r.refuse(k.Line, "%s: %q stands twice, first in line %d", what, k.Value, first)
		default:
			if many != nil {
				many[k.Value] = k.Line
			}
			list = append(list, entry{key: k.Value, line: k.Line, value: n.Content[i+1]})
		}
	}
	return list
}

// text returns the text of a scalar. Numbers, booleans and dates are taken as
// written; null, lists and maps are refused.
func (r *reader) text(n *yaml.Node, what string) string {
	switch {
	case n.Kind != yaml.ScalarNode:
		r.refuse(n.Line, "%s must be text, not %s", what, kind(n))
		return ""
	case n.ShortTag() == "!!null":
		r.refuse(n.Line, "%s is empty", what)
		return ""
	}
	return n.Value
}

// filled is text that must not be empty.
func (r *reader) filled(n *yaml.Node, what string) string {
	before := len(r.problems)
	s := strings.TrimSpace(r.text(n, what))
	if s == "" && len(r.problems) == before {
		r.refuse(n.Line, "%s is empty", what)
	}
	return s
}

// texts reads a list of non-empty texts.
func (r *reader) texts(n *yaml.Node, what string) []string {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n.Line, "%s must be a list, not %s", what, kind(n))
		return nil
	}
	list := make([]string, 0, len(n.Content))
	entry := "an entry of " + what
	for _, kid := range n.Content {
		list = append(list, r.filled(kid, entry))
	}
	return list
}

// textOrTexts reads a list of texts, or one text as a list of one.
func (r *reader) textOrTexts(n *yaml.Node, what string) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{r.filled(n, what)}
	}
	return r.texts(n, what)
}

// oneOf reads a text that must be one of the allowed ones.
func (r *reader) oneOf(n *yaml.Node, what string, allowed []string) string {
	s := r.filled(n, what)
	if s == "" {
		return ""
	}
	for _, a := range allowed {
		if a == s {
			return s
		}
	}
	r.refuse(n.Line, "%s %q is not one of %s%s", what, s, strings.Join(allowed, ", "), hint(s, allowed))
	return ""
}

// unknown refuses a key that is not in the list of known ones.
func (r *reader) unknown(e entry, what string, known []string) {
	r.refuse(e.line, "unknown key %q in %s%s", e.key, what, hint(e.key, known))
}

// kind names what a node is in the words of a rule's author.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!null":
			return "nothing"
		case "!!int", "!!float":
			return "a number"
		case "!!bool":
			return "a boolean"
		}
		return "text"
	}
	return "an unknown kind of node"
}
