package baseline

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vakt/internal/text"
)

// document is the mapping at the root of the only document, or nil.
func (d *decoder) document(data []byte) *yaml.Node {
	root, fault := text.Document(data, "a baseline is one document")
	switch {
	case fault != nil:
		d.fail(fault.Line, "%s", fault.Message)
	case root != nil && root.Kind != yaml.MappingNode:
		d.fail(root.Line, "want one parameter a line, such as spray_window: 15m, found %s", found(root))
		return nil
	}
	return root
}

// entries calls yield for each key of a mapping and refuses keys that are not
// plain text or that come twice. The name of the mapping is for problems.
func (d *decoder) entries(n *yaml.Node, name string, yield func(key, val *yaml.Node)) {
	lines := make(map[string]int)
	prefix := ""
	if name != "" {
		prefix = name + ": "
	}
	for i := 0; i+1 < len(n.Content) && !d.full(); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			d.fail(key.Line, "%swant a name before the colon, found %s", prefix, found(key))
			continue
		}
		if first, ok := lines[key.Value]; ok {
			d.fail(key.Line, "%s%q is set twice%s", prefix, key.Value, d.first(first))
			continue
		}
		lines[key.Value] = key.Line
		yield(key, n.Content[i+1])
	}
}

// found describes a node to the person who wrote it.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	case yaml.AliasNode:
		return "the alias *" + n.Value + ", which a baseline does not take: write the value out"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!bool", "!!timestamp":
		return n.Value
	case "!!str":
		return "text " + strconv.Quote(short(n.Value))
	}
	return strconv.Quote(short(n.Value)) + " tagged " + n.ShortTag()
}

// short cuts a text that is quoted in a message.
func short(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// first says where a thing that comes twice came first; values without a file
// have no lines worth naming.
func (d *decoder) first(line int) string {
	if d.file == "" {
		return ""
	}
	return ", first at line " + strconv.Itoa(line)
}

func meantParam(name string) string {
	names := make([]string, len(table))
	for i, p := range table {
		names[i] = p.Name
	}
	if near := text.Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "`vakt baseline show` lists all parameters"
}

func meant(key string, keys []string) string {
	if near := text.Nearest(key, keys); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "the keys are " + strings.Join(keys, ", ")
}
