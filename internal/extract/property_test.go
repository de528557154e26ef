package extract

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// recordText draws one JSON value and now and then a flaw.
func recordText(t *rapid.T, depth int) string {
	scalar := []string{`1`, `-0.5e3`, `true`, `null`, `"x"`, `"å\n"`, `"{}"`, `"[1]"`, `"{\"city\":1}"`, `"{\"detail\":\"[1]\"}"`,
		`"{\"b\":\"{}\"}"`, `1e999`, `nope`, `"\ud800"`, `"\q"`, "\"\x01\"", ``, `01`, `"{\"a\":"`}
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	if depth > 5 || kind > 5 {
		return rapid.SampledFrom(scalar).Draw(t, "scalar")
	}
	var parts []string
	for range rapid.IntRange(0, 3).Draw(t, "size") {
		part := recordText(t, depth+1)
		if kind < 4 {
			key := rapid.SampledFrom([]string{`"id"`, `"ID"`, `"location"`, `"city"`, `"targets"`, `"status"`, `"detail"`, `"text"`,
				`"a"`, `"b"`, `"\u0063"`, `"d"`, `"x"`, `"X"`, `x`}).Draw(t, "key")
			part = key + rapid.SampledFrom([]string{":", ":", ":", " : ", ""}).Draw(t, "colon") + part
		}
		parts = append(parts, part)
	}
	list := strings.Join(parts, rapid.SampledFrom([]string{",", ",", ",", " ,\n", ",,"}).Draw(t, "comma"))
	if kind < 4 {
		return "{" + list + rapid.SampledFrom([]string{"}", "}", "}", "]", ""}).Draw(t, "end")
	}
	return "[" + list + "]"
}

// TestFastEqualsStrict compares the two readers on records that have much of
// the grammar right, which a fuzzer seldom finds.
func TestFastEqualsStrict(t *testing.T) {
	p, fast := newTestRow(t)
	strict := p.NewRow()
	rapid.Check(t, func(t *rapid.T) {
		rec := []byte(recordText(t, 0))
		if at := rapid.IntRange(0, 3*len(rec)).Draw(t, "flaw"); at < len(rec) {
			rec[at] = rapid.SampledFrom([]byte("{}[],:\"\\x \n\x00\xff")).Draw(t, "byte")
		}
		fastErr, strictErr := p.Fast(rec, fast), p.Strict(rec, strict)
		if (fastErr == nil) != (strictErr == nil) {
			t.Fatalf("%q: Fast says %v, Strict says %v", rec, fastErr, strictErr)
		}
		if diff := cmp.Diff(slotsOf(strict), slotsOf(fast)); diff != "" || fast.Keys() != strict.Keys() {
			t.Fatalf("%q: %d keys and %d (-Strict +Fast):\n%s", rec, strict.Keys(), fast.Keys(), diff)
		}
	})
}

// containers wrap records in every way that Split knows.
var containers = []struct {
	name string
	wrap func(records []string) string
}{
	{"lines", func(r []string) string { return strings.Join(r, "\n") }},
	{"CRLF lines", func(r []string) string { return strings.Join(r, "\r\n") + "\r\n" }},
	{"one after another", func(r []string) string { return strings.Join(r, "") }},
	{"pretty", func(r []string) string { return pretty(strings.Join(r, "\n"), "") }},
	{"array", func(r []string) string { return "[" + strings.Join(r, ",") + "]" }},
	{"array of lines", func(r []string) string { return "[\n" + strings.Join(r, ",\n") + "\n]\n" }},
	{"array of lines, commas first", func(r []string) string { return "[" + strings.Join(r, "\n,") + "]\n" }},
	{"pretty array", func(r []string) string { return pretty("["+strings.Join(r, ",")+"]", "") }},
	{"page", func(r []string) string {
		return `{"@odata.context":"x","value":[` + strings.Join(r, ",") + `],"@odata.nextLink":"n"}`
	}},
	{"pretty page", func(r []string) string {
		return pretty(`{"@odata.context":{"value":1},"value":[`+strings.Join(r, ",")+`],"@odata.nextLink":"n"}`, "")
	}},
	{"page of lines", func(r []string) string { return `{"value":[` + strings.Join(r, ",\n") + `],"Count":3}` }},
	{"records", func(r []string) string { return `{"records":[` + strings.Join(r, ",") + `]}` }},
	{"an envelope a line", func(r []string) string {
		var b strings.Builder
		for len(r) > 0 {
			n := min(len(r), 2)
			b.WriteString(`{"records":[` + strings.Join(r[:n], ", ") + "]}\n")
			r = r[n:]
		}
		return b.String()
	}},
	{"array of envelopes", func(r []string) string {
		return `[{"Records":[` + strings.Join(r, `]},{"x":1,"records":[`) + `]}]`
	}},
}

// pretty puts every member and element on a line of its own, as printers do.
func pretty(text, indent string) string {
	var b strings.Builder
	for i, inString := 0, false; i < len(text); i++ {
		c := text[i]
		switch {
		case inString:
			switch c {
			case '\\':
				b.WriteByte(c)
				i++
				c = text[i]
			case '"':
				inString = false
			}
			b.WriteByte(c)
		case c == '"':
			inString = true
			b.WriteByte(c)
		case c == '{' || c == '[':
			indent += "  "
			b.WriteString(string(c) + "\n" + indent)
		case c == '}' || c == ']':
			indent = indent[2:]
			b.WriteString("\n" + indent + string(c))
		case c == ',':
			b.WriteString(",\n" + indent)
		case c == ':':
			b.WriteString(": ")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// validValue draws a valid JSON value in compact form.
func validValue(t *rapid.T, depth int, kind int) string {
	if kind < 0 {
		kind = rapid.IntRange(0, 5).Draw(t, "kind")
	}
	if kind > 1 || depth > 3 {
		return rapid.SampledFrom([]string{`1`, `"x"`, `"]}\"{\\"`, `"value"`, `null`, `-1.5`, `""`, `true`}).Draw(t, "scalar")
	}
	var parts []string
	for i := range rapid.IntRange(0, 3).Draw(t, "size") {
		part := validValue(t, depth+1, -1)
		if kind == 0 {
			part = fmt.Sprintf("\"k%d\":%s", i, part)
		}
		parts = append(parts, part)
	}
	if kind == 0 {
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// TestContainersAgree finds the same records in every container, whatever the
// sizes of reads and buffers.
func TestContainersAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var records []string
		for range rapid.IntRange(1, 6).Draw(rt, "records") {
			records = append(records, validValue(rt, 0, 0))
		}
		size := rapid.IntRange(1, 64).Draw(rt, "buffer")
		read := rapid.IntRange(1, 20).Draw(rt, "read")
		for _, c := range containers {
			in := c.wrap(records)
			got := splitAll(t, chunked{strings.NewReader(in), read}, Limits{batch: size})
			if got.err != nil {
				rt.Fatalf("%s: %v\n%s", c.name, got.err, in)
			}
			for i, it := range got.items {
				_, got.items[i], _ = strings.Cut(it, ": ")
			}
			if diff := cmp.Diff(records, got.items); diff != "" {
				rt.Fatalf("%s (-want +got):\n%s\n%s", c.name, diff, in)
			}
		}
	})
}

// TestCutLineCostsOneRecord cuts one line of JSON Lines, or of a list with a
// record a line, somewhere: every other record is still found, and the cut
// one is told of.
func TestCutLineCostsOneRecord(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var records []string
		for range rapid.IntRange(1, 8).Draw(rt, "records") {
			records = append(records, validValue(rt, 0, 0))
		}
		cut := rapid.IntRange(0, len(records)-1).Draw(rt, "cut")
		lines := append([]string(nil), records...)
		lines[cut] = lines[cut][:rapid.IntRange(1, len(lines[cut])-1).Draw(rt, "at")]
		comma := rapid.SampledFrom([]string{"", ",", ""}).Draw(rt, "comma")
		in := strings.Join(lines, comma+"\n") + "\n"
		if comma != "" {
			in = "[\n" + in + "]\n"
		}
		lim := Limits{batch: rapid.IntRange(1, 64).Draw(rt, "buffer")}
		got := splitAll(t, strings.NewReader(in), lim)
		want := append(append([]string(nil), records[:cut]...), records[cut+1:]...)
		var found []string
		defects := 0
		for _, it := range got.items {
			if _, raw, ok := strings.Cut(it, ": {"); ok {
				found = append(found, "{"+raw)
			} else {
				defects++
			}
		}
		if diff := cmp.Diff(want, found); diff != "" || defects != 1 || got.err != nil {
			rt.Fatalf("%d defects, error %v (-want +got):\n%s\n%s\n%q", defects, got.err, diff, in, got.items)
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, c := range containers {
		f.Add([]byte(c.wrap([]string{`{"a":1}`, `{"b":"x","c":[{"d":{}}]}`})))
		f.Add([]byte(c.wrap([]string{`{"a":1}`, `{"b":"x","c":[{"d":`, `{"e":2}`, `{"f":"g`, `[1]`, `}`})))
	}
	f.Add([]byte(`{"tables":[{"name":"T","columns":[{"name":"A"},{"name":"B"}],"rows":[["x",1],[2],[{},[]]]},{"rows":[]}]}`))
	f.Add([]byte("{\n\"a\":\n{\n\"a\":\n{\"b\":1}\n{\"c\":\n"))
	f.Add([]byte("\ufeff{\"a\":\r\n1}\r{\"value\":[1,...,tru]\n\x00\x00{}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, record := range []int{0, 24, 9} {
			want := splitAll(t, bytes.NewReader(in), Limits{Record: record})
			for _, other := range []found{
				splitAll(t, iotest.OneByteReader(bytes.NewReader(in)), Limits{Record: record, batch: 16}),
				splitAll(t, chunked{bytes.NewReader(in), 7}, Limits{Record: record, batch: 1}),
			} {
				if diff := cmp.Diff(want.items, other.items); diff != "" {
					t.Fatalf("%q in small pieces (-want +got):\n%s", in, diff)
				}
				if fmt.Sprint(want.err) != fmt.Sprint(other.err) {
					t.Fatalf("%q: error %v, in small pieces %v", in, want.err, other.err)
				}
			}
		}
	})
}

// endless gives head, then unit again and again up to size bytes, then tail.
func endless(head, unit, tail string, size int64) io.Reader {
	block := strings.Repeat(unit, 1+(1<<16)/len(unit))
	return io.MultiReader(strings.NewReader(head),
		&repeated{block: block, left: size / int64(len(unit)) * int64(len(unit)), unit: len(unit)}, strings.NewReader(tail))
}

type repeated struct {
	block string
	unit  int
	left  int64
	at    int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.left)], r.block[r.at:])
	r.at = (r.at + n) % r.unit
	r.left -= int64(n)
	return n, nil
}

// TestSplitMemory streams inputs far larger than the memory that Split may
// take.
func TestSplitMemory(t *testing.T) {
	size := int64(500 << 20)
	if testing.Short() {
		size = 64 << 20
	}
	record := strings.TrimSpace(string(benchRecord(1)))
	columns := `{"tables":[{"columns":[{"name":"A"},{"name":"B"}],"rows":[[0,0]`
	large := size / 5
	tests := []struct {
		name string
		in   io.Reader
		want int
		bad  int
	}{
		{"an array on one line", endless("["+record, ","+record, "]", size), int(size/int64(len(record)+1)) + 1, 0},
		{"a page on one line", endless(`{"value":[`+record, ","+record, "]}", large), int(large/int64(len(record)+1)) + 1, 0},
		{"a large record", endless(`{"a":"`, "x", `"}`+"\n{}", large), 1, 1},
		{"a deep record", endless(``, "[", "\n{}", large), 0, 1},
		{"a record of lines", endless("{\"a\":1", ",\n\"b\":{}", "}\n{}", large), 1, 1},
		{"garbage", endless("{}\n", "\x00", "", large), 1, 1},
		{"a large member before the end", endless(`{"value":[{}],"x":[0`, ",0", "]}", large), 1, 0},
		{"rows", endless(columns, `,["x",1]`, "]}]}", large/4), int(large/4/8) + 1, 0},
		{"rows with long names", endless(`{"tables":[{"columns":[{"name":"`+strings.Repeat("n", 2000)+`"}],"rows":[[0]`, ",[1]", "]}]}", large/64),
			int(large/64/4) + 1, 0},
		{"values", endless("[0", ",1", "]", large/8), int(large/8/2) + 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runtime.GC()
			var before, now runtime.MemStats
			runtime.ReadMemStats(&before)
			var peak uint64
			records, bad, calls := 0, 0, 0
			err := Split(t.Context(), tt.in, Limits{}, func(b *Batch) error {
				for _, it := range b.Items {
					if it.Defect != "" {
						bad++
					} else {
						records++
					}
				}
				b.Release()
				if calls++; calls%16 == 1 {
					runtime.ReadMemStats(&now)
					peak = max(peak, now.HeapAlloc)
				}
				return nil
			})
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
			if peak > before.HeapAlloc && peak-before.HeapAlloc > 32<<20 {
				t.Errorf("the heap grew by %d MiB", (peak-before.HeapAlloc)>>20)
			}
			if records != tt.want || bad != tt.bad {
				t.Errorf("%d records and %d defects, want %d and %d (%v)", records, bad, tt.want, tt.bad, err)
			}
		})
	}
}
