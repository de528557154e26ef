package vakt_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestEachLawCatchesWhatBreaksIt runs each law over a small tree of its own,
// testdata/house/LAW.txt. The law is broken on the lines that say BREACH and
// at the places behind "also:" (what is no line, or a line where a comment
// would mend it), and nowhere else: the rest is what the law must leave alone.
func TestEachLawCatchesWhatBreaksIt(t *testing.T) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "house", l.name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			tree, want := plant(string(text))
			if len(want) == 0 {
				t.Fatal("the planted tree breaks nothing")
			}
			h, err := openHouse(tree)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, places(l.check(h))); diff != "" {
				t.Errorf("breaches (-planted +found):\n%s", diff)
			}
		})
	}
}

// plant makes a tree of files that follow each other in one text, each after a
// line "-- path --", and lists the places that must be found.
func plant(text string) (tree fstest.MapFS, want []string) {
	tree = fstest.MapFS{}
	var name string
	var number int
	for line := range strings.Lines(text) {
		number++
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "-- ") && strings.HasSuffix(trimmed, " --"):
			name, number = strings.Trim(trimmed, "- "), 0
			tree[name] = &fstest.MapFile{}
			continue
		case name == "":
			want = append(want, strings.TrimPrefix(trimmed, "also: "))
			continue
		case strings.Contains(line, "BREACH"):
			want = append(want, place(name, number))
		}
		tree[name].Data = append(tree[name].Data, line...)
	}
	slices.Sort(want)
	return tree, want
}

// places lists where the breaches are, each place once.
func places(found []breach) []string {
	var out []string
	for _, b := range found {
		out = append(out, b.at)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestPlantedTreesBelongToALaw(t *testing.T) {
	files, err := fs.Glob(os.DirFS("testdata/house"), "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.ContainsFunc(laws, func(l law) bool { return l.name+".txt" == f }) {
			t.Errorf("testdata/house/%s: no law has this name", f)
		}
	}
}

func TestVanishedNamesAreFound(t *testing.T) {
	tree, _ := plant(`
-- internal/action/action.go --
package action
func open() {}
-- internal/graph/graph.go --
package graph
func NewWriter() {}
-- internal/db/open.go --
package db
import _ "database/sql"
`)
	h, err := openHouse(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"internal/action", "internal/db"} // no Open; no sqlite
	if diff := cmp.Diff(want, places(checkTablesOfNames(h))); diff != "" {
		t.Errorf("vanished names (-want +got):\n%s", diff)
	}
}

func TestNamedFollowsTheFunction(t *testing.T) {
	for _, c := range []struct {
		function   any
		path, name string
	}{
		{guarded.http, "net/http", "Get"},
		{guarded.rand, "math/rand", "Int"},
		{guarded.randV2, "math/rand/v2", "Int"},
		{outside[0], "time", "Now"},
		{outside[len(outside)-1], "os", "Exit"},
	} {
		if gotPath, gotName := named(c.function); gotPath != c.path || gotName != c.name {
			t.Errorf("named = %q, %q; want %q, %q", gotPath, gotName, c.path, c.name)
		}
	}
}
