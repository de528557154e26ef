package plan_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/plan"
)

func TestCheckpointsAreReadAsTheyWereSigned(t *testing.T) {
	s, _ := newStore(t)
	signer, public, _ := key(t, 4)
	var file []byte
	var want []plan.Checkpoint
	for n := range 3 {
		if n > 0 {
			fill(t, s, n*4, n*4+4)
		}
		note, err := s.Checkpoint(t.Context(), signer, now.Add(time.Duration(n)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		file = append(file, note...)
		want = append(want, plan.Checkpoint{Seq: a.Rows, Head: a.Head, Time: now.Add(time.Duration(n) * time.Minute), Key: public})
	}
	_, other, _ := key(t, 5)
	got, err := plan.ParseCheckpoints(file, other, public)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if a, err := s.Verify(t.Context(), got...); err != nil || !a.OK() || a.Checkpoints != 3 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestCheckpointsThatNobodySigned(t *testing.T) {
	s, _ := newStore(t)
	fill(t, s, 0, 4)
	signer, public, _ := key(t, 4)
	_, other, _ := key(t, 5)
	note, err := s.Checkpoint(t.Context(), signer, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.ParseCheckpoints(note, other); !errors.Is(err, plan.ErrCheckpoint) {
		t.Errorf("another key: %v", err)
	}
	if _, err := plan.ParseCheckpoints(note); !errors.Is(err, plan.ErrCheckpoint) {
		t.Errorf("no key: %v", err)
	}
	if _, err := plan.ParseCheckpoints(note, "x"); err == nil {
		t.Error("a key that is none is accepted")
	}
	for at := range note {
		for bit := range 8 {
			changed := bytes.Clone(note)
			changed[at] ^= 1 << bit
			if list, err := plan.ParseCheckpoints(changed, public); err == nil {
				t.Fatalf("bit %d of byte %d flipped: %+v", bit, at, list)
			}
		}
	}
	for n := 1; n < len(note); n++ {
		if list, err := plan.ParseCheckpoints(note[:n], public); err == nil {
			t.Fatalf("the first %d bytes: %+v", n, list)
		}
	}
	// The same key signs nothing else that could be taken for a checkpoint.
	if list, err := plan.ParseCheckpoints([]byte(strings.Replace(string(note), "vakt journal", "vakt approval", 1)), public); err == nil {
		t.Errorf("%+v", list)
	}
}

func FuzzParseCheckpoints(f *testing.F) {
	s, _ := newStore(f)
	signer, public, _ := key(f, 4)
	note, err := s.Checkpoint(f.Context(), signer, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(note)
	f.Add(slices.Concat(note, note))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := plan.ParseCheckpoints(file, public)
		if err == nil && len(list)*len(note) != len(file) {
			t.Errorf("%d checkpoints in %d bytes", len(list), len(file))
		}
	})
}
