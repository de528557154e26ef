package rule

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// content turns an alias-free YAML node into maps, lists, texts, numbers,
// booleans and nil. A number that a float64 cannot carry exactly stays text,
// so that two different rules never look alike.
func content(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = content(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, kid := range n.Content {
			list[i] = content(kid)
		}
		return list
	}
	return scalar(n)
}

func scalar(n *yaml.Node) any {
	switch tag := n.ShortTag(); {
	case tag == "!!null":
		return nil
	case isBoolean(n):
		return strings.EqualFold(n.Value, "true")
	case tag == "!!int" || tag == "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err == nil && numberForm.MatchString(n.Value) && len(n.Value) <= 15 {
			return f
		}
	}
	return n.Value
}
