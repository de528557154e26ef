package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"vakt/internal/extract"
)

// outline writes what of a tree the readers of rules see.
func outline(roots []*yaml.Node) string {
	var b strings.Builder
	var write func(n *yaml.Node, depth int)
	write = func(n *yaml.Node, depth int) {
		fmt.Fprintf(&b, "%s%d %s %q line %d\n", strings.Repeat(" ", depth), n.Kind, n.ShortTag(), n.Value, n.Line)
		for _, kid := range n.Content {
			write(kid, depth+1)
		}
	}
	for _, root := range roots {
		write(root, 0)
	}
	return b.String()
}

// byLibrary are the documents as the library alone reads them.
func byLibrary(data []byte) (roots []*yaml.Node, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for {
		var doc yaml.Node
		err := loader.Load(&doc)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		roots = append(roots, doc.Content[0])
	}
}

// checkBlocks compares the block reader with the library, and their canonical
// JSON with that of extract, and tells whether the block reader knew the text.
func checkBlocks(t *testing.T, data []byte) bool {
	t.Helper()
	roots, ok := readBlocks(string(data), &nodeStore{})
	if !ok {
		return false
	}
	want, err := byLibrary(data)
	if err != nil {
		t.Fatalf("of\n%s\nthe library says %v, and the block reader makes\n%s", data, err, outline(roots))
	}
	if outline(roots) != outline(want) {
		t.Fatalf("of\n%s\nthe library makes\n%s\nand the block reader\n%s", data, outline(want), outline(roots))
	}
	for _, root := range roots {
		var c canonical
		c.write(root)
		if want := string(extract.AppendCanonical(nil, jsonLike(root))); string(c.out) != want && !repeats(root) {
			t.Fatalf("of\n%s\nthe canonical JSON is\n%s\nand not\n%s", data, want, c.out)
		}
	}
	return true
}

// jsonLike makes maps, lists and scalars of a tree.
func jsonLike(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = jsonLike(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, kid := range n.Content {
			list[i] = jsonLike(kid)
		}
		return list
	}
	return scalar(n)
}

// repeats tells whether a key stands twice in a map, which no rule may have.
func repeats(n *yaml.Node) bool {
	seen := map[string]bool{}
	for i, kid := range n.Content {
		if repeats(kid) || n.Kind == yaml.MappingNode && i%2 == 0 && seen[kid.Value] {
			return true
		}
		if i%2 == 0 {
			seen[kid.Value] = true
		}
	}
	return false
}

// TestBlocksKnowRules is about speed: a rule file that only the library can
// read takes ten times as long, and a start reads all of ours. A new one that
// needs the library for a good reason is added here.
func TestBlocksKnowRules(t *testing.T) {
	byLibraryOnly := map[string]bool{"consent-granted-to-app.yml": true} // it has an alias
	eachRuleFile(t, "../../rules", func(name string, data []byte) {
		if known := checkBlocks(t, data); known == byLibraryOnly[path.Base(name)] {
			t.Errorf("%s: read by the block reader: %t", name, known)
		}
	})
}

func TestBlocksKnowSigmaHQ(t *testing.T) {
	all, known := 0, 0
	eachRuleFile(t, fixtures(t, "sigmahq"), func(_ string, data []byte) {
		all++
		if checkBlocks(t, data) {
			known++
		}
	})
	if known != all || all == 0 {
		t.Errorf("the block reader knows %d of %d files", known, all)
	}
}

func eachRuleFile(t *testing.T, folder string, check func(name string, data []byte)) {
	t.Helper()
	fsys := os.DirFS(folder)
	err := fs.WalkDir(fsys, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yml" {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err == nil {
			check(name, data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// blockForms are forms that rule files have.
var blockForms = []string{
	"title: T\nlevel: high # no more\n",
	"a: b\n---\nc: 1\n---\n# end\nd: 2026-11-22\n",
	"# first\n\n---\na: b",
	"s:\n  - a\n  - b: 1\n    c: [x, 2, {y: z}]\n  -   d:\n      - e\n",
	"s:\n- a\n- |-\n  text\n   more\n\n  end\nt: 'it''s'\nu: \"a \\\"b\\\" \\\\ \\n\"\n",
	"d: >-\n  one\n  two\n\n  three\n\ne: |\n  x\n\n\n# c\nf: y",
	"k: {when: {list: l}, level: high}\nl: []\nm: {}\n",
	"n: [0, 50126, 1.5, 1d, 30m, 192.0.2.0/24, 11f0e7ce-e273-4403-8ca0-6e0fbcd0c25e]\n",
	"w: [true, True, yes, null, Null, on, .onmicrosoft.com]\n",
	"a|contains: '%list%'\nb: a#b\nc: a:b\nd: http://x/y\ne: \u00e5\u4e2d\n",
	"a: |\n  # text\n  b: c\nd:\n  # comment\n  e: f\n",
	"\u00e9: 1\nz: 2\n\U0001f600: 3\n\uff5e: 4\n",
}

func TestBlocks(t *testing.T) {
	for _, text := range blockForms {
		if !checkBlocks(t, []byte(text)) {
			t.Errorf("not known: %q", text)
		}
	}
}

// otherForms are forms of YAML and of what is none that the library must judge.
var otherForms = []string{
	"", "\n", "# none\n", "---\n", "a: b\n---\n", "a: b\n---\n---\nc: d\n", "text\n", "- a\n", "a:\n", "a:\nb: c\n", "a: b: c\n", "a: b\n  c\n", "a: b\n...\n",
	"a: &x b\nc: *x\n", "<<: {a: b}\n", "a: !x b\n", "%YAML 1.2\n---\na: b\n", "? a\n", "a : b\n", "'a': b\n", "{a: b}\n", "a: @b\n", "a: `b`\n", "a: ,b\n",
	"a: 'x\n  y'\n", "a: 'x'y\n", "a: 'x\n", "a: \"\\x41\"\n", "a: [b,\n  c]\n", "a: [b: c]\n", "a: {b}\n", "a: [b,, c]\n", "a: [b c\n", "a: {b:c}\n", "a: [b] c\n",
	"a:\n   b: c\n  d: e\n", "a:\n  b: c\n    d: e\n", "a:\n  - - b\n", "a:\n  -\n    b\n", "a:\n  - b\n    c\n",
	"a: |2\n  b\n", "a: |+\n  b\n\n", "a: | # c\n  b\n", "a: >\n  b\n   c\n", "a: |\n\n  b\n", "a: |\n", "a: |\n  b", "a: |\n  b\n    \n", "a: |\n    b\n  c\n",
	"a: 01\n", "a: 1_0\n", "a: 0x1f\n", "a: 1e3\n", "a: -1\n", "a: +1\n", "a: 1.\n", "a: .5\n", "a: .inf\n", "a: 2026-1-2\n", "a: 2026-02-30\n", "a: ~\n",
	"a:\tb\n", "a: b\r\n", "a: b\u2028c\n", "\ufeffa: b\n", "a: \xff\n", "a: b\x00\n", "a: \u0085\n",
	strings.Repeat("a", maxBlockKey+1) + ": b\n", "a: " + strings.Repeat("[", maxBlockDepth+2) + strings.Repeat("]", maxBlockDepth+2) + "\n",
}

func TestBlocksLeaveToLibrary(t *testing.T) {
	for _, text := range otherForms {
		if checkBlocks(t, []byte(text)) {
			t.Errorf("known: %q", text)
		}
	}
}

// A tree must not change when the next text is read with the same memory.
func TestBlocksReuseMemory(t *testing.T) {
	var store nodeStore
	for range 3 {
		for _, text := range blockForms {
			store.reset()
			got, ok := readBlocks(text, &store)
			if want, err := byLibrary([]byte(text)); ok && (err != nil || outline(got) != outline(want)) {
				t.Errorf("of %q\n%s\nwant\n%s", text, outline(got), outline(want))
			}
		}
	}
	long := "a:\n" + strings.Repeat("  - {b: [c, d]}\n", 1000)
	store.reset()
	got, ok := readBlocks(long, &store)
	if want, _ := byLibrary([]byte(long)); !ok || outline(got) != outline(want) {
		t.Error("a long list is read wrongly")
	}
}

// FuzzBlocks holds the block reader against the library: it makes the same tree
// or none.
func FuzzBlocks(f *testing.F) {
	for _, text := range append(blockForms, otherForms...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkBlocks(t, data) })
}

// The hash of a set is that of extract over the same contents.
func TestHashOf(t *testing.T) {
	for _, contents := range []map[string]any{
		{},
		{"a": map[string]any{"b": 1.0}},
		{"b": nil, "a": "x", "\U0001f600": true, "\uff5e": "\"", "\u00e9": []any{}},
	} {
		written := map[string][]byte{}
		for key, v := range contents {
			written[key] = extract.AppendCanonical(nil, v)
		}
		if got, want := hashOf(written), extract.Hash(contents); got != want {
			t.Errorf("the hash of %v is %s, want %s", contents, got, want)
		}
	}
}
