package detect

const (
	uuidLength = 36 // as a text
	uuidBytes  = 16
	noDigit    = 0xff
)

// uuidPairs are the places of a UUID's pairs of digits.
var uuidPairs = [uuidBytes]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// hexDigits are the values of digits in lower case.
var hexDigits = func() (values [256]uint8) {
	for c := range values {
		values[c] = noDigit
	}
	for i, c := range []byte("0123456789abcdef") {
		values[c] = uint8(i)
	}
	return values
}()

// packUUID is a UUID in lower case as 16 bytes; ok is false for any other
// text.
func packUUID(text []byte) (uuid [uuidBytes]byte, ok bool) {
	if len(text) != uuidLength || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return uuid, false
	}
	bad := uint8(0)
	for i, at := range uuidPairs {
		high, low := hexDigits[text[at]], hexDigits[text[at+1]]
		bad |= high | low
		uuid[i] = high<<4 | low
	}
	return uuid, bad != noDigit
}

// appendUUID is the reverse of packUUID.
func appendUUID(b, uuid []byte) []byte {
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
