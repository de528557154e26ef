package extract

import "encoding/binary"

// Sizes of a UUID.
const (
	UUIDLength = 36 // as text
	UUIDBytes  = 16 // packed
)

// PackUUID is a UUID in lower case as 16 bytes; ok is false for any other
// text.
func PackUUID(text []byte) (uuid [UUIDBytes]byte, ok bool) {
	if len(text) != UUIDLength || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return uuid, false
	}
	word, half := binary.LittleEndian.Uint64, binary.LittleEndian.Uint32
	a, badA := packHex(word(text))
	b, badB := packHex(uint64(half(text[9:])) | uint64(half(text[14:]))<<32)
	c, badC := packHex(uint64(half(text[19:])) | uint64(half(text[24:]))<<32)
	d, badD := packHex(word(text[28:]))
	binary.LittleEndian.PutUint64(uuid[:], a|b<<32)
	binary.LittleEndian.PutUint64(uuid[8:], c|d<<32)
	return uuid, badA|badB|badC|badD == 0
}

// packHex makes four bytes of eight digits in lower case, the first of each in
// the lowest byte. It works on all eight at once: a digit's value is its low
// four bits, and nine more where it is a letter. That every byte was a digit is
// seen by writing the values as digits again; else bad is not 0.
func packHex(digits uint64) (bytes, bad uint64) {
	const ones = 0x0101010101010101
	values := digits&(0x0f*ones) + 9*(digits>>6&ones)
	letters := (values + 6*ones) >> 4 & ones
	bad = (values + '0'*ones + ('a'-'0'-10)*letters) ^ digits | values&(0xf0*ones)
	bytes = (values<<4 | values>>8) & 0x00ff00ff00ff00ff
	bytes = (bytes | bytes>>8) & 0x0000ffff0000ffff
	return (bytes | bytes>>16) & 0xffffffff, bad
}

// AppendUUID is the reverse of PackUUID.
func AppendUUID(b, uuid []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range uuid {
		switch i {
		case 4, 6, 8, 10:
			b = append(b, '-')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}
