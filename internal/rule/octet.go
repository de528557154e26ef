package rule

// Texts are looked through eight bytes at a time, as all rules are at every
// start: in a number made of eight bytes the highest bit of each tells whether
// it is one of those that are looked for.
const (
	eachOne  = 0x0101010101010101
	eachHigh = 0x80 * eachOne
	eachLow  = 0x7f * eachOne
)

// octets gives the first eight bytes of a text.
func octets(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// octetsBelow marks the bytes that are less than c, which is at most 0x80.
func octetsBelow(x uint64, c byte) uint64 {
	return ^((x&eachLow + eachOne*uint64(0x80-c)) | x) & eachHigh
}

// octetsLike marks the bytes that are c.
func octetsLike(x uint64, c byte) uint64 { return octetsBelow(x^eachOne*uint64(c), 1) }
