package daemon

import (
	"encoding/binary"
	"sync"

	"vakt/internal/event"
)

// keySet remembers which records were seen, in 16 bytes and some slack a
// record. It is safe for concurrent use. Keys are hashes: their own bits
// choose the place.
type keySet struct {
	shards [64]keyShard
}

type keyShard struct {
	mu    sync.Mutex
	table []event.Key // open addressing; the zero key is a free place
	count int
	zero  bool // the zero key was seen
}

func newKeySet() *keySet { return &keySet{} }

// add puts a key in, and is false if it was there.
func (s *keySet) add(k event.Key) bool {
	shard := &s.shards[k[0]%64]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if k == (event.Key{}) {
		seen := shard.zero
		shard.zero = true
		return !seen
	}
	if 4*(shard.count+1) > 3*len(shard.table) {
		shard.grow()
	}
	if shard.put(k) {
		shard.count++
		return true
	}
	return false
}

func (s *keyShard) put(k event.Key) bool {
	mask := uint64(len(s.table) - 1)
	for at := binary.LittleEndian.Uint64(k[8:]) & mask; ; at = (at + 1) & mask {
		switch s.table[at] {
		case event.Key{}:
			s.table[at] = k
			return true
		case k:
			return false
		}
	}
}

func (s *keyShard) grow() {
	old := s.table
	s.table = make([]event.Key, max(64, 2*len(old)))
	for _, k := range old {
		if k != (event.Key{}) {
			s.put(k)
		}
	}
}
