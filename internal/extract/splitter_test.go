package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// found is what Split made of an input: items as "line: record" or
// "line! defect", the container of the first batch, and the error.
type found struct {
	items     []string
	container string
	err       error
}

// splitAll splits and copies everything.
func splitAll(t testing.TB, r io.Reader, lim Limits) found {
	t.Helper()
	var f found
	index := 0
	var input bytes.Buffer
	f.err = Split(t.Context(), io.TeeReader(r, &input), lim, func(b *Batch) error {
		if f.container == "" {
			f.container = b.Container
		}
		for _, it := range b.Items {
			if it.Index != index {
				t.Errorf("index %d, want %d", it.Index, index)
			}
			index++
			if it.Defect != "" {
				f.items = append(f.items, fmt.Sprintf("%d! %s", it.Line, it.Defect))
				continue
			}
			checkOffset(t, input.Bytes(), b.Container, &it)
			f.items = append(f.items, fmt.Sprintf("%d: %s", it.Line, AppendCompact(nil, it.Raw)))
		}
		b.Release()
		return nil
	})
	return f
}

// checkOffset looks for an item at its place in the input.
func checkOffset(t testing.TB, input []byte, container string, it *Item) {
	t.Helper()
	if made := (container == ContainerTable || container == ContainerCSV) && it.Raw[0] == '{'; made || it.Offset == NoOffset {
		if made != (it.Offset == NoOffset) {
			t.Errorf("%s: an item has the offset %d", container, it.Offset)
		}
		return
	}
	if !bytes.HasPrefix(input[it.Offset:], it.Raw) {
		t.Errorf("offset %d is not that of %.40q", it.Offset, it.Raw)
	}
}

// readSizes are ways to read the same bytes.
var readSizes = []struct {
	name  string
	wrap  func(io.Reader) io.Reader
	batch int
}{
	{"at once", func(r io.Reader) io.Reader { return r }, 0},
	{"1 byte", iotest.OneByteReader, 16},
	{"7 bytes", func(r io.Reader) io.Reader { return chunked{r, 7} }, 0},
	{"end with data", iotest.DataErrReader, 64},
}

// chunked reads n bytes at a time.
type chunked struct {
	r io.Reader
	n int
}

func (c chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }

const (
	openEnd  = "the record is not closed: the input ends"
	openNext = "the record is not closed before the next begins"
	openLine = "the record is not closed on its line"
	openText = "a string is not closed on its line"
	openList = "the record is not closed before its list ends"
	mismatch = "brackets do not match"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		name, in, container string
		want                []string
	}{
		{"one object", `{"a":1}`, "object", []string{`1: {"a":1}`}},
		{"one object over lines", "\n{\n \"a\": [1,\n 2]\n}\n", "object", []string{`2: {"a":[1,2]}`}},
		{"byte order mark", "\ufeff{\"a\":1}", "object", []string{`1: {"a":1}`}},
		{"lines", "{\"a\":1}\n{\"a\":2}\n", "lines", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"no last line end", "{\"a\":1}\n{\"a\":2}", "lines", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"CRLF and blank lines", "{\"a\":1}\r\n\r\n{\"a\":2}\r\n", "lines", []string{`1: {"a":1}`, `3: {"a":2}`}},
		{"lone CR", "{\"a\":1}\r{\"a\":\r2}\r", "lines", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"one after another", `{"a":1}{"a":2} {"a":3}`, "lines", []string{`1: {"a":1}`, `1: {"a":2}`, `1: {"a":3}`}},
		{"pretty one after another", "{\n  \"a\": {\n  }\n}\n{\n  \"a\": 2\n}", "lines", []string{`1: {"a":{}}`, `5: {"a":2}`}},
		{"commas between lines", "{\"a\":1},\n{\"a\":2},\n", "lines", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"brackets and quotes in strings", `{"a":"]}\"{"}` + "\n" + `{"b\\":"\\"}`, "lines", []string{`1: {"a":"]}\"{"}`, `2: {"b\\":"\\"}`}},

		{"array on a line", `[{"a":1},{"a":2}]`, "array", []string{`1: {"a":1}`, `1: {"a":2}`}},
		{"array over lines", "[\n{\"a\":1},\n{\"a\":2}\n]\n", "array", []string{`2: {"a":1}`, `3: {"a":2}`}},
		{"array with leading commas", "[{\"a\":1}\n,{\"a\":2}\n]", "array", []string{`1: {"a":1}`, `2: {"a":2}`}},
		{"pretty array", "[\n  {\n    \"a\": [\n      {\n      }\n    ]\n  },\n  {\n    \"a\": 2\n  }\n]", "array", []string{`2: {"a":[{}]}`, `8: {"a":2}`}},
		{"trailing comma", `[{"a":1},]`, "array", []string{`1: {"a":1}`}},
		{"empty array", `[]`, "", nil},
		{"values in an array", `[1, "x,]" ,null,[2,[3]],{"a":1}, -1.5e3]`, "array",
			[]string{`1: 1`, `1: "x,]"`, `1: null`, `1: [2,[3]]`, `1: {"a":1}`, `1: -1.5e3`}},
		{"arrays one a line", "[{\"a\":1}]\n[{\"a\":2}]", "array", []string{`1: {"a":1}`, `2: {"a":2}`}},

		{"page", `{"@odata.context":"c","value":[{"a":1},{"a":2}],"@odata.nextLink":"n","x":{"y":[1]},"z":5}`, "page",
			[]string{`1: {"a":1}`, `1: {"a":2}`}},
		{"pretty page", "{\n  \"Value\": [\n    {\n      \"a\": 1\n    }\n  ],\n  \"Count\": 1\n}\n", "page", []string{`3: {"a":1}`}},
		{"empty page", `{"value":[],"@odata.nextLink":"n"}`, "", nil},
		{"records", `{"RECORDS":[{"a":1}]}`, "records", []string{`1: {"a":1}`}},
		{"envelopes one a line", "{\"records\":[{\"a\":1},{\"a\":2}]}\n{\"records\":[{\"a\":3}]}\n", "records",
			[]string{`1: {"a":1}`, `1: {"a":2}`, `2: {"a":3}`}},
		{"array of envelopes", `[{"records":[{"a":1}]},{"value":[{"a":2}]},{"a":3}]`, "records",
			[]string{`1: {"a":1}`, `1: {"a":2}`, `1: {"a":3}`}},
		{"records in a record are no envelope", `{"records":[{"records":[{"a":1}]}]}`, "records", []string{`1: {"records":[{"a":1}]}`}},
		{"value that is no list", `{"value":"x","records":{"value":[1]}}`, "object", []string{`1: {"value":"x","records":{"value":[1]}}`}},
		{"value deeper down", `{"a":{"value":[1]}}`, "object", []string{`1: {"a":{"value":[1]}}`}},
		{"value as a text", `{"a":"value","b":[1]}`, "object", []string{`1: {"a":"value","b":[1]}`}},
		{"two lists", `{"value":[{"a":1}],"records":[{"a":2}]}`, "page", []string{`1: {"a":1}`, `1: {"a":2}`}},

		{"query reply", `{"tables":[{"name":"T","columns":[{"name":"A","type":"string"},{"name":"B\u0061","type":"int"}],` +
			`"rows":[["x",1],[ null , {"y":[1,2]} ]]}]}`, "table",
			[]string{`1: {"A":"x","B\u0061":1}`, `1: {"A":null,"B\u0061":{"y":[1,2]}}`}},
		{"pretty query reply", "{\n\"tables\": [\n{\n\"columns\": [\n{\"name\": \"A\"}\n],\n\"rows\": [\n[\n\"x\"\n],\n[\n\"y\"\n]\n]\n}\n]\n}", "table",
			[]string{`8: {"A":"x"}`, `11: {"A":"y"}`}},
		{"two tables", `{"tables":[{"columns":[{"name":"A"}],"rows":[[1]]},{"columns":[{"name":"B"}],"rows":[[2]]}],"x":1}`, "table",
			[]string{`1: {"A":1}`, `1: {"B":2}`}},
		{"columns behind rows", `{"tables":[{"rows":[[1],[2]],"columns":[{"name":"A"}]}]}`, "table",
			[]string{"1! the columns of the table stand behind its rows: the rows were not read"}},
		{"row of another length", `{"tables":[{"columns":[{"name":"A"}],"rows":[[1,2],[],[3],5,{"a":1}]}]}`, "table",
			[]string{"1! the row has 2 cells for 1 columns", "1! the row has 0 cells for 1 columns", `1: {"A":3}`, `1: 5`,
				"1! an object stands in place of a row"}},
		{"broken row", `{"tables":[{"columns":[{"name":"A"},{"name":"B"}],"rows":[[1,,2],[1 2],[1,2:3],[1,2]]}]}`, "table",
			[]string{"1! the row is not a JSON list", "1! the row has 1 cells for 2 columns", "1! the row is not a JSON list", `1: {"A":1,"B":2}`}},
		{"column without a name", `{"tables":[{"columns":[{"type":"int"}],"rows":[[1]]}]}`, "table",
			[]string{"1! column 1 of the table has no name"}},

		{"cut mark in an array", `[{"a":1}, ..., {"a":2} tru]`, "array",
			[]string{`1: {"a":1}`, `1! not JSON: "..."`, `1: {"a":2}`, `1! not JSON: "tru"`}},
		{"garbage lines", "{\"a\":1}\nfoo, bar {\nbaz]\n{\"a\":2}", "lines",
			[]string{`1: {"a":1}`, `2! not JSON: "foo, bar {"`, `3! not JSON: "baz]"`, `4: {"a":2}`}},
		{"garbage behind a record", "{\"a\":1} x\n{\"a\":2}}\n}", "lines",
			[]string{`1: {"a":1}`, `1! not JSON: "x"`, `2: {"a":2}`, `2! not JSON: "}"`, `3! not JSON: "}"`}},
		{"NUL bytes between records", "{\"a\":1}\n\x00\x00\n{\"a\":2}\x00", "lines",
			[]string{`1: {"a":1}`, `2! not JSON: "\x00\x00"`, `3: {"a":2}`, `3! not JSON: "\x00"`}},
		{"long garbage is cut", "{}\n" + strings.Repeat("x", 50), "lines", []string{"1: {}", `2! not JSON: "` + strings.Repeat("x", 40) + `"…`}},

		{"line cut in a string", "{\"a\":1,\"b\":\"x\n{\"a\":2}\n", "lines", []string{"1! " + openText, `2: {"a":2}`}},
		{"first line cut behind a colon", "{\"a\":1,\"b\":\n{\"a\":2}\n{\"a\":3}\n", "lines",
			[]string{"1! " + openNext, `2: {"a":2}`, `3: {"a":3}`}},
		{"first of two lines cut behind a colon", "{\"a\":1,\"b\":\n{\"a\":2}\n", "lines", []string{"1! " + openEnd, `2: {"a":2}`}},
		{"line cut behind a comma", "{\"a\":0}\n{\"a\":1,\n{\"a\":2}\n{\"a\":3}\n", "lines",
			[]string{`1: {"a":0}`, "2! " + openNext, `3: {"a":2}`, `4: {"a":3}`}},
		{"line cut in a list", "{\"a\":[1,\n{\"a\":2}\n{\"a\":3}\n", "lines", []string{"1! " + openNext, `2: {"a":2}`, `3: {"a":3}`}},
		{"two cut lines", "{\"a\":\n{\"b\":\n{\"a\":3}\n{\"a\":4}", "lines", []string{"1! " + openNext, "2! " + openLine, `3: {"a":3}`, `4: {"a":4}`}},
		{"cut line and garbage", "{\"a\":1,\nfoo\n{\"a\":2}\n", "lines", []string{"1! " + openNext, `2! not JSON: "foo"`, `3: {"a":2}`}},
		{"last line cut", "{\"a\":1}\n{\"a\":2", "lines", []string{`1: {"a":1}`, "2! " + openEnd}},
		{"wrong bracket", "{\"a\":1]\n{\"a\":2}", "lines", []string{"1! " + mismatch, `2: {"a":2}`}},
		{"pretty record cut", "{\n  \"a\": {\n    \"b\": 1\n{\n  \"a\": 2\n}\n", "lines", []string{"1! " + openNext, `4: {"a":2}`}},
		{"pretty record cut behind a colon", "{\n  \"a\":\n{\n  \"a\": 2\n}\n{\n  \"a\": 3\n}\n", "lines",
			[]string{"1! " + openNext, `3: {"a":2}`, `6: {"a":3}`}},
		{"pretty record with a line break in a string", "{\n \"a\": \"x\ny\",\n \"b\": 1\n}\n{\n \"a\": 2\n}", "lines",
			[]string{"1! " + openText, `6: {"a":2}`}},
		{"array of lines, one cut", "[\n{\"a\":1},\n{\"a\":{\"b\":\n{\"a\":2},\n{\"a\":3}\n]\n", "array",
			[]string{`2: {"a":1}`, "3! " + openNext, `4: {"a":2}`, `5: {"a":3}`}},
		{"array of lines, last cut", "[\n{\"a\":1},\n{\"a\":2\n]\n", "array", []string{`2: {"a":1}`, "3! " + openList}},
		{"pretty array, one cut", "[\n  {\n    \"a\": [\n  {\n    \"a\": 2\n  }\n]\n", "array", []string{"2! " + openEnd, `4: {"a":2}`}},
		{"pretty array, line break in a string", "[\n  {\n    \"a\": \"x\ny\"\n  },\n  {\n    \"a\": 2\n  }\n]\n", "array",
			[]string{"2! " + openText, `6: {"a":2}`}},
		{"envelope cut in a record", "{\"records\":[{\"a\":1},{\"b\":\n{\"records\":[{\"a\":2}]}\n{\"records\":[{\"a\":3}]}", "records",
			[]string{`1: {"a":1}`, "1! " + openNext, `2: {"a":2}`, `3: {"a":3}`}},
		{"envelope cut behind a record", "{\"records\":[{\"a\":1}\n{\"records\":[{\"a\":2}]}", "records",
			[]string{`1: {"a":1}`, "2! the envelope before this line is not closed", `2: {"a":2}`}},
		{"envelope cut behind its list", "{\"records\":[{\"a\":1}]\n{\"records\":[{\"a\":2}]}", "records",
			[]string{`1: {"a":1}`, "2! " + brokenEnvelope, `2: {"a":2}`}},
		{"page with its first record on the line", "{\"value\":[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]}", "page",
			[]string{`1: {"a":1}`, `2: {"a":2}`, `3: {"a":3}`}},
		{"an inner record with a list is no envelope", "{\"value\":[{},\n  {\"value\":[1]}]}", "page", []string{"1: {}", `2: {"value":[1]}`}},
		{"a flaw further in is the projection's", "{\"a\": {\n   {}\n}}\n{\"b\":1}", "lines", []string{`1: {"a":{{}}}`, `4: {"b":1}`}},
		{"rest of a broken record in a list", "[\n{\"a\":\"x\n\"b\": {\"c\":1},\n{\"d\":2}\n]", "array",
			[]string{"2! " + openText, `3! not JSON: "\"b\": {\"c\":1},"`, `4: {"d":2}`}},
		{"deep nesting is the projection's", `{"a":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`, "object",
			[]string{`1: {"a":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`}},
	}
	for _, tt := range tests {
		for _, size := range readSizes {
			t.Run(tt.name+"/"+size.name, func(t *testing.T) {
				got := splitAll(t, size.wrap(strings.NewReader(tt.in)), Limits{batch: size.batch})
				if got.err != nil {
					t.Errorf("error: %v", got.err)
				}
				if diff := cmp.Diff(tt.want, got.items); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				if got.container != tt.container {
					t.Errorf("container %q, want %q", got.container, tt.container)
				}
			})
		}
	}
}

func TestSplitTruncated(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		what     string
	}{
		{"array", "[{\"a\":1},\n{\"a\":2}\n", []string{`1: {"a":1}`, `2: {"a":2}`}, "the list of records is not closed: the input ends at line 2"},
		{"array in a record", `[{"a":1},{"a":`, []string{`1: {"a":1}`, "1! " + openEnd}, "the list of records is not closed: the input ends at line 1"},
		{"array in a string", `[{"a":1},{"a":"x`, []string{`1: {"a":1}`, "1! " + openText}, "the list of records is not closed: the input ends at line 1"},
		{"array, broken before", "[{\"a\":1]x\n{\"a\":2}\n", []string{"1! " + mismatch, `2: {"a":2}`}, "the list of records is not closed: the input ends at line 2"},
		{"page behind its list", `{"value":[{"a":1}]`, []string{`1: {"a":1}`}, "the object around the records is not closed: the input ends at line 1"},
		{"rows", `{"tables":[{"columns":[{"name":"A"}],"rows":[[1]`, []string{`1: {"A":1}`}, "the list of rows is not closed: the input ends at line 1"},
		{"break in an array on one line", `[{"a":1},{"a":2],{"a":3}]`, []string{`1: {"a":1}`, "1! " + mismatch},
			"nothing could be read from byte 15 on: a record is broken there, and no later line begins one"},
		{"the same with a line end", "[{\"a\":1},{\"a\":2],{\"a\":3}]\n", []string{`1: {"a":1}`, "1! " + mismatch},
			"nothing could be read from byte 15 on: a record is broken there, and no later line begins one"},
	}
	for _, tt := range tests {
		for _, size := range readSizes {
			t.Run(tt.name+"/"+size.name, func(t *testing.T) {
				got := splitAll(t, size.wrap(strings.NewReader(tt.in)), Limits{batch: size.batch})
				if diff := cmp.Diff(tt.want, got.items); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				var cut *Truncated
				if !errors.As(got.err, &cut) || cut.What != tt.what || cut.Index != len(tt.want) {
					t.Errorf("error %#v, want *Truncated %q at %d", got.err, tt.what, len(tt.want))
				}
			})
		}
	}
}

func TestSplitEmpty(t *testing.T) {
	for _, in := range []string{"", " \r\n\t\n", "\ufeff", "\ufeff\n"} {
		if got := splitAll(t, strings.NewReader(in), Limits{}); !errors.Is(got.err, ErrEmpty) || got.items != nil {
			t.Errorf("%q: %v %v, want ErrEmpty", in, got.items, got.err)
		}
	}
}

func TestSplitUnknownFormat(t *testing.T) {
	tests := []struct{ in, looks string }{
		{"A,\"B c\"\n1,2\n", `a CSV file with columns "A", "B c"`},
		{"\ufeff\"A\";B;C;D;E;F\r\n", `a CSV file with columns "A", "B", "C", "D" and 2 more`},
		{"<?xml version=\"1.0\"?>", "XML"},
		{"<Events>", "XML"},
		{" <!DOCTYPE HTML><p>", "HTML"},
		{"%PDF-1.7", "a PDF"},
		{"PK\x03\x04 [Content_Types].xml", "an Office file, such as an Excel workbook"},
		{"PK\x03\x04 xl/workbook.xml", "an Excel workbook"},
		{"PK\x03\x04", "a ZIP archive"},
		{"PAR1", "Parquet"},
		{"ElfFile\x00", "a Windows event log (EVTX)"},
		{"SQLite format 3\x00", "SQLite"},
		{"hello world", `plain text that begins "hello world"`},
		{strings.Repeat("y", 50), `plain text that begins "` + strings.Repeat("y", 40) + `"…`},
		{"time: 1, level: x\n{}", `plain text that begins "time: 1, level: x"`},
		{"\x01\x02\x03", "binary data"},
		{"abc\xff\xfe\xff\xff", "binary data"},
		{strings.Repeat("\x00", 3<<20), "only NUL bytes"},
		{strings.Repeat("\x00", 9000) + "{}", "binary data"},
	}
	for _, tt := range tests {
		for _, size := range readSizes {
			got := splitAll(t, size.wrap(strings.NewReader(tt.in)), Limits{batch: size.batch})
			var unknown *UnknownFormat
			if !errors.As(got.err, &unknown) || unknown.Looks != tt.looks || got.items != nil {
				t.Errorf("%.20q, %s: %v %v, want %q", tt.in, size.name, got.items, got.err, tt.looks)
			}
		}
	}
}

func TestSplitPassesLargeRecords(t *testing.T) {
	const limit = 100
	large := `{"a":"` + strings.Repeat("x", 200) + `"}`
	exact := `{"a":"` + strings.Repeat("x", 92) + `"}`
	if len(exact) != limit {
		t.Fatal(len(exact))
	}
	defect := fmt.Sprintf("larger than 100 bytes (%d bytes)", len(large))
	tests := []struct {
		name, in string
		want     []string
	}{
		{"lines", large + "\n" + exact + "\n", []string{"1! " + defect, "2: " + exact}},
		{"array", "[" + large + "," + exact + "]", []string{"1! " + defect, "1: " + exact}},
		{"page behind large members", `{"x":"y","value":[` + exact + `],"z":` + large + `,"records":[{}]}`, []string{"1: " + exact, "1: {}"}},
		{"list", "[[" + large + "]]", []string{fmt.Sprintf("1! larger than 100 bytes (%d bytes)", len(large)+2)}},
		{"string", `["` + strings.Repeat("x", 200) + `"]`, []string{`1! not JSON: "\"` + strings.Repeat("x", 39) + `"…`}},
		{"broken and large", large[:len(large)-1] + "\n{}\n", []string{
			fmt.Sprintf("1! larger than 100 bytes (%d bytes), and broken: %s", len(large), openNext), "2: {}"}},
		{"envelope too far in", `{"x":"` + strings.Repeat("x", 200) + `","value":[{}]}`,
			[]string{"1! larger than 100 bytes (221 bytes)"}},
		{"cut line of an array that swallows the others", "[\n{\"x\":[\n" + strings.Repeat(exact+",\n", 3) + "{}\n]\n",
			[]string{"2! larger than 100 bytes, and other records seem to begin inside", "3: " + exact, "4: " + exact, "5: " + exact, "6: {}"}},
		{"pretty record cut in a list", "[\n{\n\"x\":[\n" + strings.Repeat(exact+",\n", 3) + "{}\n]\n",
			[]string{"2! larger than 100 bytes, and other records seem to begin inside", "4: " + exact, "5: " + exact, "6: " + exact, "7: {}"}},
		{"a record that begins a line far in", "{\"x\":\"" + strings.Repeat("x", 200) + "\",\n\"y\":\n{}}\n{}",
			[]string{"1! larger than 100 bytes (217 bytes)", "4: {}"}},
		{"list of an envelope too far in", `{"value":` + strings.Repeat(" ", 200) + `[{}]}`,
			[]string{"1! larger than 100 bytes (214 bytes)"}},
		{"list of the next envelope too far in", "{\"value\":[{},\n{\"value\":" + strings.Repeat(" ", 200) + "[{}]}]}",
			[]string{"1: {}", "2! larger than 100 bytes (214 bytes)"}},
		{"blanks behind a scalar", `[1` + strings.Repeat(" ", 200) + `,2]`, []string{`1! not JSON: "1"`, "1: 2"}},
		{"row", `{"tables":[{"columns":[{"name":"` + strings.Repeat("n", 70) + `"}],"rows":[["` + strings.Repeat("x", 70) + `"],[1]]}]}`,
			[]string{"1! larger than 100 bytes (148 bytes)", `1: {"` + strings.Repeat("n", 70) + `":1}`}},
	}
	for _, tt := range tests {
		for _, size := range readSizes {
			t.Run(tt.name+"/"+size.name, func(t *testing.T) {
				got := splitAll(t, size.wrap(strings.NewReader(tt.in)), Limits{Record: limit, batch: size.batch})
				if got.err != nil {
					t.Error(got.err)
				}
				if diff := cmp.Diff(tt.want, got.items); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestSplitReadError(t *testing.T) {
	boom := errors.New("boom")
	r := io.MultiReader(strings.NewReader("{\"a\":1}\n{\"a\":2"), iotest.ErrReader(boom))
	got := splitAll(t, r, Limits{})
	if diff := cmp.Diff([]string{`1: {"a":1}`, "2! " + openEnd}, got.items); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(got.err, boom) {
		t.Errorf("error %v, want %v", got.err, boom)
	}
	if got = splitAll(t, iotest.ErrReader(boom), Limits{}); !errors.Is(got.err, boom) {
		t.Errorf("error %v, want %v", got.err, boom)
	}
}

func TestSplitStops(t *testing.T) {
	boom := errors.New("boom")
	many := strings.Repeat("{\"a\":1}\n", 1<<20)
	calls := 0
	err := Split(t.Context(), strings.NewReader(many), Limits{}, func(b *Batch) error { calls++; return boom })
	if !errors.Is(err, boom) || calls != 1 {
		t.Errorf("%v after %d calls, want boom after 1", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Split(ctx, strings.NewReader(many), Limits{}, func(b *Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// TestSplitBatches reads more than one batch and keeps them all: what one
// batch holds must not change when the next is read.
func TestSplitBatches(t *testing.T) {
	var in bytes.Buffer
	const n = 40_000
	for i := range n {
		fmt.Fprintf(&in, "{\"i\":%d,\"x\":%q}\n", i, strings.Repeat("x", i%300))
	}
	var all []*Batch
	if err := Split(t.Context(), &in, Limits{}, func(b *Batch) error { all = append(all, b); return nil }); err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, b := range all {
		for _, it := range b.Items {
			if want := fmt.Sprintf("{\"i\":%d,\"x\":%q}", i, strings.Repeat("x", i%300)); string(it.Raw) != want || it.Line != i+1 {
				t.Fatalf("item %d, line %d: %s, want %s", i, it.Line, it.Raw, want)
			}
			i++
		}
	}
	if i != n || len(all) < 5 {
		t.Errorf("%d records in %d batches, want %d in several", i, len(all), n)
	}
}

// TestSplitIsLinear splits inputs that look like one broken record inside
// another, over and over: reading again after each must not add up. The limit
// is a guard against what would take hours, not a claim of speed.
func TestSplitIsLinear(t *testing.T) {
	for _, unit := range []string{
		"{\"a\":[\n", "{\n\"a\":\n", "{\"a\":\n", "{\n", "[\n", "[{\n", "{\"a\":\"\n", "{\"a\":{}\n{\"b\":\n", "[{\"a\":1,\n",
		"{\"value\":[\n", "{\"value\":[{\"a\":1}\n", "{\"value\":[{\"a\":1},\n", "{\"value\":[{\n\"b\":\n", "{\"records\":[{\"a\":1},{\"b\":\n",
		"{\"tables\":[{\"rows\":[[", "[{\"value\":[\n{\n", "{}\r", "[\"x\n",
	} {
		start := time.Now()
		splitAll(t, strings.NewReader(strings.Repeat(unit, (1<<20)/len(unit))), Limits{})
		if took := time.Since(start); took > time.Minute {
			t.Errorf("1 MiB of %q took %v", unit, took)
		}
	}
}
