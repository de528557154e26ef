package rig

import (
	"encoding/hex"
	"hash/fnv"
	"math/bits"
)

// Uses of the seed: each names an independent stream of numbers.
const (
	useLag uint64 = iota + 101
	useID
	useTrait
	useBlock
	useGroup
	useTime
	useAudit
	useAct
)

// random is the SplitMix64 generator (Steele, Lea, Flood 2014).
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1; n must be positive.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// chance is true with a probability of p in a thousand.
func (r *random) chance(p int) bool { return r.below(1000) < p }

// uuid returns a random UUID (version 4) in lower case.
func (r *random) uuid() string {
	var b [16]byte
	for i, word := range [2]uint64{r.next(), r.next()} {
		for j := range 8 {
			b[i*8+j] = byte(word >> (56 - 8*j))
		}
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// pick returns one element of a list that must not be empty.
func pick[T any](r *random, list []T) T { return list[r.below(len(list))] }

// mix derives an independent seed from a seed and numbers that name a use.
func mix(seed uint64, uses ...uint64) uint64 {
	r := random(seed)
	for _, use := range uses {
		r = random(r.next() ^ use*0xff51afd7ed558ccd)
	}
	return r.next()
}

// uuidOf returns the UUID that belongs to a seed and a use of it.
func uuidOf(seed uint64, uses ...uint64) string {
	r := random(mix(seed, uses...))
	return r.uuid()
}

// textSeed derives a seed from a text.
func textSeed(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash never returns an error
	return h.Sum64()
}
