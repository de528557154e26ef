package baseline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"vakt/internal/text"
)

// document is the mapping at the root of the only document, or nil.
func (d *decoder) document(data []byte) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		d.fail(0, "not YAML: %v", err)
		return nil
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		d.syntax(data, err)
		return nil
	}
	if err := loader.Load(&second); err == nil {
		d.fail(second.Line, "a second document begins here: a baseline is one document, without ---")
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(data, err)
		return nil
	}
	root := doc.Content[0]
	switch {
	case root.ShortTag() == "!!null":
		return nil
	case root.Kind != yaml.MappingNode:
		d.fail(root.Line, "want one parameter a line, such as spray_window: 15m, found %s", found(root))
		return nil
	}
	return root
}

// syntax reports what the YAML reader refused. The end of the input is an
// empty baseline, not a problem. What is missing at the end is missing on the
// last line that says something.
func (d *decoder) syntax(data []byte, err error) {
	if errors.Is(err, io.EOF) {
		return
	}
	var refused *yaml.LoadError
	if errors.As(err, &refused) {
		last := 1 + bytes.Count(bytes.TrimRight(data, " \t\r\n"), []byte("\n"))
		d.fail(min(refused.Mark.Line, last), "not YAML: %s", refused.Message)
		return
	}
	d.fail(0, "not YAML: %v", err)
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
