package daemon

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"vakt/internal/event"
)

// TestKeySetIsASet: keys out of a small space, so that they come again and
// collide in every part that chooses their place.
func TestKeySetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, want := newKeySet(), map[event.Key]bool{}
		for range rapid.IntRange(1, 400).Draw(t, "adds") {
			var k event.Key
			k[0] = byte(rapid.IntRange(0, 2).Draw(t, "shard")) * 64
			k[7] = byte(rapid.IntRange(0, 3).Draw(t, "else"))
			k[8] = byte(rapid.IntRange(0, 255).Draw(t, "place"))
			if got := s.add(k); got == want[k] {
				t.Fatalf("add %v: new %t", k, got)
			}
			want[k] = true
		}
	})
}

// TestKeySetConcurrently: of many adds of one key, one is the first.
func TestKeySetConcurrently(t *testing.T) {
	const keys, lanes = 5000, 8
	s := newKeySet()
	var first atomic.Int64
	var busy sync.WaitGroup
	for lane := range lanes {
		busy.Go(func() {
			for _, i := range rand.New(rand.NewPCG(uint64(lane), 1)).Perm(keys) {
				var k event.Key
				binary.BigEndian.PutUint64(k[:], uint64(i)*0x9e3779b97f4a7c15)
				binary.LittleEndian.PutUint64(k[8:], uint64(i)*0xbf58476d1ce4e5b9)
				if s.add(k) {
					first.Add(1)
				}
			}
		})
	}
	busy.Wait()
	if first.Load() != keys {
		t.Errorf("%d firsts of %d keys", first.Load(), keys)
	}
}
