package source_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/source"
)

const lines = "{\"n\":1}\n{\"n\":2}\n"

// TestFolders: sorted, hidden ones left out, links to files taken, and Find
// lists what Read reads.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a/z.json", "a/.hidden", ".git/config", "a.json", "c/d/e.json"} {
		write(t, dir, name, []byte(lines))
	}
	link(t, filepath.Join(dir, "b.json"), filepath.Join(dir, "link.json"))
	link(t, filepath.Join(dir, "nothing"), filepath.Join(dir, "broken.json"))
	link(t, filepath.Join(dir, "c"), filepath.Join(dir, "linked"))
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	want := []string{"a/z.json", "a.json", "b.json", "broken.json", "c/d/e.json", "link.json", "linked"}
	for _, arg := range []string{dir, dir + "/", dir + "//"} {
		_, l := read(t, &source.Files{}, arg)
		if diff := cmp.Diff(want, below(dir, paths(l))); diff != "" {
			t.Errorf("%q: %s", arg, diff)
		}
		found, err := source.Find([]string{arg})
		if diff := cmp.Diff(paths(l), found); diff != "" || err != nil {
			t.Errorf("Find differs: %v %s", err, diff)
		}
		for i, problem := range map[int]string{3: "no such file", 6: "a link to a folder is not followed: name the folder itself"} {
			if e := l.Inputs[i]; !strings.Contains(e.Problem, problem) {
				t.Errorf("%s: problem %q, want %q", e.Path, e.Problem, problem)
			}
		}
	}
}

// TestLinkedFolderNamed: a link that is named is followed.
func TestLinkedFolderNamed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "real/a.json", []byte(lines))
	link(t, filepath.Join(dir, "real"), filepath.Join(dir, "name"))
	k, l := read(t, &source.Files{}, filepath.Join(dir, "name"))
	if e := entry(t, l); e.Read != 2 || filepath.Base(filepath.Dir(e.Path)) != "name" {
		t.Errorf("entry %+v, order %v", e, k.order)
	}
}

// TestHiddenNamed: what is named is read, hidden or not.
func TestHiddenNamed(t *testing.T) {
	if _, l := read(t, &source.Files{}, file(t, ".a.json", []byte(lines))); entry(t, l).Read != 2 {
		t.Error("not read")
	}
	dir := t.TempDir()
	write(t, dir, ".logs/a.json", []byte(lines))
	if _, l := read(t, &source.Files{}, filepath.Join(dir, ".logs")); entry(t, l).Read != 2 {
		t.Error("folder not read")
	}
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
}

func paths(l *source.Ledger) []string {
	var all []string
	for _, e := range l.Inputs {
		all = append(all, e.Path)
	}
	return all
}

func below(dir string, list []string) []string {
	var all []string
	for _, p := range list {
		all = append(all, filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")))
	}
	return all
}

// TestArgumentsThatNameNothing: an error before anything is read.
func TestArgumentsThatNameNothing(t *testing.T) {
	dir := t.TempDir()
	full := file(t, "a.json", []byte(lines))
	for _, tt := range []struct {
		arg  string
		is   error
		says string
	}{
		{filepath.Join(dir, "gone.json"), fs.ErrNotExist, "gone.json\": no such file"},
		{filepath.Join(dir, "gone.json"), source.ErrNoInput, "gone.json\": no such file"},
		{dir, source.ErrNoInput, "holds no file"},
	} {
		k := &taker{}
		_, err := (&source.Files{}).Read(context.Background(), []string{full, tt.arg}, k)
		if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) || strings.Count(err.Error(), filepath.Base(tt.arg)) != 1 {
			t.Errorf("%s: %v", tt.arg, err)
		}
		if len(k.order) > 0 {
			t.Errorf("%s: read before the error: %v", tt.arg, k.order)
		}
		if _, findErr := source.Find([]string{tt.arg}); findErr == nil || findErr.Error() != err.Error() {
			t.Errorf("Find says %v, Read %v", findErr, err)
		}
	}
}

// TestEncodings: the same records, however they are stored.
func TestEncodings(t *testing.T) {
	utf16le := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(lines)) {
		utf16le = append(utf16le, byte(unit), byte(unit>>8))
	}
	for _, tt := range []struct {
		name, encoding string
		data           []byte
	}{
		{"plain", "plain", []byte(lines)},
		{"byte order mark", "plain", []byte("\ufeff" + lines)},
		{"gzip", "gzip", gzipped(t, lines)},
		{"two gzip members", "gzip", append(gzipped(t, "{\"n\":1}\n"), gzipped(t, "{\"n\":2}\n")...)},
		{"zstd", "zstd", zstandard(t, lines)},
		{"utf-16", "plain+utf-16le", utf16le},
		{"utf-16 in gzip", "gzip+utf-16le", gzipped(t, string(utf16le))},
		{"zip", "zip", zipped(t, member{name: "m", data: []byte(lines)})},
		{"gzip in zip", "zip+gzip", zipped(t, member{name: "m", data: gzipped(t, lines)})},
		{"zstd in zip", "zip+zstd", zipped(t, member{name: "m", data: zstandard(t, lines)})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := file(t, "x", tt.data)
			for _, arg := range []string{path, "-"} {
				temp := t.TempDir()
				t.Setenv("TMPDIR", temp)
				f := &source.Files{Hash: true}
				if arg == "-" {
					f.Stdin = bytes.NewReader(tt.data)
				}
				k, l := read(t, f, arg)
				e := entry(t, l)
				if diff := cmp.Diff([]string{`{"n":1}`, `{"n":2}`}, k.raws[e.Path]); diff != "" || e.Problem != "" {
					t.Errorf("%s: %s%s", arg, diff, e.Problem)
				}
				if e.Encoding != tt.encoding {
					t.Errorf("%s: encoding %q, want %q", arg, e.Encoding, tt.encoding)
				}
				if !strings.HasPrefix(tt.encoding, "zip") {
					sum := sha256.Sum256(tt.data)
					if e.SHA256 != hex.EncodeToString(sum[:]) || e.Bytes != int64(len(tt.data)) {
						t.Errorf("%s: %d bytes, sha256 %s: not those stored", arg, e.Bytes, e.SHA256)
					}
				} else if e.Path != arg+"!m" {
					t.Errorf("path %q", e.Path)
				}
				if left, _ := os.ReadDir(temp); len(left) > 0 {
					t.Errorf("%s: %s was left behind", arg, left[0].Name())
				}
			}
		})
	}
}

// TestFileThatChanges: a file is read as long as it was when it was opened; one
// that becomes shorter is not complete.
func TestFileThatChanges(t *testing.T) {
	long := strings.Repeat(lines, 1<<17)
	for name, change := range map[string]func(string) error{
		"grows": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close() //nolint:errcheck // of a test
			_, err = f.WriteString(lines)
			return err
		},
		"shrinks": func(path string) error { return os.Truncate(path, int64(len(long)/2)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, "a.json", []byte(long))
			var err error
			k := &taker{}
			k.batch = func() { err, k.batch = change(path), nil }
			l, readErr := (&source.Files{}).Read(context.Background(), []string{path}, k)
			if err != nil || readErr != nil {
				t.Fatal(err, readErr)
			}
			balanced(t, l)
			e := entry(t, l)
			if grown := name == "grows"; grown && (e.Read != 1<<18 || e.Problem != "") {
				t.Errorf("read %d records, problem %q", e.Read, e.Problem)
			} else if !grown && !strings.Contains(e.Problem, "became shorter while it was read") {
				t.Errorf("read %d records, problem %q", e.Read, e.Problem)
			}
		})
	}
}

// TestHandlerEndsTheRun: its error comes back as it is, and nothing is read
// after it.
func TestHandlerEndsTheRun(t *testing.T) {
	full := errors.New("full")
	a, b := file(t, "a.json", []byte(lines)), file(t, "b.json", []byte(lines))
	for _, args := range [][]string{{a, b}, {file(t, "a.zip", zipped(t, member{name: "a", data: []byte(lines)}, member{name: "b", data: []byte(lines)}))}} {
		k := &taker{fail: full}
		_, err := (&source.Files{Hash: true}).Read(context.Background(), args, k)
		if err != full { //nolint:errorlint // the very error
			t.Errorf("error %v", err)
		}
		if diff := cmp.Diff([]string{"begin " + k.order[0][6:], "end"}, k.order); diff != "" {
			t.Error(diff)
		}
	}
}

// TestContextEndsTheRun: while a file is read, while its rest is hashed, and
// before anything.
func TestContextEndsTheRun(t *testing.T) {
	endless := func() io.Reader { return io.MultiReader(strings.NewReader(strings.Repeat(lines, 1<<18)), forever{}) }
	ctx, cancel := context.WithCancel(context.Background())
	k := &taker{batch: cancel}
	if _, err := (&source.Files{Stdin: endless(), Hash: true}).Read(ctx, []string{"-"}, k); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if last := k.order[len(k.order)-1]; last != "end" {
		t.Errorf("the handler was left without an end: %v", k.order)
	}
	k = &taker{}
	if _, err := (&source.Files{}).Read(ctx, []string{file(t, "a.json", []byte(lines))}, k); !errors.Is(err, context.Canceled) || len(k.order) > 0 {
		t.Errorf("after the end: %v, %v", err, k.order)
	}
	ctx, cancel = context.WithCancel(context.Background())
	archive := io.MultiReader(strings.NewReader("PK\x03\x04"), &tripwire{cancel: cancel, after: 100}, forever{})
	if _, err := (&source.Files{Stdin: archive}).Read(ctx, []string{"-"}, &taker{}); !errors.Is(err, context.Canceled) {
		t.Errorf("while an archive is put aside: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	text := io.MultiReader(strings.NewReader(strings.Repeat("no log\n", 1<<15)), &tripwire{cancel: cancel, after: 100}, forever{})
	if _, err := (&source.Files{Stdin: text, Hash: true}).Read(ctx, []string{"-"}, &taker{}); !errors.Is(err, context.Canceled) {
		t.Errorf("while the rest is hashed: %v", err)
	}
}

// forever is an input of blanks without end.
type forever struct{}

func (forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// tripwire is an input that cancels after some reads and then ends.
type tripwire struct {
	cancel func()
	after  int
}

func (w *tripwire) Read(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		w.cancel()
		return 0, io.EOF
	}
	return copy(p, " "), nil
}

// TestReadErrorIsAProblem: what was read before it counts.
func TestReadErrorIsAProblem(t *testing.T) {
	bad := io.MultiReader(strings.NewReader(lines), broken{})
	_, l := read(t, &source.Files{Stdin: bad}, "-")
	if e := entry(t, l); e.Evaluated != 2 || !strings.Contains(e.Problem, "cable pulled") {
		t.Errorf("entry %+v", e)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cable pulled") }

func TestUnreadableFile(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("the superuser can read everything")
	}
	path := file(t, "a.json", []byte(lines))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, l := read(t, &source.Files{}, path)
	if e := entry(t, l); e.Problem != "permission denied" {
		t.Errorf("problem %q", e.Problem)
	}
}

// TestProgressIsBytesAsStored: all in all the size of the files.
func TestProgressIsBytesAsStored(t *testing.T) {
	dir, want := t.TempDir(), 0
	for name, data := range map[string][]byte{
		"a.json": []byte(lines), "b.gz": gzipped(t, lines), "c.zip": zipped(t, member{name: "a", data: []byte(strings.Repeat(lines, 5000))}, member{name: ".b"}),
		"d.zip": zipped(t), "e.zip": []byte("PK\x03\x04 damaged"),
	} {
		write(t, dir, name, data)
		want += len(data)
	}
	got := 0
	read(t, &source.Files{Progress: func(n int) { got += n }}, dir)
	if got != want {
		t.Errorf("told of %d bytes of %d", got, want)
	}
}

// TestNamedTwice: each time is an input.
func TestNamedTwice(t *testing.T) {
	path := file(t, "a.json", []byte(lines))
	if k, l := read(t, &source.Files{}, path, path); len(l.Inputs) != 2 || len(k.raws[path]) != 4 {
		t.Errorf("%d inputs", len(l.Inputs))
	}
}
