package detect

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"vakt/internal/source"
)

// scratch makes files in a folder that goes with the test, and remembers them.
type scratch struct {
	dir      string
	readOnly bool // as if the disk were full
	files    []*os.File
}

func scratchOf(t testing.TB) *scratch { return &scratch{dir: t.TempDir()} }

func (s *scratch) file() (*os.File, error) {
	f, err := os.CreateTemp(s.dir, "")
	if err == nil && s.readOnly {
		err = f.Close()
		f, _ = os.Open(f.Name())
	}
	s.files = append(s.files, f)
	return f, err
}

// nameless makes files of which nothing is left.
func nameless() (*os.File, error) { return source.Scratch("") }

// areClosed tells whether all files were closed.
func (s *scratch) areClosed() bool {
	return !slices.ContainsFunc(s.files, func(f *os.File) bool { return !errors.Is(f.Close(), os.ErrClosed) })
}

// TestSpillIsClosed: facts beyond the bound go into files, and Close closes them.
func TestSpillIsClosed(t *testing.T) {
	d, files := detectorOf(t, counting("event_count", "", "gte: 3", 60, 600)), scratchOf(t)
	d.Spill(3*factBytes, 1, files.file)
	w := d.newWorker()
	for i := range 20 {
		w.tell(0, &sample{id: byte(i), time: int64(i), attempt: byte(i), groups: []string{"a"}})
	}
	if len(files.files) != 4 {
		t.Errorf("%d files", len(files.files))
	}
	if n := len(w.spill.runs); n < 3 {
		t.Errorf("%d runs", n)
	}
	res, err := d.Decide(t.Context(), []*Worker{w}, nil, nil)
	if err != nil || len(res.Detections) != 1 || res.Detections[0].Count != 20 {
		t.Errorf("got %+v, %v", res, err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if !files.areClosed() {
		t.Error("a file is open still")
	}
}

// TestSpillThatCannotBeWritten: where there is no room, or no file, the worker
// says so, and closes what it has.
func TestSpillThatCannotBeWritten(t *testing.T) {
	full, several := &scratch{dir: t.TempDir(), readOnly: true}, scratchOf(t)
	for want, temporary := range map[string]func() (*os.File, error){
		"make room there": full.file,
		"make a file": func() (*os.File, error) {
			if len(several.files) == 2 {
				return nil, os.ErrPermission
			}
			return several.file()
		},
	} {
		d := detectorOf(t, failedSignIn)
		d.Spill(0, 1, temporary)
		w := d.newWorker()
		w.tell(0, &sample{groups: []string{"a"}})
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want: %s", err, want)
		}
		if res, err := d.Decide(t.Context(), []*Worker{w}, nil, nil); err == nil {
			t.Errorf("decided %+v", res)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if !full.areClosed() || !several.areClosed() {
		t.Error("a file is open still")
	}
}

// TestDecideRefusesDamagedFiles: facts that cannot be read again are not
// facts that never were.
func TestDecideRefusesDamagedFiles(t *testing.T) {
	for name, of := range map[string]func(*spill) *os.File{"facts": func(s *spill) *os.File { return s.facts }, "rows": func(s *spill) *os.File { return s.rows }} {
		d := detectorOf(t, failedSignIn)
		d.Spill(0, 1, scratchOf(t).file)
		w := d.newWorker()
		for i := range 20 {
			w.tell(0, &sample{id: byte(i), time: int64(i), groups: []string{"a"}})
		}
		if err := of(w.spill).Truncate(30); err != nil {
			t.Fatal(err)
		}
		if res, err := d.Decide(t.Context(), []*Worker{w}, nil, nil); err == nil {
			t.Errorf("%s cut short: %+v", name, res)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestFactsAreSmall: what a fact takes is what is reckoned with, in memory and
// in a file, and it survives the way through one.
func TestFactsAreSmall(t *testing.T) {
	if size := unsafe.Sizeof(fact{}); size != factBytes {
		t.Errorf("a fact takes %d bytes", size)
	}
	want := fact{key: keyed('r', 7), time: -5, group: 1, value: 2, tenant: 3, row: 4, matched: 5, base: 6, severity: 4, kind: maybe}
	var line [factBytes]byte
	want.encode(&line)
	var got fact
	if got.decode(&line); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
