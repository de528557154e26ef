package extract

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// anyHeader accepts every header.
func anyHeader([]string) error { return nil }

const (
	badText  = "text stands behind a closing quote, or a quote before it is not closed"
	badQuote = "a quote stands inside a cell that is not quoted"
	badEnd   = "a quote is not closed: the input ends (the row begins at line 2)"
)

func TestCSV(t *testing.T) {
	const two = "A,B\n"
	tests := []struct {
		name, in string
		want     []string
	}{
		{"plain", two + "1,x y\n2,\n", []string{`2: {"A":"1","B":"x y"}`, `3: {"A":"2","B":null}`}},
		{"no last line end", two + "1,2", []string{`2: {"A":"1","B":"2"}`}},
		{"no rows", two, nil},
		{"no rows, no line end", "A,B", nil},
		{"CRLF", "A,B\r\n1,2\r\n\r\n3,4\r\n", []string{`2: {"A":"1","B":"2"}`, `4: {"A":"3","B":"4"}`}},
		{"CR alone", "A,B\r1,2\r3,4", []string{`2: {"A":"1","B":"2"}`, `3: {"A":"3","B":"4"}`}},
		{"byte order mark", "\ufeff\"A\",B\n1,2\n", []string{`2: {"A":"1","B":"2"}`}},
		{"quotes", "\"A\",\"B\"\n\"1,1\",\"say \"\"hi\"\"\"\n\"\",\"\"\"\"\n",
			[]string{`2: {"A":"1,1","B":"say \"hi\""}`, `3: {"A":null,"B":"\""}`}},
		{"breaks in cells", "A,B\n\"1\r\n2\n\",\"3\r\n\"\n4,5\n", []string{`2: {"A":"1\u000d\u000a2\u000a","B":"3\u000d\u000a"}`, `6: {"A":"4","B":"5"}`}},
		{"JSON in a cell", "A;AuditData\n1;\"{\"\"a\\b\"\":[\"\"\"\"]}\"\n", []string{`2: {"A":"1","AuditData":"{\"a\\b\":[\"\"]}"}`}},
		{"semicolons", "A;\"B,C\"\n1,5;2\n", []string{`2: {"A":"1,5","B,C":"2"}`}},
		{"tabs", "A\tB\n1,5\t\"2\"\n", []string{`2: {"A":"1,5","B":"2"}`}},
		{"Excel's first line", "sep=;\r\nA;B\r\n1;2\r\n", []string{`3: {"A":"1","B":"2"}`}},
		{"PowerShell's first line", "#TYPE System.Object\nA,B\n1,2\n", []string{`3: {"A":"1","B":"2"}`}},
		{"blank lines before", "\n\n A,B\n1,2", []string{`4: {"A":"1","B":"2"}`}},
		{"names", " A , a,Application ID ,Autonomous system  number,TimeGenerated [UTC],A\n1,2,3,4,5,6\n",
			[]string{`2: {"A":"1","a (2)":"2","Application ID":"3","Autonomous system number":"4","TimeGenerated":"5","A (3)":"6"}`}},
		{"columns without a name at the end", "A,B,,\n1,2,,\n3,4,,5\n", []string{`2: {"A":"1","B":"2"}`, `3! the row has 4 cells for 2 columns`}},
		{"empty rows", two + ",\n  \n\" \",\n1,2\n", []string{`5: {"A":"1","B":"2"}`}},
		{"files put together", "\ufeffA,B\n1,2\n\ufeffA, B\n3,4\n", []string{`2: {"A":"1","B":"2"}`, `4: {"A":"3","B":"4"}`}},
		{"control characters", two + "\x01,\x1f\t\n", []string{`2: {"A":"\u0001","B":"\u001f\u0009"}`}},

		{"too many and too few", two + "1,2,3\n4\n5,6,,\n7,8\n",
			[]string{"2! the row has 3 cells for 2 columns", "3! the row has 1 cells for 2 columns", `4: {"A":"5","B":"6"}`, `5: {"A":"7","B":"8"}`}},
		{"stray quote", two + "1,2\"\n3,4\n", []string{"2! " + badQuote, `3: {"A":"3","B":"4"}`}},
		{"text behind a quote", two + "1,\"2\"x,\"\n3,4\n", []string{"2! " + badText, `3: {"A":"3","B":"4"}`}},
		{"NUL", two + "1,\x002\n3,\"\x00\n4\",5\n6,7\n",
			[]string{"2! a NUL byte in a row", "3! a NUL byte in a row", "4! " + badQuote, `5: {"A":"6","B":"7"}`}},
		{"open quote, then quotes", two + "1,\"2\n3,4\n\"5\",6\n7,8\n", []string{"2! " + badText, `3: {"A":"3","B":"4"}`, `4: {"A":"5","B":"6"}`, `5: {"A":"7","B":"8"}`}},
		{"open quote, then none", two + "1,\"2\n3,4\n5,6\n", []string{"2! " + badEnd, `3: {"A":"3","B":"4"}`, `4: {"A":"5","B":"6"}`}},
		{"open quote over rubbish", two + "1,\"2\nx\ny\n5,6\n", []string{"2! " + badEnd, `5: {"A":"5","B":"6"}`}},
		{"open quote and a row over two lines", two + "1,\"2\n\"x\ny\",z\n5,6\n7,\"8\n9\"\n",
			[]string{"2! " + badText, `3: {"A":"x\u000ay","B":"z"}`, `5: {"A":"5","B":"6"}`, `6: {"A":"7","B":"8\u000a9"}`}},
		{"two open quotes", two + "1,\"2\n3,\"4\n5,6\n", []string{"2! " + badText, `4: {"A":"5","B":"6"}`}},
	}
	for _, tt := range tests {
		for _, size := range readSizes {
			t.Run(tt.name+"/"+size.name, func(t *testing.T) {
				got := splitAll(t, size.wrap(strings.NewReader(tt.in)), Limits{batch: size.batch, Header: anyHeader})
				if got.err != nil {
					t.Errorf("error: %v", got.err)
				}
				if diff := cmp.Diff(tt.want, got.items); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				if want := ContainerCSV; got.container != want && len(tt.want) > 0 {
					t.Errorf("container %q, want %q", got.container, want)
				}
			})
		}
	}
}

// A row that is too large is one defect; what looks like rows inside quotes
// that may not be closed is read.
func TestCSVLimits(t *testing.T) {
	x := strings.Repeat("x", 100)
	tests := []struct {
		name, in string
		want     []string
		err      string
	}{
		{"on one line", "A,B\n1," + x + x + "\n3,4\n", []string{"2! larger than 150 bytes", `3: {"A":"3","B":"4"}`}, ""},
		{"on one line, in quotes", "A,B\n1,\"" + x + x + "\"\n3,4\n", []string{"2! larger than 150 bytes", `3: {"A":"3","B":"4"}`}, ""},
		{"over lines", "A,B\n1,\"" + x + "\n" + x + "\",5\n3,4\n", []string{"2! larger than 150 bytes: a quote may not be closed", `4: {"A":"3","B":"4"}`}, ""},
		{"open quote", "A,B\n1,\"2\n" + strings.Repeat("3,4\n", 30) + x + "\n5,6\n", slices.Concat(
			[]string{"2! larger than 150 bytes: a quote may not be closed"}, linesOf(3, 30, `{"A":"3","B":"4"}`), []string{"33! the row has 1 cells for 2 columns", `34: {"A":"5","B":"6"}`}), ""},
		{"as an object", "A,B\n" + strings.Repeat("\x01", 20) + ",\x01\n" + strings.Repeat("\x01", 40) + ",\n", []string{`2: {"A":"` + strings.Repeat(`\u0001`, 20) + `","B":"\u0001"}`, "3! larger than 150 bytes (257 bytes)"}, ""},
		{"lost to the end", "A,B\n1,\"2\nx\ny\n", []string{"2! " + badEnd}, "nothing could be read from line 2 on: a row is broken there, and no later line is a whole row"},
		{"cut in its only row", "A,B\n1,\"2", []string{"2! " + badEnd}, ""},
	}
	for _, tt := range tests {
		for _, size := range readSizes {
			t.Run(tt.name+"/"+size.name, func(t *testing.T) {
				got := splitAll(t, size.wrap(strings.NewReader(tt.in)), Limits{Record: 150, batch: size.batch, Header: anyHeader})
				if text := fmt.Sprint(got.err); text != tt.err && (got.err != nil || tt.err != "") {
					t.Errorf("error %q, want %q", text, tt.err)
				}
				if diff := cmp.Diff(tt.want, got.items); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// linesOf gives the same record on lines that follow one another.
func linesOf(first, n int, record string) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%d: %s", first+i, record))
	}
	return all
}

func TestHeader(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"\ufeffA,B\n", []string{"A", "B"}},
		{"A;B;C,D\n1,2;3,4;5,6", []string{"A", "B", "C,D"}},
		{"\"A \"\"x\"\"\",B\r\n", []string{`A "x"`, "B"}},
		{"sep=,\nA;B,C\n", []string{"A;B", "C"}},
		{"A\n1", nil}, {"A,,B\n", nil}, {"A:1,B\n", nil}, {"<a>,b\n", nil}, {"A,\"B\n", nil}, {"A,B\"C\n", nil}, {"\"A\"x,B\n", nil},
		{"A,B\x00\n", nil}, {"A,\xff\n", nil}, {"%PDF-1.7\n", nil}, {strings.Repeat("A,", csvHeadMax), nil},
	}
	for _, tt := range tests {
		var got []string
		err := Split(t.Context(), strings.NewReader(tt.in), Limits{Header: func(columns []string) error {
			got = columns
			return errors.New("no log")
		}}, func(*Batch) error { return nil })
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", tt.in, diff)
		}
		var unknown *UnknownFormat
		if !errors.As(err, &unknown) || (unknown.Why != nil) != (tt.want != nil) {
			t.Errorf("%.40q: %v", tt.in, err)
		}
		if diff := cmp.Diff(tt.want, Columns([]byte(strings.TrimPrefix(tt.in, "\ufeff")))); diff != "" {
			t.Errorf("Columns %.40q (-want +got):\n%s", tt.in, diff)
		}
	}
}

// FuzzCSV reads any bytes as CSV: the same items for any read size, each one a
// whole object; and what encoding/csv writes comes back.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"1,2\n", "1,\"2\n3,4\n\"5\",6\n", "\"a\"\"b\r\n\",\r\n", "1,2,3\n\n,\n", "\x00,\xff", "\"1\",\"2\"x\n1,\"", "\ufeff1,2\nA,B\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		lim := Limits{Record: 64, Header: anyHeader}
		whole := splitAll(t, strings.NewReader("A,B\n"+body), lim)
		lim.batch = 16
		if pieces := splitAll(t, chunked{strings.NewReader("A,B\n" + body), 3}, lim); !cmp.Equal(whole.items, pieces.items) || fmt.Sprint(whole.err) != fmt.Sprint(pieces.err) {
			t.Errorf("%q: %q, %v at once; %q, %v in pieces", body, whole.items, whole.err, pieces.items, pieces.err)
		}
		one, two, _ := strings.Cut(body, "\n")
		if len(body) > 20 || strings.Contains(body, "\x00") || !utf8.ValidString(body) || strings.Contains(body, "\ufeff") || one == "A" && two == "B" || strings.Trim(one+two, " \t") == "" {
			return
		}
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.WriteAll([][]string{{"A", "B"}, {one, two}}); err != nil {
			t.Fatal(err)
		}
		got := splitAll(t, &b, Limits{Header: anyHeader})
		var o map[string]*string
		if len(got.items) != 1 || json.Unmarshal([]byte(strings.TrimPrefix(got.items[0], "2: ")), &o) != nil {
			t.Fatalf("%q came back as %q", body, got.items)
		}
		for name, want := range map[string]string{"A": one, "B": two} {
			if text := o[name]; (text == nil) != (strings.Trim(want, " \t") == "") || text != nil && *text != want {
				t.Errorf("%q: %s came back in %s", want, name, got.items[0])
			}
		}
	})
}
