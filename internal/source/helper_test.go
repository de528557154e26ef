package source_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"vakt/internal/extract"
	"vakt/internal/source"
)

// taker keeps what it is handed and fills the entries as a run does: a record
// with "skip" is out of scope, one with "late" filtered, one with "twice" a
// duplicate.
type taker struct {
	entry *source.Entry
	raws  map[string][]string // by path
	order []string            // begin, end and batches
	fail  error               // given at the first batch
	batch func()
}

func (k *taker) Begin(e *source.Entry, _ source.Place) source.Sink {
	if k.raws == nil {
		k.raws = map[string][]string{}
	}
	k.entry = e
	k.order = append(k.order, "begin "+filepath.Base(e.Path))
	return k
}

func (k *taker) End() { k.order = append(k.order, "end") }

func (k *taker) Batch(b *extract.Batch) error {
	if k.batch != nil {
		k.batch()
	}
	if k.fail != nil {
		return k.fail
	}
	for _, item := range b.Items {
		k.item(item)
	}
	b.Release()
	return nil
}

func (k *taker) item(item extract.Item) {
	e := k.entry
	e.Read++
	raw := string(item.Raw)
	switch {
	case item.Defect != "":
		e.Refuse(source.Quarantined{Line: item.Line, Index: item.Index, Reason: item.Defect})
		return
	case strings.Contains(raw, "skip"):
		e.Skip("other_log")
		return
	}
	e.See(int64(item.Index), "graph_beta")
	switch {
	case strings.Contains(raw, "late"):
		e.Filtered++
	case strings.Contains(raw, "twice"):
		e.Duplicate++
	default:
		e.Evaluated++
	}
	k.raws[e.Path] = append(k.raws[e.Path], raw)
}

// read reads arguments and checks that every record is accounted for.
func read(t *testing.T, f *source.Files, args ...string) (*taker, *source.Ledger) {
	t.Helper()
	k := &taker{}
	l, err := f.Read(context.Background(), args, k)
	if err != nil {
		t.Fatalf("read %q: %v", args, err)
	}
	balanced(t, l)
	return k, l
}

// balanced holds the equations of the ledger, input by input and in total.
func balanced(t *testing.T, l *source.Ledger) {
	t.Helper()
	total := l.Total()
	for _, e := range append([]*source.Entry{&total}, l.Inputs...) {
		if e.Read != e.Evaluated+e.Duplicate+e.Quarantined+e.Filtered+e.Skipped() {
			t.Errorf("%s: read %d is not evaluated %d + duplicate %d + quarantined %d + filtered %d + out of scope %d",
				e.Path, e.Read, e.Evaluated, e.Duplicate, e.Quarantined, e.Filtered, e.Skipped())
		}
		if e.Decoded != e.Evaluated+e.Duplicate+e.Filtered {
			t.Errorf("%s: decoded %d is not evaluated %d + duplicate %d + filtered %d", e.Path, e.Decoded, e.Evaluated, e.Duplicate, e.Filtered)
		}
	}
}

// entry is the only entry of a ledger.
func entry(t *testing.T, l *source.Ledger) *source.Entry {
	t.Helper()
	if len(l.Inputs) != 1 {
		t.Fatalf("%d inputs in the ledger, want 1", len(l.Inputs))
	}
	return l.Inputs[0]
}

func write(t *testing.T, folder, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// file writes a file into a folder of its own.
func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	return write(t, t.TempDir(), name, data)
}

func gzipped(t *testing.T, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t *testing.T, data string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close() //nolint:errcheck // of memory
	return z.EncodeAll([]byte(data), nil)
}

// member is a file of an archive; method and flags are of its header.
type member struct {
	name   string
	data   []byte
	method uint16
	flags  uint16
}

func zipped(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		if m.method == 0 && m.flags == 0 {
			m.method = zip.Deflate
		}
		create := z.CreateHeader
		if m.flags != 0 || m.method > zip.Deflate {
			create = z.CreateRaw
		}
		w, err := create(&zip.FileHeader{
			Name: m.name, Method: m.method, Flags: m.flags, CompressedSize64: uint64(len(m.data)), UncompressedSize64: uint64(len(m.data)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tarred packs one file into a tar archive.
func tarred(t *testing.T, name, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
