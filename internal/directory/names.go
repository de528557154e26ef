package directory

import (
	"hash/maphash"
	"slices"
	"strings"
)

// index finds things by any of their names. It keeps hashes, not the names:
// there are many. A name that two things have finds neither.
type index struct {
	seed  maphash.Seed
	place map[uint64]int32
}

func newIndex() index { return index{maphash.MakeSeed(), map[uint64]int32{}} }

// Places that are none.
const (
	ambiguous = -1
	nobodys   = -2 // a mailbox without an account
)

func (x index) add(place int, names ...string) {
	for _, name := range names {
		if name == "" {
			continue
		}
		key := maphash.String(x.seed, strings.ToLower(name))
		if there, taken := x.place[key]; taken && there != int32(place) {
			x.place[key] = ambiguous
			continue
		}
		x.place[key] = int32(place)
	}
}

// find gives the place of the first name that is known and is no one else's.
func (x index) find(names ...string) (int, bool) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if place, ok := x.place[maphash.String(x.seed, strings.ToLower(name))]; ok && place != ambiguous {
			return int(place), true
		}
	}
	return 0, false
}

// roster is an index that no longer changes, in a third of its room. Names
// that more than one thing has are not in it.
type roster struct {
	seed   maphash.Seed
	keys   []uint64 // sorted
	places []int32  // of the keys
}

// freeze makes a roster, in which to gives what each place has become.
func (x index) freeze(to func(place int) int) roster {
	r := roster{seed: x.seed, keys: make([]uint64, 0, len(x.place))}
	for key, place := range x.place {
		if place != ambiguous {
			r.keys = append(r.keys, key)
		}
	}
	slices.Sort(r.keys)
	r.places = make([]int32, len(r.keys))
	for i, key := range r.keys {
		r.places[i] = int32(to(int(x.place[key])))
	}
	return r
}

// at gives the place of a name; false where nothing or more than one thing has
// it.
func (r roster) at(name string) (int, bool) {
	if len(r.keys) == 0 {
		return 0, false
	}
	i, ok := slices.BinarySearch(r.keys, maphash.String(r.seed, strings.ToLower(name)))
	if !ok {
		return 0, false
	}
	return int(r.places[i]), true
}
