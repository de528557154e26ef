package extract

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// csvHeadMax is how many bytes a header, with the lines before it, may have.
const csvHeadMax = 64 << 10

// header is what the beginning of a CSV file says.
type header struct {
	skip    int // bytes before it: Excel's sep=, PowerShell's #TYPE
	comma   byte
	columns []string // nil: this is no header
}

// Columns gives the names of the columns of a CSV file by its first bytes, as
// Limits.Header is asked about them; nil where it does not begin with a
// header. 64 KiB are enough.
func Columns(head []byte) []string {
	h := csvHeader(bytes.TrimLeft(head, " \t\r\n"))
	if h.columns == nil {
		return nil
	}
	return cleanColumns(h.columns)
}

// csvHeader looks for a header at the beginning of an input. Of comma,
// semicolon and tab it takes what gives the most columns.
func csvHeader(head []byte) header {
	h := header{}
	commas := []byte{',', ';', '\t'}
	line, rest := firstLine(head)
	switch text := strings.ToLower(strings.Trim(line, `"`)); {
	case strings.HasPrefix(text, "#type "):
		h.skip = len(head) - len(rest)
	case strings.HasPrefix(text, "sep=") && len(text) == len("sep=")+1:
		h.skip = len(head) - len(rest)
		commas = []byte{text[len(text)-1]}
	}
	for _, comma := range commas {
		if columns := csvNames(head[h.skip:], comma); len(columns) > len(h.columns) {
			h.comma, h.columns = comma, columns
		}
	}
	return h
}

// firstLine cuts off the first line with its end.
func firstLine(b []byte) (line string, rest []byte) {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			line, rest = string(b[:i]), b[i+1:]
			if c == '\r' && len(rest) > 0 && rest[0] == '\n' {
				rest = rest[1:]
			}
			return line, rest
		}
	}
	return string(b), nil
}

// csvNames reads the first line as names of columns. It is nil where they are
// none: fewer than two, an empty one before the last, or one that no column
// would have.
func csvNames(head []byte, comma byte) []string {
	line, _ := firstLine(head)
	if len(line) >= csvHeadMax {
		return nil
	}
	var names []string
	for more := true; more; {
		var name string
		var ok bool
		if name, line, more, ok = csvName(line, comma); !ok {
			return nil
		}
		if names = append(names, name); len(names) > maxColumns {
			return nil
		}
	}
	for len(names) > 0 && strings.TrimSpace(names[len(names)-1]) == "" {
		names = names[:len(names)-1]
	}
	if len(names) < 2 {
		return nil
	}
	for _, n := range names {
		if !isColumnName(n) {
			return nil
		}
	}
	return names
}

// csvName cuts the first name off a line.
func csvName(line string, comma byte) (name, rest string, more, ok bool) {
	if !strings.HasPrefix(line, `"`) {
		name, rest, more = strings.Cut(line, string(comma))
		return name, rest, more, !strings.Contains(name, `"`)
	}
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] != '"':
		case i+1 < len(line) && line[i+1] == '"':
			i++
		case i+1 == len(line):
			return unquoted(line[1:i]), "", false, true
		default:
			return unquoted(line[1:i]), line[i+2:], true, line[i+1] == comma
		}
	}
	return "", "", false, false
}

func unquoted(s string) string { return strings.ReplaceAll(s, `""`, `"`) }

// maxColumns is how many columns a file may have.
const maxColumns = 2000

// longestName is how many bytes the name of a column may have.
const longestName = 200

// isColumnName says whether a text could name a column.
func isColumnName(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= longestName && utf8.ValidString(s) &&
		!strings.ContainsAny(s, "{}<>:") && strings.IndexFunc(s, unicode.IsControl) < 0
}

// cleanColumns brings the names of a header to the form in which they are
// known, each one once.
func cleanColumns(names []string) []string {
	seen := map[string]bool{}
	times := map[string]int{}
	clean := make([]string, len(names))
	for i, n := range names {
		n = cleanColumn(n)
		name, folded := n, strings.ToLower(n)
		times[folded]++
		for again := times[folded]; seen[strings.ToLower(name)]; again++ {
			name = fmt.Sprintf("%s (%d)", n, again)
			times[folded] = again
		}
		seen[strings.ToLower(name)] = true
		clean[i] = name
	}
	return clean
}

// cleanColumn takes away blanks around and in a row, and the mark of a time
// zone that is UTC.
func cleanColumn(name string) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(name), " "), " [UTC]")
}
