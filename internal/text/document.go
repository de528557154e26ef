package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
)

// Fault is why a document was refused.
type Fault struct {
	Line    int // from 1; 0: the whole of it
	Message string
}

// Document is the root of a YAML file that people write settings or lists into,
// and nil where there is nothing in it. A file is one document: of a second one
// the fault says that only is what it must be, such as "a baseline is one
// document". What is missing at the end is missing on the last line that says
// something.
func Document(data []byte, only string) (*yaml.Node, *Fault) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, &Fault{Message: fmt.Sprintf("not YAML: %v", err)}
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntax(data, err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, &Fault{second.Line, "a second document begins here: " + only + ", without ---"}
	case !errors.Is(err, io.EOF):
		return nil, syntax(data, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].ShortTag() == "!!null" {
		return nil, nil
	}
	return doc.Content[0], nil
}

// syntax is what the YAML reader refused.
func syntax(data []byte, err error) *Fault {
	var refused *yaml.LoadError
	if !errors.As(err, &refused) {
		return &Fault{Message: fmt.Sprintf("not YAML: %v", err)}
	}
	last := 1 + bytes.Count(bytes.TrimRight(data, " \t\r\n"), []byte("\n"))
	return &Fault{min(refused.Mark.Line, last), "not YAML: " + refused.Message}
}
