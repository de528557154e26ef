package extract

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// looksAt is how many bytes looks wants to see.
const looksAt = 4096

// magics are the first bytes of formats that people mistake for logs. What is
// packed in some of them may well be one.
var magics = []struct {
	magic, looks string
	packed       bool
}{
	{"%PDF-", "a PDF", false},
	{"PAR1", "Parquet", false},
	{"ElfFile\x00", "a Windows event log (EVTX)", false},
	{"SQLite format 3\x00", "SQLite", false},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, such as an Excel workbook (.xls)", false},
	{"\x1f\x8b", "a gzip file inside another encoding", true},
	{"\x28\xb5\x2f\xfd", "a zstd file inside another encoding", true},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", true},
	{"Rar!\x1a\x07", "a RAR archive", true},
	{"\xfd7zXZ\x00", "an xz file", true},
	{"BZh", "a bzip2 file", true},
	{"Obj\x01", "Avro", false},
	{"ORC", "ORC", false},
}

// looks says what an input that is not JSON looks like, by its first bytes.
func looks(head []byte) *UnknownFormat {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return &UnknownFormat{Looks: m.looks, Packed: m.packed}
		}
	}
	switch {
	case IsZip(head):
		return &UnknownFormat{Looks: looksZip(head)}
	case isTar(head):
		return &UnknownFormat{Looks: "a tar archive", Packed: true}
	case isBinary(head):
		return &UnknownFormat{Looks: "binary data"}
	}
	return &UnknownFormat{Looks: looksText(head)}
}

// isTar says whether a tar archive begins here. Its oldest form has no mark, but
// each has a checksum in its first block: the sum of the bytes, of which those
// of the checksum itself count as spaces.
func isTar(head []byte) bool {
	const block, at, end = 512, 148, 156
	if len(head) < block || head[0] == 0 {
		return false
	}
	want, err := strconv.ParseInt(strings.Trim(string(head[at:end]), " \x00"), 8, 64)
	sum := int64((end - at) * ' ')
	for i, c := range head[:block] {
		if i < at || i >= end {
			sum += int64(c)
		}
	}
	return err == nil && sum == want
}

// looksZip tells Office files, which are ZIP archives, from others.
func looksZip(head []byte) string {
	switch {
	case bytes.Contains(head, []byte("xl/")):
		return "an Excel workbook"
	case bytes.Contains(head, []byte("[Content_Types].xml")):
		return "an Office file, such as an Excel workbook"
	default:
		return "a ZIP archive"
	}
}

// isBinary reports whether there are bytes that no text has.
func isBinary(head []byte) bool {
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 && len(head)-i >= utf8.UTFMax {
			return true
		}
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b {
			return true
		}
		i += n
	}
	return false
}

// looksText tells text formats apart by the first line.
func looksText(head []byte) string {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	first = bytes.TrimRight(first, "\r")
	lower := strings.ToLower(string(first))
	switch {
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return "HTML"
	case strings.HasPrefix(lower, "<"):
		return "XML"
	}
	for _, comma := range []string{",", ";", "\t"} {
		if columns := csvColumns(string(first), comma); columns != nil {
			return "a CSV file with columns " + listColumns(columns)
		}
	}
	return "plain text that begins " + quote(first)
}

// csvColumns cuts a line into column names, or returns nil where it does not
// look like the header of a CSV file: at least two names, all of them filled
// and without a colon or brackets.
func csvColumns(first, comma string) []string {
	columns := strings.Split(first, comma)
	if len(columns) < 2 {
		return nil
	}
	for i, c := range columns {
		c = strings.Trim(strings.TrimSpace(c), `"`)
		if c == "" || strings.ContainsAny(c, ":{}") {
			return nil
		}
		columns[i] = c
	}
	return columns
}

// listColumns names the first columns.
func listColumns(columns []string) string {
	const shown = 4
	var names []string
	for _, c := range columns[:min(len(columns), shown)] {
		names = append(names, quote([]byte(c)))
	}
	list := strings.Join(names, ", ")
	if more := len(columns) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// onlyNUL reports whether b holds NUL bytes and nothing else.
func onlyNUL(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// IsZip reports whether a file that begins with head is a ZIP archive. Four
// bytes are enough.
func IsZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) ||
		bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, []byte("PK\x07\x08"))
}
