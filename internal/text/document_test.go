package text

import "testing"

func TestDocument(t *testing.T) {
	for _, tt := range []struct {
		name, in, root string
		fault          Fault
	}{
		{"a mapping", "a: 1\n", "!!map", Fault{}},
		{"a list behind a mark", "---\n- a\n", "!!seq", Fault{}},
		{"nothing", "", "", Fault{}},
		{"a comment", "# nothing yet\n", "", Fault{}},
		{"null", "~\n", "", Fault{}},
		{"an end mark", "a: 1\n...\n", "!!map", Fault{}},
		{"two", "a: 1\n---\nb: 2\n", "", Fault{2, "a second document begins here: a list is one, without ---"}},
		{"not YAML", "a: 1\nb: [\n", "", Fault{2, "not YAML: did not find expected node content"}},
		{"not YAML, much white space", "a: [\n\n\n\n", "", Fault{1, "not YAML: did not find expected node content"}},
		{"a second that is not YAML", "a: 1\n---\nb: [\n", "", Fault{3, "not YAML: did not find expected node content"}},
	} {
		root, fault := Document([]byte(tt.in), "a list is one")
		tag := ""
		if root != nil {
			tag = root.ShortTag()
		}
		if fault == nil {
			fault = &Fault{}
		}
		if tag != tt.root || *fault != tt.fault {
			t.Errorf("%s: root %q, %+v", tt.name, tag, *fault)
		}
	}
}
