package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"vakt/internal/plan"
)

// exported is a journal of so many rows as a file, its lines, and what a
// checkpoint of its end says.
func exported(t testing.TB, rows int) (lines [][]byte, seen []plan.Checkpoint) {
	t.Helper()
	s, _ := newStore(t)
	var all []*plan.Row
	for n := range rows {
		all = append(all, row(n))
	}
	if err := s.Append(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	signer, public, _ := key(t, 4)
	note, err := s.Checkpoint(t.Context(), signer, now)
	if err != nil {
		t.Fatal(err)
	}
	if seen, err = plan.ParseCheckpoints(note, public); err != nil {
		t.Fatal(err)
	}
	lines = bytes.SplitAfter(export(t, s), []byte("\n"))
	return lines[:len(lines)-1], seen
}

func audit(t testing.TB, file []byte, seen ...plan.Checkpoint) *plan.Audit {
	t.Helper()
	a, err := plan.VerifyFile(bytes.NewReader(file), seen...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestVerifyFileBelievesAnExport(t *testing.T) {
	lines, seen := exported(t, 20)
	a := audit(t, bytes.Join(lines, nil), seen...)
	if !a.OK() || a.Rows != 20 || a.Checkpoints != 1 || a.Head != seen[0].Head {
		t.Errorf("%+v", a)
	}
	if a := audit(t, nil); !a.OK() || a.Rows != 0 {
		t.Errorf("an empty journal: %+v", a)
	}
}

func TestVerifyFileNamesWhatIsWrong(t *testing.T) {
	lines, seen := exported(t, 12)
	swap := func(i, j int) [][]byte {
		l := slices.Clone(lines)
		l[i], l[j] = l[j], l[i]
		return l
	}
	for name, c := range map[string]struct {
		file [][]byte
		want string
	}{
		"a row less":            {slices.Delete(slices.Clone(lines), 4, 5), "{5 6 row 5 is missing here"},
		"rows less":             {slices.Delete(slices.Clone(lines), 4, 7), "{5 8 rows 5 to 7 are missing here"},
		"the first row less":    {lines[1:], "{1 2 row 1 is missing here"},
		"the last row less":     {lines[:11], "{11 12 row 12, which the checkpoint of 2026-11-22T10:00:00.000Z saw, is not there"},
		"a row twice":           {slices.Insert(slices.Clone(lines), 5, lines[4]), "{6 5 row 5 stands where row 6 is due"},
		"rows exchanged":        {swap(2, 3), "row 3 is missing here"},
		"a flipped letter":      {replaced(lines, 6, `"verified"`, `"verifiee"`), "row 8, or another one"},
		"another value":         {replaced(lines, 6, `"after":false`, `"after":true`), "{7 7 row 7 was changed: its hash"},
		"a space":               {replaced(lines, 6, `"after":`, `"after": `), "not written as Vakt writes"},
		"an unknown key":        {replaced(lines, 6, `"after":`, `"Extra":1,"after":`), "unknown field"},
		"a line that breaks":    {append(slices.Clone(lines[:11]), lines[11][:40]), "breaks off"},
		"the last line end":     {append(slices.Clone(lines[:11]), bytes.TrimSuffix(lines[11], []byte("\n"))), "breaks off"},
		"an empty line":         {slices.Insert(slices.Clone(lines), 5, []byte("\n")), "row 6, or another one"},
		"a row written anew":    {rewritten(t, lines, 6, false), "does not follow the row before it"},
		"all rows written anew": {rewritten(t, lines, 6, true), "was written anew"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a flipped letter" {
				c.file = replaced(lines, 7, `"verified"`, `"verifiee"`)
				c.want = "row 8 was changed: its hash"
			}
			a := audit(t, bytes.Join(c.file, nil), seen...)
			if a.OK() || !strings.Contains(fmt.Sprint(a.Faults), c.want) {
				t.Errorf("faults %v, want one with %q", a.Faults, c.want)
			}
		})
	}
}

func TestVerifyFileGivesUpOnWhatIsNoJournal(t *testing.T) {
	a := audit(t, bytes.Repeat([]byte("x"), 17<<20))
	if a.OK() || !strings.Contains(a.Faults[0].What, "longer than 16 MiB") {
		t.Errorf("%+v", a)
	}
	a = audit(t, bytes.Repeat([]byte("x\n"), 250))
	if len(a.Faults) != 100 || a.More != 150 {
		t.Errorf("%d faults and %d more", len(a.Faults), a.More)
	}
	broken := errors.New("broken")
	if _, err := plan.VerifyFile(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func replaced(lines [][]byte, i int, old, new string) [][]byte {
	l := slices.Clone(lines)
	l[i] = bytes.Replace(l[i], []byte(old), []byte(new), 1)
	return l
}

// rewritten is a journal in which row i says another thing, with the hash that
// fits, made by somebody who knows how; with all, in every row after it too.
func rewritten(t testing.TB, lines [][]byte, i int, all bool) [][]byte {
	t.Helper()
	var rows []*plan.Row
	for _, l := range lines {
		var r plan.Row
		if err := json.Unmarshal(l, &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, &r)
	}
	rows[i].Note = "nothing happened"
	s, _ := newStore(t)
	if err := s.Append(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
	anew := bytes.SplitAfter(export(t, s), []byte("\n"))
	l := slices.Clone(lines)
	l[i] = anew[i]
	if all {
		copy(l, anew)
	}
	return l
}

// Every one of 10,000 random changes of an exported journal is found: bits and
// bytes, values with the hash that fits, lines removed, repeated, moved,
// exchanged and cut off.
func TestEveryMutationOfAnExportIsFound(t *testing.T) {
	lines, seen := exported(t, 12)
	whole := bytes.Join(lines, nil)
	random := rand.New(rand.NewPCG(2026, 11))
	anew := make([][][]byte, 8)
	for i := range anew {
		anew[i] = rewritten(t, lines, i+1, i%2 == 0)
	}
	kinds := map[int]int{}
	for n := range 10000 {
		kind := random.IntN(9)
		changed := mutated(random, kind, lines, anew)
		if bytes.Equal(changed, whole) {
			kind = 0
			changed = mutated(random, kind, lines, anew)
		}
		kinds[kind]++
		if a := audit(t, changed, seen...); a.OK() {
			t.Fatalf("mutation %d of kind %d is not found", n, kind)
		}
	}
	if len(kinds) != 9 {
		t.Errorf("kinds %v", kinds)
	}
}

func mutated(random *rand.Rand, kind int, lines [][]byte, anew [][][]byte) []byte {
	l := slices.Clone(lines)
	i, j := random.IntN(len(l)), random.IntN(len(l))
	switch kind {
	case 0: // a bit
		file := bytes.Join(l, nil)
		file[random.IntN(len(file))] ^= 1 << random.IntN(8)
		return file
	case 1: // a byte less
		file := bytes.Join(l, nil)
		at := random.IntN(len(file))
		return slices.Delete(file, at, at+1)
	case 2: // a byte more
		file := bytes.Join(l, nil)
		return slices.Insert(file, random.IntN(len(file)+1), byte(random.IntN(256)))
	case 3: // lines less
		l = slices.Delete(l, min(i, j), max(i, j)+1)
	case 4: // a line twice
		l = slices.Insert(l, random.IntN(len(l)+1), l[i])
	case 5: // exchanged
		l[i], l[j] = l[j], l[i]
	case 6: // moved
		line := l[i]
		l = slices.Insert(slices.Delete(l, i, i+1), j, line)
	case 7: // cut off
		file := bytes.Join(l, nil)
		return file[:random.IntN(len(file))]
	case 8: // written anew
		l = anew[random.IntN(len(anew))]
	}
	return bytes.Join(l, nil)
}

func FuzzVerifyFile(f *testing.F) {
	lines, _ := exported(f, 3)
	f.Add(bytes.Join(lines, nil))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		a := audit(t, file)
		if !a.OK() {
			return
		}
		// What is believed is a journal, and can be written again as it is.
		s, _ := newStore(t)
		for _, line := range bytes.SplitAfter(file, []byte("\n")) {
			if len(line) == 0 {
				continue
			}
			var r plan.Row
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			hash := r.Hash
			if err := s.Append(t.Context(), &r); err == nil && r.Hash != hash {
				t.Errorf("row %d has another hash when it is written again", r.Seq)
			}
		}
	})
}

// A value is refused, or a row with it is the same after it was written and
// read.
func FuzzRowKeepsItsValue(f *testing.F) {
	for _, seed := range []string{`true`, `{"a":[1,2.5,-3e9,"x\u00e5\ud83d\ude00\\"]}`, `"\ud83d"`, `1.0`, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		r := row(0)
		r.Before = value
		line, err := r.MarshalJSON()
		if err != nil {
			return
		}
		var again plan.Row
		if err := json.Unmarshal(line, &again); err != nil {
			t.Fatal(err)
		}
		if text, err := again.MarshalJSON(); err != nil || !bytes.Equal(text, line) {
			t.Errorf("%s, then %s (%v)", line, text, err)
		}
		var was, is any
		if err := errors.Join(json.Unmarshal(orNull(value), &was), json.Unmarshal(again.Before, &is)); err != nil || !reflect.DeepEqual(was, is) {
			t.Errorf("%s became %s (%v)", value, again.Before, err)
		}
	})
}

func orNull(value []byte) []byte {
	if len(value) == 0 {
		return []byte("null")
	}
	return value
}
