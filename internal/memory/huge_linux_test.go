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

// TestHugeAsksForTheArena: what stands in the same part of the heap is asked for with
// a table, and no other part is.
func TestHugeAsksForTheArena(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skipf("the kernel knows no huge pages: %v", err)
	}
	const arena, table = 64 << 20, 1 << 20
	b, err := unix.Mmap(-1, 0, 4*arena, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(b); err != nil {
			t.Error(err)
		}
	})
	first := (arena - int(reflect.ValueOf(b).Pointer()%arena)) % arena
	before, part, behind := b[first:][:arena], b[first+arena:][:arena], b[first+2*arena:][:1]
	memory.Huge(part[arena/2:][:1:table], table)
	if !asked(t, part[:1]) || !asked(t, part[arena-1:]) {
		t.Error("what stands beside the table in the heap is not asked for")
	}
	if asked(t, before[arena-1:]) || asked(t, behind) {
		t.Error("more is asked for than the part of the heap that holds the table")
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
