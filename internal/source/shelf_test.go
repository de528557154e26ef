package source_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vakt/internal/extract"
	"vakt/internal/source"
)

// alike are records of a few kinds that differ in some scalars, of which some are
// large.
func alike(random *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		long := strings.Repeat("x", 1<<random.IntN(15))
		fmt.Fprintf(&b, `{"kind %d": %d, "who": %q, "same": [true, null, {"a": "b"}]}`+"\n", random.IntN(4), i, long)
	}
	return b.String()
}

// shelved is what was put into a shelf.
type shelved struct {
	shelf *source.Shelf
	at    []int64
	raws  []string
}

// fill puts the records of a text into a shelf, as far as they can be packed, until one
// cannot be put.
func fill(t *testing.T, s *source.Shelf, text string) (*shelved, error) {
	t.Helper()
	all := &shelved{shelf: s}
	failed := false
	err := extract.Split(t.Context(), strings.NewReader(text), extract.Limits{}, func(b *extract.Batch) error {
		defer b.Release()
		for i := range b.Items {
			if it := &b.Items[i]; it.Packs() {
				all.at, all.raws = append(all.at, s.Next()), append(all.raws, string(it.Raw))
				if err := s.Put(it); err != nil {
					failed = true
					return err
				}
			}
		}
		return nil
	})
	if err != nil && !failed {
		t.Fatal(err)
	}
	return all, err
}

// files makes temporary files in a folder and counts them.
type files struct {
	dir  string
	last *os.File
	n    int
}

func (f *files) make() (_ *os.File, err error) {
	f.n++
	f.last, err = os.CreateTemp(f.dir, "")
	return f.last, err
}

// TestShelfGivesBackWhatWasPut: from memory and from a file, to readers beside
// each other, in order and not. What is small makes no file.
func TestShelfGivesBackWhatWasPut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for most, want := range map[int]int{0: 1, 1 << 16: 1, 64 << 20: 0} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			made := &files{dir: t.TempDir()}
			s := source.NewShelf(most, made.make)
			all, err := fill(t, s, alike(random, 2000))
			if err != nil || len(all.at) < 1500 {
				t.Fatalf("%d records were put: %v", len(all.at), err)
			}
			if made.n != want {
				t.Errorf("%d files, want %d", made.n, want)
			}
			inOrder, anyhow := s.Reader(), s.Reader()
			for i, other := range random.Perm(len(all.at)) {
				for n, r := range map[int]*source.ShelfReader{i: inOrder, other: anyhow} {
					if got, err := r.Record(all.at[n]); err != nil || string(got) != all.raws[n] {
						t.Fatalf("record %d is %.100q, %v; want %.100q", n, got, err, all.raws[n])
					}
				}
			}
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Error(err)
			}
			if made.n > 0 && !errors.Is(made.last.Close(), os.ErrClosed) {
				t.Error("the file is open still")
			}
		})
	}
}

// TestShelfThatCannotBeWritten: where there is no room, or no file, it says so, and
// what to do.
func TestShelfThatCannotBeWritten(t *testing.T) {
	for name, temporary := range map[string]func() (*os.File, error){
		"no room": func() (*os.File, error) { return os.Open(file(t, "full", nil)) }, // it can only be read
		"no file": func() (*os.File, error) { return nil, os.ErrPermission },
	} {
		t.Run(name, func(t *testing.T) {
			s := source.NewShelf(1<<16, temporary)
			_, err := fill(t, s, alike(rand.New(rand.NewPCG(2, 2)), 1000))
			if err == nil || !strings.Contains(err.Error(), "make room there") {
				t.Errorf("got error %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestShelfTellsOfDamage: what is not in the file any more is an error, and no
// other record but what the reader takes for one.
func TestShelfTellsOfDamage(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"cut short": func(path string) error { return os.Truncate(path, 100) },
		"gone":      func(path string) error { return os.Truncate(path, 0) },
		"zeros":     func(path string) error { return os.WriteFile(path, make([]byte, 1<<20), 0o600) },
		"ones":      func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte{255}, 1<<20), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			made := &files{dir: t.TempDir()}
			s := source.NewShelf(0, made.make)
			defer s.Close() //nolint:errcheck // the file goes with the test
			all, err := fill(t, s, strings.Repeat(`{"a":1,"b":"x"}`+"\n"+`{"a":2,"b":"y"}`+"\n", 50_000))
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(filepath.Clean(made.last.Name())); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Reader().Record(all.at[20]); err == nil {
				t.Errorf("got %q, and no error", got)
			}
		})
	}
}
