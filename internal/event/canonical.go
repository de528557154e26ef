package event

import "bytes"

// Most records write addresses in their one form already. To see that is
// quicker than to read the address and write it again.

// isIPv4 tells whether a text is an IPv4 address in the form that
// netip.Addr.String gives it.
func isIPv4(text []byte) bool {
	dots, digits, part := 0, 0, 0
	for _, c := range text {
		switch {
		case c == '.' && digits > 0:
			dots, digits, part = dots+1, 0, 0
		case c < '0' || c > '9' || digits > 0 && part == 0:
			return false
		default:
			digits, part = digits+1, 10*part+int(c-'0')
			if part > 255 {
				return false
			}
		}
	}
	return dots == 3 && digits > 0
}

// isIPv6 is the same of most IPv6 addresses. Where it is false that says
// nothing: one that has a group of zeros beside "::", or begins with that, is
// left to others.
func isIPv6(text []byte) bool {
	groups, digits, gap := 0, 0, false
	for i, c := range text {
		switch {
		case c == ':' && digits > 0:
			groups, digits = groups+1, 0
		case c == ':':
			if gap || i < 2 {
				return false
			}
			gap = true
		case !isLowerHex(c) || digits == 0 && c == '0' || digits == 4:
			return false
		default:
			digits++
		}
	}
	if digits > 0 {
		groups++
	} else if !bytes.HasSuffix(text, []byte("::")) {
		return false
	}
	if gap {
		return groups <= 6 // one group of zeros is written out
	}
	return groups == 8
}

func isLowerHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }
