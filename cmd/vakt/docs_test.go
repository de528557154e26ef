package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The pages about rules and checks are those that the rules and checks make.
func TestRulePagesAreCurrent(t *testing.T) {
	pages, err := rulePages(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	const folder = "../../docs/rules"
	files, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	committed := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		committed[filepath.Base(file)] = string(data)
	}
	for name, text := range pages {
		if committed[name] != text {
			t.Errorf("%s is not what `vakt rules docs` writes (-there +now):\n%.1500s", name, cmp.Diff(committed[name], text))
		}
		delete(committed, name)
	}
	for name := range committed {
		t.Errorf("%s is about nothing: `vakt rules docs` removes it", name)
	}
}
