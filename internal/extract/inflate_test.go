package extract

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t testing.TB, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

// inflateAll unpacks everything.
func inflateAll(r io.Reader, lim Limits) (text, how string, err error) {
	rc, how, err := Inflate(r, lim)
	if err != nil {
		return "", how, err
	}
	b, err := io.ReadAll(rc)
	return string(b), how, errors.Join(err, rc.Close())
}

func TestInflate(t *testing.T) {
	long := strings.Repeat("{\"a\":1}\n", 100_000)
	tests := []struct{ name, in, want, how string }{
		{"plain", "{}", "{}", "plain"},
		{"nothing", "", "", "plain"},
		{"one byte", "\x1f", "\x1f", "plain"},
		{"gzip", gzipped(t, long), long, "gzip"},
		{"empty gzip", gzipped(t, ""), "", "gzip"},
		{"gzip of several members", gzipped(t, "{}\n") + gzipped(t, "") + gzipped(t, "[]"), "{}\n[]", "gzip"},
		{"zstd", zstandard(t, long), long, "zstd"},
		{"zstd of several frames", zstandard(t, "{}") + zstandard(t, "[]"), "{}[]", "zstd"},
		{"zstd behind a skippable frame", "\x50\x2a\x4d\x18\x02\x00\x00\x00xx" + zstandard(t, "{}"), "{}", "zstd"},
		{"zip is not unpacked here", "PK\x03\x04x", "PK\x03\x04x", "plain"},
	}
	for _, tt := range tests {
		for _, one := range []bool{false, true} {
			r := io.Reader(strings.NewReader(tt.in))
			if one {
				r = iotest.OneByteReader(r)
			}
			got, how, err := inflateAll(r, Limits{})
			if err != nil || got != tt.want || how != tt.how {
				t.Errorf("%s: %.20q, %s, %v, want %.20q, %s", tt.name, got, how, err, tt.want, tt.how)
			}
		}
	}
}

func TestInflateRefuses(t *testing.T) {
	g, z := gzipped(t, "{\"a\":1}"), zstandard(t, strings.Repeat("{\"a\":1}", 9))
	boom := errors.New("boom")
	tests := []struct {
		name string
		in   io.Reader
		want string
		is   error
	}{
		{"gzip cut short", strings.NewReader(g[:len(g)-3]), "the gzip stream ends early", io.ErrUnexpectedEOF},
		{"gzip cut in its head", strings.NewReader(g[:5]), "the gzip stream ends early", io.ErrUnexpectedEOF},
		{"zstd cut short", strings.NewReader(z[:len(z)-3]), "the zstd stream ends early", io.ErrUnexpectedEOF},
		{"garbage behind gzip", strings.NewReader(g + strings.Repeat("x", 20)), "something else follows the gzip stream", nil},
		{"garbage behind zstd", strings.NewReader(z + strings.Repeat("x", 20)), "something else follows the zstd stream", nil},
		{"broken gzip", strings.NewReader(g[:len(g)-8] + "xxxxxxxx"), "the gzip stream is broken", nil},
		{"gzip in gzip", strings.NewReader(gzipped(t, g)), "unpack it first", ErrNested},
		{"zstd in gzip", strings.NewReader(gzipped(t, z)), "unpack it first", ErrNested},
		{"gzip in zstd", strings.NewReader(zstandard(t, g)), "unpack it first", ErrNested},
		{"zip in gzip", strings.NewReader(gzipped(t, "PK\x03\x04…")), "unpack it first", ErrNested},
		{"read error", io.MultiReader(strings.NewReader(g[:12]), iotest.ErrReader(boom)), "read: boom", boom},
		{"read error at once", iotest.ErrReader(boom), "read: boom", boom},
	}
	for _, tt := range tests {
		_, _, err := inflateAll(tt.in, Limits{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestInflateStopsBombs(t *testing.T) {
	zeros := strings.Repeat("0", 4<<20)
	for _, in := range []string{gzipped(t, zeros), zstandard(t, zeros)} {
		got, _, err := inflateAll(strings.NewReader(in), Limits{Ratio: 100, RatioFrom: 1 << 20})
		var bomb *Bomb
		if !errors.As(err, &bomb) || err.Error() != "expands more than 100 times its size: not read further" || len(got) > 3<<20 {
			t.Errorf("%d bytes, %v, want a *Bomb", len(got), err)
		}
		if _, _, err = inflateAll(strings.NewReader(in), Limits{}); err != nil {
			t.Errorf("below the size at which ratios count: %v", err)
		}
		if _, _, err = inflateAll(strings.NewReader(in), Limits{Ratio: 1 << 20, RatioFrom: 1}); err != nil {
			t.Errorf("below the ratio: %v", err)
		}
	}
}

// TestInflateCountsWhatWasUnpacked: what has been read ahead and not been
// unpacked yet excuses no bomb before it.
func TestInflateCountsWhatWasUnpacked(t *testing.T) {
	noise := make([]byte, inflateRead)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	zeros := strings.Repeat("0", 4<<20)
	for _, in := range []string{gzipped(t, zeros) + gzipped(t, string(noise)), zstandard(t, zeros) + zstandard(t, string(noise))} {
		_, _, err := inflateAll(strings.NewReader(in), Limits{Ratio: 100, RatioFrom: 1 << 20})
		var bomb *Bomb
		if !errors.As(err, &bomb) || bomb.In > 8<<10 {
			t.Errorf("%v, %+v, want a *Bomb", err, bomb)
		}
	}
}

// TestInflateReadsLargePieces: decompressors ask for a few bytes at a time; the
// input is not read so.
func TestInflateReadsLargePieces(t *testing.T) {
	noise := make([]byte, 10*inflateRead)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(noise)
	text := hex.EncodeToString(noise)
	for _, in := range []string{gzipped(t, text), zstandard(t, text)} {
		reads := &readCounter{r: strings.NewReader(in)}
		if got, how, err := inflateAll(reads, Limits{}); err != nil || got != text || reads.n > 20 {
			t.Errorf("%s: %d bytes came with %d reads, %v", how, len(in), reads.n, err)
		}
	}
}

// readCounter counts reads.
type readCounter struct {
	r io.Reader
	n int
}

func (c *readCounter) Read(p []byte) (int, error) {
	c.n++
	return c.r.Read(p)
}

func TestIsZip(t *testing.T) {
	for head, want := range map[string]bool{"PK\x03\x04": true, "PK\x05\x06": true, "PK": false, "{}": false, "": false} {
		if IsZip([]byte(head)) != want {
			t.Errorf("IsZip(%q) is not %v", head, want)
		}
	}
}

// FuzzInflate packs and unpacks, and unpacks what was never packed.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("{}"), 0)
	f.Add([]byte(gzipped(f, "{}")), 3)
	f.Add([]byte(zstandard(f, "{}")), 1)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		lim := Limits{RatioFrom: 1 << 20, Ratio: 10}
		if text, how, err := inflateAll(bytes.NewReader(in), lim); err == nil && how == Plain && text != string(in) {
			t.Fatalf("%q became %q", in, text)
		}
		nested := compression(in) != Plain || IsZip(in)
		for _, packed := range []string{gzipped(t, string(in)), zstandard(t, string(in))} {
			text, how, err := inflateAll(strings.NewReader(packed), Limits{})
			if nested != errors.Is(err, ErrNested) || !nested && (err != nil || text != string(in)) {
				t.Fatalf("%s of %q became %q, %v", how, in, text, err)
			}
			if cut > 0 && cut < len(packed) && len(in) > 0 {
				if _, how, err = inflateAll(strings.NewReader(packed[:cut]), Limits{}); err == nil && how != Plain {
					t.Fatalf("%s of %q cut to %d bytes was read without an error", how, in, cut)
				}
			}
		}
	})
}
