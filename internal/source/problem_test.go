package source_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/extract"
	"vakt/internal/source"
)

// TestProblemsAndNotes: what is wrong with an input that was named, and with
// the same file met in a folder.
func TestProblemsAndNotes(t *testing.T) {
	const expected = "; expected JSON: "
	const breaksOff = "ends early"
	gz, tar := gzipped(t, strings.Repeat(lines, 200)), string(tarred(t, "signins.json", lines))
	for _, tt := range []struct {
		name, data    string
		named, walked string // part of the problem; a note begins with "note: "
	}{
		{"empty.json", "", "empty", "note: empty"},
		{"blank.json", " \r\n\t\n", "empty", "note: empty"},
		{"README.md", "# Logs\n\nRead me.\n", `looks like plain text that begins "# Logs"` + expected, "note: not a log: "},
		{"page.html", "<!DOCTYPE html><p>", "not JSON: looks like HTML" + expected, "note: not a log: not JSON: looks like HTML"},
		{"a.csv", "Date (UTC),User\n2026-03-02,ann\n", `a CSV file with columns "Date (UTC)", "User": this is no export that is known: for sign-ins of the portal it lacks Request ID, `, `a CSV file with columns "Date (UTC)", "User": this is no export`},
		{"a.pdf", "%PDF-1.7\n", "not JSON: looks like a PDF" + expected, "note: not a log: not JSON: looks like a PDF"},
		{"a.parquet", "PAR1....", "not JSON: looks like Parquet" + expected, "not JSON: looks like Parquet" + expected},
		{"a.tar", tar, "a tar archive, which is not opened here: unpack it", "a tar archive, which is not opened here: unpack it"},
		{"a.tar.gz", string(gzipped(t, tar)), "a tar archive, which is not opened here: unpack it", "a tar archive, which is not opened here: unpack it"},
		{"a.7z", "7z\xbc\xaf\x27\x1c", "a 7-Zip archive, which is not opened here: unpack it", "a 7-Zip archive, which is not opened here: unpack it"},
		{"short.gz", string(gz[:len(gz)-9]), breaksOff, breaksOff},
		{"twice.gz", string(gzipped(t, string(gz))), "an archive inside an archive: unpack it first", "an archive inside an archive: unpack it first"},
		{"empty.zip", string(zipped(t)), "the zip archive holds no file", "note: the zip archive holds no file"},
		{"folders.zip", string(zipped(t, member{name: "a/"}, member{name: "__MACOSX/._a", data: []byte("x")}, member{name: "b/.DS_Store", data: []byte("x")})), "the zip archive holds no file", "note: the zip archive holds no file"},
		{"book.xlsx", string(zipped(t, member{name: "[Content_Types].xml"}, member{name: "xl/workbook.xml"})), "an Excel workbook is not read: export the log as JSON", "an Excel workbook is not read: export the log as JSON"},
		{"text.docx", string(zipped(t, member{name: "[Content_Types].xml"}, member{name: "word/document.xml"})), "an Office file", "note: an Office file"},
		{"short.zip", string(zipped(t, member{name: "a.json", data: []byte(lines)})[:40]), "the zip archive is damaged or cut short: zip: not a valid zip file", "the zip archive is damaged or cut short: zip: not a valid zip file"},
		{"open.json", `[{"n":1},{"n":2}`, "not closed", "not closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := file(t, tt.name, []byte(tt.data))
			for arg, want := range map[string]string{path: tt.named, filepath.Dir(path): tt.walked} {
				_, l := read(t, &source.Files{}, arg)
				e := entry(t, l)
				got := e.Problem
				if e.Note != "" {
					got += "note: " + e.Note
				}
				if !strings.Contains(got, want) || strings.HasPrefix(got, "note: ") != strings.HasPrefix(want, "note: ") {
					t.Errorf("%s:\ngot  %s\nwant %s", arg, got, want)
				}
				if l.Incomplete() == "" {
					t.Errorf("%s: complete", arg)
				}
			}
		})
	}
}

// TestTruncatedKeepsWhatWasRead: a stream that ends early gives the records
// before its end.
func TestTruncatedKeepsWhatWasRead(t *testing.T) {
	data := gzipped(t, strings.Repeat(lines, 50))
	_, l := read(t, &source.Files{}, file(t, "a.gz", data[:len(data)-4]))
	if e := entry(t, l); e.Evaluated != 100 || e.Problem == "" || l.Incomplete() != "1 input could not be read to the end" {
		t.Errorf("entry %+v, incomplete %q", e, l.Incomplete())
	}
}

// TestMembers: of an archive, each is an input of its own, and what is wrong
// with one does not touch the others.
func TestMembers(t *testing.T) {
	inner := zipped(t, member{name: "x.json", data: []byte(lines)})
	archive := zipped(t,
		member{name: "a.json", data: []byte(lines)},
		member{name: "folder/"},
		member{name: "locked.json", data: []byte("????????????"), flags: 1},
		member{name: "odd.json", data: []byte("????"), method: 99},
		member{name: "inner.zip", data: inner},
		member{name: "folder/README.md", data: []byte("Read me\n")},
		member{name: "folder/table.csv", data: []byte("a,b\n1,2\n")},
		member{name: ".hidden/b.json", data: []byte(lines)},
		member{name: "./folder/b.json", data: []byte(lines)},
	)
	_, l := read(t, &source.Files{}, file(t, "logs.zip", archive))
	var got []string
	for _, e := range l.Inputs {
		_, name, _ := strings.Cut(e.Path, "!")
		switch {
		case e.Problem != "":
			problem, _, _ := strings.Cut(e.Problem, "; expected JSON")
			name += ": " + problem
		case e.Note != "":
			name += ": note"
		}
		got = append(got, name)
	}
	want := []string{
		"a.json", "locked.json: the archive is encrypted: unpack it first",
		"odd.json: the member is compressed in a way that is not read here: unpack the archive first",
		"inner.zip: an archive inside an archive: unpack it first", "folder/README.md: note",
		"folder/table.csv: a CSV file with columns \"a\", \"b\": it has no column of a log that is read here",
		"./folder/b.json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if total := l.Total(); total.Evaluated != 4 {
		t.Errorf("%d records evaluated, want 4", total.Evaluated)
	}
}

// TestBombs: what expands too much is not read on, and says so.
func TestBombs(t *testing.T) {
	zeros := strings.Repeat(lines, 1<<15)
	small := extract.Limits{Ratio: 20, RatioFrom: 1 << 12}
	many := make([]member, 40)
	for i := range many {
		many[i] = member{name: "m" + strings.Repeat("x", i), data: []byte(strings.Repeat(lines, 200))}
	}
	for name, tt := range map[string]struct {
		data []byte
		lim  extract.Limits
	}{
		"gzip":              {gzipped(t, zeros), small},
		"zstd":              {zstandard(t, zeros), small},
		"zip":               {zipped(t, member{name: "a", data: []byte(zeros)}), small},
		"many small member": {zipped(t, many...), extract.Limits{Ratio: 10, RatioFrom: 8 << 10}},
	} {
		_, l := read(t, &source.Files{Limits: tt.lim}, file(t, "bomb", tt.data))
		last := l.Inputs[len(l.Inputs)-1]
		if !strings.Contains(last.Problem, "times its size: not read further") {
			t.Errorf("%s: problem %q", name, last.Problem)
		}
		if total := l.Total(); total.Evaluated > 1<<14 {
			t.Errorf("%s: %d records read all the same", name, total.Evaluated)
		}
	}
}
