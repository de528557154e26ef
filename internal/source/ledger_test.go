package source_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/source"
)

// TestQuarantineIsBoundedByPlace: the first MaxListed by place, in whatever
// order and over however many lanes they come.
func TestQuarantineIsBoundedByPlace(t *testing.T) {
	const n = 5*source.MaxListed + 7
	random := rand.New(rand.NewPCG(1, 2))
	for _, lanes := range []int{1, 3} {
		parts := make([]source.Entry, lanes)
		for k, i := range random.Perm(n) {
			p := &parts[k%lanes]
			p.Read++
			p.Refuse(source.Quarantined{Line: i + 1, Index: i, Reason: "broken"})
			if len(p.Quarantine) > 2*source.MaxListed {
				t.Fatalf("%d are held", len(p.Quarantine))
			}
		}
		var e source.Entry
		for i := range parts {
			e.Add(&parts[i])
		}
		e.Seal()
		if e.Quarantined != n || e.Read != n || len(e.Quarantine) != source.MaxListed {
			t.Fatalf("%d quarantined, %d listed", e.Quarantined, len(e.Quarantine))
		}
		for i, q := range e.Quarantine {
			if q.Index != i {
				t.Fatalf("place %d holds record %d", i, q.Index)
			}
		}
	}
}

// TestKindsAreBoundedByName: the same kinds with the same counts in whatever
// order, the rest as "other", and none lost.
func TestKindsAreBoundedByName(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	run := func(lanes int) map[string]int {
		parts := make([]source.Entry, lanes)
		for k, i := range random.Perm(900) {
			parts[k%lanes].Skip(fmt.Sprintf("kind-%03d", i%300))
		}
		var e source.Entry
		for i := range parts {
			e.Add(&parts[i])
		}
		if e.Skipped() != 900 {
			t.Errorf("%d of 900 accounted for", e.Skipped())
		}
		return e.OutOfScope
	}
	want := map[string]int{"other": 600}
	for i := range 100 {
		want[fmt.Sprintf("kind-%03d", i)] = 3
	}
	for lanes := range 4 {
		if diff := cmp.Diff(want, run(lanes+1)); diff != "" {
			t.Errorf("%d lanes: %s", lanes+1, diff)
		}
	}
}

// TestTimesAndShapesAddUp: also for the first second of 1970 and before.
func TestTimesAndShapesAddUp(t *testing.T) {
	var a, b, none, e source.Entry
	a.See(10, "graph_beta")
	a.See(-5, "azure_monitor")
	b.See(100, "graph_beta")
	for _, part := range []*source.Entry{&none, &b, &a} {
		e.Add(part)
	}
	e.Seal()
	if e.FirstEvent != "1969-12-31T23:59:55Z" || e.LastEvent != "1970-01-01T00:01:40Z" || e.Decoded != 3 {
		t.Errorf("%s to %s, %d", e.FirstEvent, e.LastEvent, e.Decoded)
	}
	if diff := cmp.Diff([]string{"azure_monitor", "graph_beta"}, e.Shape); diff != "" {
		t.Error(diff)
	}
}

// Shapes are counted alike whether records of one come in a row or by turns,
// and whether an entry is added in one piece or has been added before.
func TestShapesInAnyOrder(t *testing.T) {
	var a, lane source.Entry
	want := map[string]int{}
	for i := range 100 {
		shape := []string{"graph_beta", "graph_beta", "graph_v1", "unified_audit"}[i*i%7%4]
		want[shape]++
		if a.See(int64(i), shape); i%10 == 9 {
			lane.Add(&a)
			a = source.Entry{}
		}
	}
	lane.See(7, "graph_v1")
	want["graph_v1"]++
	lane.Seal()
	if diff := cmp.Diff(want, lane.ByShape); diff != "" || lane.Decoded != 101 {
		t.Errorf("%d decoded: -want +got\n%s", lane.Decoded, diff)
	}
	twice := source.Entry{}
	twice.Add(&lane)
	twice.Add(&lane)
	if twice.ByShape["graph_v1"] != 2*want["graph_v1"] {
		t.Errorf("added twice: %v, once %v", twice.ByShape, want)
	}
}

func TestIncomplete(t *testing.T) {
	good := func() *source.Entry { return &source.Entry{Read: 1, Decoded: 1, Evaluated: 1} }
	bad := func() *source.Entry { return &source.Entry{Problem: "broken"} }
	quarantined := func() *source.Entry { return &source.Entry{Read: 2, Quarantined: 2} }
	foreign := func() *source.Entry { return &source.Entry{Read: 1, OutOfScope: map[string]int{"user": 1}} }
	note := func() *source.Entry { return &source.Entry{Note: "empty"} }
	for _, tt := range []struct {
		inputs []*source.Entry
		want   string
	}{
		{nil, "nothing was recognised as a log"},
		{[]*source.Entry{note(), foreign()}, "nothing was recognised as a log"},
		{[]*source.Entry{good(), note(), foreign()}, ""},
		{[]*source.Entry{good(), bad()}, "1 input could not be read to the end"},
		{[]*source.Entry{good(), bad(), bad()}, "2 inputs could not be read to the end"},
		{[]*source.Entry{quarantined()}, "2 records could not be understood"},
		{[]*source.Entry{bad(), quarantined()}, "1 input could not be read to the end, and 2 records could not be understood"},
	} {
		if got := (&source.Ledger{Inputs: tt.inputs}).Incomplete(); got != tt.want {
			t.Errorf("%d inputs: %q, want %q", len(tt.inputs), got, tt.want)
		}
	}
}

// TestLedgerJSON pins names, order and empty lists of the file that --ledger
// writes.
func TestLedgerJSON(t *testing.T) {
	const input = "{\"n\":1}\n{\"late\":1}\n{\"twice\":1}\n{\"skip\":1}\n}\n{\"n\":\"<&>\"}\n"
	_, l := read(t, &source.Files{Hash: true, Stdin: strings.NewReader(input)}, "-")
	l.Inputs = append(l.Inputs, readEmpty(t))
	l.Blind = append(l.Blind, source.Blind{Rule: "r", Shape: "graph_v1", Fields: []string{"f"}, Records: 3})
	l.Undecided = append(l.Undecided, source.RuleNote{Rule: "r", Note: "left undecided by the end of the input", Count: 2})
	var got bytes.Buffer
	if err := l.WriteJSON(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(goldenLedger, got.String()); diff != "" {
		t.Error(diff)
	}
}

// readEmpty is the entry of an empty file in a folder.
func readEmpty(t *testing.T) *source.Entry {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "empty", nil)
	_, l := read(t, &source.Files{}, dir)
	e := entry(t, l)
	e.Path = "logs/empty"
	return e
}

const goldenLedger = `{
  "inputs": [
    {
      "path": "-",
      "shape": [
        "graph_beta"
      ],
      "by_shape": {
        "graph_beta": 4
      },
      "container": [
        "lines"
      ],
      "encoding": "plain",
      "bytes": 56,
      "read": 6,
      "decoded": 4,
      "evaluated": 2,
      "duplicate": 1,
      "quarantined": 1,
      "filtered": 1,
      "out_of_scope": {
        "other_log": 1
      },
      "first_event": "1970-01-01T00:00:00Z",
      "last_event": "1970-01-01T00:00:05Z",
      "sha256": "8ba4ccd60bb315dae62a82387f98175396719990e77a05e4452bfe4aa07fcb77",
      "quarantine": [
        {
          "line": 5,
          "index": 4,
          "reason": "not JSON: \"}\""
        }
      ]
    },
    {
      "path": "logs/empty",
      "shape": [],
      "by_shape": {},
      "container": [],
      "encoding": "plain",
      "bytes": 0,
      "read": 0,
      "decoded": 0,
      "evaluated": 0,
      "duplicate": 0,
      "quarantined": 0,
      "filtered": 0,
      "out_of_scope": {},
      "quarantine": [],
      "note": "empty: there is no record in it"
    }
  ],
  "blind": [
    {
      "rule": "r",
      "shape": "graph_v1",
      "fields": [
        "f"
      ],
      "records": 3
    }
  ],
  "weak": [],
  "asleep": [],
  "dead": [],
  "undecided": [
    {
      "rule": "r",
      "note": "left undecided by the end of the input",
      "count": 2
    }
  ],
  "learning": [],
  "ungrouped": []
}
`
