package rule

import "strings"

// The forms of short texts. They are asked for every rule at every start, which
// regular expressions make dear: each is compiled whether it is needed or not.

const (
	digits     = "0123456789"
	smallText  = "abcdefghijklmnopqrstuvwxyz"
	capitals   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	nameText   = digits + smallText + capitals + "_.-"
	tagText    = digits + smallText + "_-"
	hexDigits  = digits + "abcdefABCDEF"
	spanUnits  = "smhdwMy"
	maxSpanLen = 10 // nine digits and a unit
)

// isMadeOf tells whether a text holds only characters of a set, and at least one.
func isMadeOf(text, set string) bool {
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(set, text[i]) < 0 {
			return false
		}
	}
	return text != ""
}

// isName tells whether a text can be the name of a search or of a baseline
// parameter.
func isName(text string) bool { return isMadeOf(text, nameText) }

// listName takes the % signs off a placeholder; ok is false when the text is
// none as a whole.
func listName(text string) (name string, ok bool) {
	if len(text) < 3 || text[0] != '%' || text[len(text)-1] != '%' {
		return "", false
	}
	name = text[1 : len(text)-1]
	return name, isName(name)
}

// isPlaceholder tells whether a text is a placeholder as a whole.
func isPlaceholder(text string) bool {
	_, ok := listName(text)
	return ok
}

// isUUID takes 32 hexadecimal digits with dashes at their places, in any case.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := 0; i < len(text); i++ {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (text[i] == '-') || !dash && strings.IndexByte(hexDigits, text[i]) < 0 {
			return false
		}
	}
	return true
}

// isTag takes a namespace and a name with a full stop between them, in lower
// case. The name may hold further full stops.
func isTag(text string) bool {
	namespace, name, _ := strings.Cut(text, ".")
	return isMadeOf(namespace, tagText) && isMadeOf(name, tagText+".")
}

// isRow takes a row of the guide, such as G11.
func isRow(text string) bool {
	return len(text) == 3 && strings.IndexByte(capitals, text[0]) >= 0 && isMadeOf(text[1:], digits)
}

// isTimespan takes a number of up to nine digits and a unit, such as 15m.
func isTimespan(text string) bool {
	last := len(text) - 1
	return last > 0 && len(text) <= maxSpanLen && strings.IndexByte(spanUnits, text[last]) >= 0 && isMadeOf(text[:last], digits)
}
