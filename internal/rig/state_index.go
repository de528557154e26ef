package rig

import (
	"hash/maphash"
	"slices"
)

// index leads from keys to places by the keys' hashes: who looks something up
// compares the keys themselves, so that a collision costs time only.
type index struct {
	seed  maphash.Seed
	first map[uint64]int32
	more  map[uint64][]int32 // further places of the same hash
}

func newIndex(size int) *index {
	return &index{seed: maphash.MakeSeed(), first: make(map[uint64]int32, size), more: map[uint64][]int32{}}
}

func (x *index) add(keys []string, at int) {
	for _, key := range keys {
		h := maphash.String(x.seed, key)
		first, taken := x.first[h]
		switch {
		case !taken:
			x.first[h] = int32(at)
		case first != int32(at) && !slices.Contains(x.more[h], int32(at)):
			x.more[h] = append(x.more[h], int32(at))
		}
	}
}

func (x *index) places(key string) []int32 {
	h := maphash.String(x.seed, key)
	first, ok := x.first[h]
	if !ok {
		return nil
	}
	places := append([]int32{first}, x.more[h]...)
	slices.Sort(places)
	return places
}
