package extract

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestLooksLikeTar: by the checksum, as the oldest form has no mark; and not
// where the checksum is wrong or the block is cut short.
func TestLooksLikeTar(t *testing.T) {
	var marked bytes.Buffer
	w := tar.NewWriter(&marked)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "a/signIns.json", Size: 2, Mode: 0o600}), w.Close()); err == nil {
		t.Fatal("the writer closed half a file")
	}
	block := marked.Bytes()[:512]
	old := bytes.Clone(block)
	clear(old[257:])
	sum := 8 * ' '
	for i, c := range old {
		if i < 148 || i >= 156 {
			sum += rune(c)
		}
	}
	copy(old[148:], fmt.Sprintf("%06o\x00 ", sum))
	wrong := bytes.Replace(block, []byte("signIns"), []byte("signOuts"), 1)[:512]
	for _, tt := range []struct {
		name, in, want string
		packed         bool
	}{
		{"marked", string(block), "a tar archive", true},
		{"oldest", string(old) + strings.Repeat("\x00", 1024), "a tar archive", true},
		{"checksum wrong", string(wrong), "binary data", false},
		{"cut short", string(block[:511]), "binary data", false},
	} {
		got := splitAll(t, strings.NewReader(tt.in), Limits{})
		var unknown *UnknownFormat
		if !errors.As(got.err, &unknown) || unknown.Looks != tt.want || unknown.Packed != tt.packed {
			t.Errorf("%s: %v, want %q", tt.name, got.err, tt.want)
		}
	}
}
