package detect

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unsafe"
)

// TestSpillIsPrivateAndRemoved: facts beyond the bound go into a folder that
// only its owner may read, and Close removes it.
func TestSpillIsPrivateAndRemoved(t *testing.T) {
	d, dir := detectorOf(t, counting("event_count", "", "gte: 3", 60, 600)), t.TempDir()
	d.Spill(3*factBytes, 1, dir)
	w := d.newWorker()
	for i := range 20 {
		w.tell(0, &sample{id: byte(i), time: int64(i), attempt: byte(i), groups: []string{"a"}})
	}
	folders, err := os.ReadDir(dir)
	if err != nil || len(folders) != 1 {
		t.Fatalf("%v, %v", folders, err)
	}
	info, err := folders[0].Info()
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	files, err := filepath.Glob(filepath.Join(dir, folders[0].Name(), "*"))
	if err != nil || len(files) != 4 {
		t.Errorf("%v, %v", files, err)
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
	if folders, err := os.ReadDir(dir); err != nil || len(folders) > 0 {
		t.Errorf("left behind: %v, %v", folders, err)
	}
}

// TestDecideRefusesDamagedFiles: facts that cannot be read again are not
// facts that never were.
func TestDecideRefusesDamagedFiles(t *testing.T) {
	for _, name := range []string{"facts", "rows"} {
		d := detectorOf(t, failedSignIn)
		d.Spill(0, 1, t.TempDir())
		w := d.newWorker()
		for i := range 20 {
			w.tell(0, &sample{id: byte(i), time: int64(i), groups: []string{"a"}})
		}
		if err := os.Truncate(filepath.Join(w.spill.folder, name), 30); err != nil {
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
