package source

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// TestAheadHandsOutWhatIsThere: all bytes in order, and the error behind them,
// however the reader below and the one above cut them.
func TestAheadHandsOutWhatIsThere(t *testing.T) {
	broken := errors.New("broken")
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{0, 1, 100, aheadBytes - 1, aheadBytes, 5*aheadBytes + 7}).Draw(t, "size")
		want := bytes.Repeat([]byte("abcdefg"), size/7+1)[:size]
		below := io.Reader(bytes.NewReader(want))
		wantErr := rapid.SampledFrom([]error{nil, broken}).Draw(t, "error")
		if wantErr != nil {
			below = io.MultiReader(below, iotest.ErrReader(wantErr))
		}
		if rapid.Bool().Draw(t, "halves") {
			below = iotest.HalfReader(below)
		}
		if rapid.Bool().Draw(t, "error with the data") {
			below = iotest.DataErrReader(below)
		}
		a := newAhead(below)
		defer a.close()
		above := io.Reader(a)
		if rapid.Bool().Draw(t, "small reads") {
			above = iotest.HalfReader(above)
		}
		got, err := io.ReadAll(above)
		if !bytes.Equal(got, want) || !errors.Is(err, wantErr) {
			t.Fatalf("%d of %d bytes, error %v, want %v", len(got), len(want), err, wantErr)
		}
		if _, err := a.Read(make([]byte, 1)); err == nil {
			t.Fatal("reads on behind the end")
		}
	})
}

// endless is a reader that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestAheadEndsWithoutBeingRead: close does not wait for somebody to read.
func TestAheadEndsWithoutBeingRead(t *testing.T) {
	for _, reads := range []int{0, 1, 10} {
		a := newAhead(endless{})
		for range reads {
			if _, err := a.Read(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
		a.close()
	}
}

// silent never says anything.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// TestAheadGivesUpOnSilence: a reader that hands out nothing and no error is
// no end of the input.
func TestAheadGivesUpOnSilence(t *testing.T) {
	a := newAhead(silent{})
	defer a.close()
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error %v", err)
	}
}
