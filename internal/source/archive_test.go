package source_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"vakt/internal/source"
)

// TestDamagedMembers: a member of which one bit is another one is never read as if
// it were whole, and the one behind it is read all the same.
func TestDamagedMembers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for range 300 {
		fmt.Fprintf(&text, `{"n":"%x"}`+"\n", random.Uint64())
	}
	whole := zipped(t, member{name: "a.json", data: []byte(text.String())}, member{name: "b.json", data: []byte(lines)})
	from, to := bytes.Index(whole, []byte("a.json"))+len("a.json"), bytes.Index(whole, []byte("b.json"))-40
	for range 100 {
		data := bytes.Clone(whole)
		data[from+random.IntN(to-from)] ^= 1 << random.IntN(8)
		_, l := read(t, &source.Files{}, file(t, "a.zip", data))
		if len(l.Inputs) != 2 || l.Inputs[0].Problem == "" || l.Inputs[1].Problem != "" || l.Inputs[1].Evaluated != 2 {
			t.Fatalf("%+v", l.Inputs)
		}
	}
}

// TestMembersAreReadInLargePieces: what unpacks asks for a few bytes at a time; the
// archive is not read so.
func TestMembersAreReadInLargePieces(t *testing.T) {
	noise := make([]byte, 640<<10)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	text := `{"n":"` + hex.EncodeToString(noise) + `"}`
	pieces := 0
	_, l := read(t, &source.Files{Progress: func(int) { pieces++ }}, file(t, "a.zip", zipped(t, member{name: "a.json", data: []byte(text)})))
	if e := entry(t, l); e.Read != 1 || pieces > 30 {
		t.Errorf("%d records, %d pieces, %s", e.Read, pieces, e.Problem)
	}
}
