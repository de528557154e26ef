package memory_test

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"vakt/internal/memory"
)

// TestHugeAsksForLargeTables: a list of a small table is left alone, and one of a
// large table is asked for, whatever part of it the list is.
func TestHugeAsksForLargeTables(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skipf("the kernel knows no huge pages: %v", err)
	}
	const bytes, few = 8 << 20, 1 << 19
	b, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(b); err != nil {
			t.Error(err)
		}
	})
	part := b[bytes/2 : bytes/2+1]
	memory.Huge(part, few)
	if asked(t, part) {
		t.Errorf("a table of %d bytes is large", few)
	}
	memory.Huge(part, bytes)
	if !asked(t, part) {
		t.Errorf("a table of %d bytes is not large", bytes)
	}
	memory.Huge([]byte(nil), bytes)
	large := make([]uint64, few)
	memory.Huge(large, len(large))
	if !asked(t, large) {
		t.Error("nothing is asked for a table on the heap, or the size of its items is not counted")
	}
}

// asked tells whether the kernel knows that a list is to be in huge pages.
func asked[T any](t *testing.T, list []T) bool {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	at, holds := uint64(reflect.ValueOf(list).Pointer()), false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var from, to uint64
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			holds = from <= at && at < to
		} else if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && holds {
			return slices.Contains(strings.Fields(flags), "hg")
		}
	}
	t.Fatalf("no mapping holds the list: %v", lines.Err())
	return false
}
