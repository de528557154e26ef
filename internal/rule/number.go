package rule

import (
	"strconv"
	"strings"
)

// number is a decimal number of a rule, ready to be compared.
type number struct {
	digits string // an integer without sign and leading zeros; empty when it is none
	minus  bool
	value  float64
}

// parseNumber reads a decimal number as JSON writes it, with leading zeros
// and a plus sign allowed. ok is false for anything else. It does not allocate
// for texts of usual length.
func parseNumber(text []byte) (value float64, ok bool) {
	if !looksNumeric(text) {
		return 0, false
	}
	// The error can only be "out of range", where value is ±Inf and still
	// compares rightly.
	value, _ = strconv.ParseFloat(string(text), 64)
	return value, true
}

// looksNumeric accepts [+-]digits[.digits][e[+-]digits].
func looksNumeric(text []byte) bool {
	rest, some := skipDigits(skipSign(text))
	if !some {
		return false
	}
	if len(rest) > 0 && rest[0] == '.' {
		if rest, some = skipDigits(rest[1:]); !some {
			return false
		}
	}
	if len(rest) > 0 && (rest[0] == 'e' || rest[0] == 'E') {
		if rest, some = skipDigits(skipSign(rest[1:])); !some {
			return false
		}
	}
	return len(rest) == 0
}

func skipSign(s []byte) []byte {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}

func skipDigits(s []byte) (rest []byte, some bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[i:], i > 0
}

// newNumber makes a number of a literal that numberForm accepts.
func newNumber(text string) number {
	value, _ := parseNumber([]byte(text))
	n := number{value: value, minus: strings.HasPrefix(text, "-")}
	if rest, some := skipDigits(skipSign([]byte(text))); some && len(rest) == 0 {
		n.digits = strings.TrimLeft(strings.TrimPrefix(text, "-"), "0")
		if n.digits == "" {
			n.digits, n.minus = "0", false
		}
	}
	return n
}

// equals compares with the text of a JSON number. Integers are compared digit
// by digit, since a float64 cannot tell long ids apart.
func (n number) equals(text []byte) bool {
	if n.digits != "" {
		bare := skipSign(text)
		if rest, some := skipDigits(bare); some && len(rest) == 0 {
			for len(bare) > 1 && bare[0] == '0' {
				bare = bare[1:]
			}
			zero := bare[0] == '0'
			return string(bare) == n.digits && (zero || n.minus == (text[0] == '-'))
		}
	}
	value, ok := parseNumber(text)
	return ok && value == n.value
}
