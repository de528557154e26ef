package directory_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vakt/internal/db"
	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/rig"
)

func newStore(t testing.TB) *directory.Store {
	t.Helper()
	d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "vakt.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.Migrate(t.Context(), noon, db.Room{Name: "directory", Schema: directory.Schema()}); err != nil {
		t.Fatal(err)
	}
	return directory.NewStore(d)
}

func begin(t testing.TB, s *directory.Store, now time.Time) (*directory.Run, bool) {
	t.Helper()
	run, resumed, err := s.Begin(t.Context(), "CONTOSO", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return run, resumed
}

// put fills parts with items as they are written in a file.
func put(t testing.TB, sink directory.Sink, parts map[string]string) {
	t.Helper()
	for name, text := range parts {
		var raws []json.RawMessage
		if err := json.Unmarshal([]byte(text), &raws); err != nil {
			t.Fatal(err)
		}
		if err := sink.Begin(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		for _, raw := range raws {
			if err := sink.Put(t.Context(), name, []directory.Item{{Raw: raw}}, "more"); err != nil {
				t.Fatal(err)
			}
		}
		if err := sink.End(t.Context(), directory.PartState{Name: name, State: directory.StateComplete}); err != nil {
			t.Fatal(err)
		}
	}
}

// save makes a finished snapshot of the parts.
func save(t testing.TB, s *directory.Store, now time.Time, parts map[string]string) *directory.Snapshot {
	t.Helper()
	run, _ := begin(t, s, now)
	put(t, run, parts)
	snap := decode(t, run.Parts(t.Context()))
	if err := s.Save(t.Context(), run, snap, now); err != nil {
		t.Fatal(err)
	}
	return snap
}

func TestSnapshotComesBackAsItWasSaved(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "all-traps", 400)
		s := newStore(t)
		run, _ := begin(t, s, noon)
		if err := directory.Collect(t.Context(), w.reader(t, rig.ServerOptions{}), run, directory.Options{Rules: true}); err != nil {
			t.Fatal(err)
		}
		snap := decode(t, run.Parts(t.Context()))
		if err := s.Save(t.Context(), run, snap, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), run, snap, noon.Add(time.Minute)); err != nil {
			t.Errorf("saving again: %v", err)
		}
		got, err := s.Get(t.Context(), snap.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(snap, got, cmpopts.EquateEmpty(), bare); diff != "" {
			t.Error(diff)
		}
		again, err := s.Parts(t.Context(), snap.ID)
		if err != nil {
			t.Fatal(err)
		}
		other := decode(t, again)
		other.ID = snap.ID
		if diff := cmp.Diff(snap, other, bare); diff != "" {
			t.Error(diff)
		}
		one, err := s.Account(t.Context(), snap.ID, snap.Accounts[7].ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(snap.Accounts[7], one, cmpopts.EquateEmpty(), bare); diff != "" {
			t.Error(diff)
		}
		latest, err := s.Latest(t.Context(), "contoso")
		want := directory.Summary{ID: snap.ID, Tenant: "contoso", Taken: noon, Saved: noon.Add(time.Minute), Complete: snap.Complete, Accounts: 400}
		if diff := cmp.Diff(want, latest); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if len(directory.Diff(snap, got, nil).Changes) != 0 {
			t.Error("a snapshot differs from itself")
		}
	})
}

func TestUnfinishedSnapshotIsNotShown(t *testing.T) {
	s := newStore(t)
	run, _ := begin(t, s, noon)
	put(t, run, map[string]string{"users.json": `[{"id":"a"}]`})
	if _, err := s.Latest(t.Context(), "contoso"); !errors.Is(err, directory.ErrNoSnapshot) {
		t.Errorf("Latest = %v", err)
	}
	if _, err := s.Get(t.Context(), run.ID()); !errors.Is(err, directory.ErrNoSnapshot) {
		t.Errorf("Get = %v", err)
	}
	if again, resumed := begin(t, s, noon.Add(30*time.Minute)); !resumed || again.ID() != run.ID() || !again.Taken().Equal(noon) {
		t.Error("the run was not gone on with")
	}
	if again, resumed := begin(t, s, noon.Add(2*time.Hour)); resumed || again.ID() == run.ID() {
		t.Error("an old run was gone on with")
	}
}

func TestPruneKeepsTheNewest(t *testing.T) {
	s := newStore(t)
	begin(t, s, noon.Add(-time.Hour)) // never finished
	for i := range 4 {
		save(t, s, noon.Add(time.Duration(i)*2*time.Hour), map[string]string{"users.json": `[{"id":"a"}]`})
	}
	if err := s.Prune(t.Context(), "contoso", directory.Keep{Snapshots: 2, Raw: 1}); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), "contoso")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 {
		t.Fatalf("kept %v", list)
	}
	for i, wantRaw := range []bool{true, false} {
		if _, err := s.Get(t.Context(), list[i].ID); err != nil {
			t.Error(err)
		}
		if _, err := s.Parts(t.Context(), list[i].ID); (err == nil) != wantRaw {
			t.Errorf("answers of the snapshot %d: %v", i, err)
		}
	}
}

func TestDiff(t *testing.T) {
	s := newStore(t)
	at := func(hour int, users string) *directory.Snapshot {
		return save(t, s, noon.Add(time.Duration(hour)*2*time.Hour), map[string]string{"users.json": users, "mailboxes.json": `[]`})
	}
	first := at(0, `[{"id":"a","accountEnabled":true},{"id":"b","accountEnabled":true,"jobTitle":"x"},{"id":"c","accountEnabled":true}]`)
	second := at(1, `[{"id":"a","accountEnabled":false},{"id":"b","accountEnabled":true},{"id":"d","accountEnabled":true}]`)
	third := at(2, `[{"id":"a","accountEnabled":false},{"id":"b","accountEnabled":true},{"id":"c","accountEnabled":true},{"id":"d","accountEnabled":true},{"id":"e","accountEnabled":true}]`)
	brief := func(d directory.Difference) []string {
		var out []string
		for _, c := range d.Changes {
			text := c.What + " " + c.ID
			for _, f := range c.Fields {
				text += " " + f.Name + ":" + string(f.Before) + "→" + string(f.After)
			}
			out = append(out, text)
		}
		return append(out, d.Blind...)
	}
	title := "job_title: not known in both snapshots for every account"
	if diff := cmp.Diff([]string{"changed a enabled:true→false", "gone c", "new d", title}, brief(directory.Diff(first, second, nil))); diff != "" {
		t.Error(diff)
	}
	earlier, err := s.Known(t.Context(), "contoso", second.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"back c", "new e"}, brief(directory.Diff(second, third, earlier))); diff != "" {
		t.Error(diff)
	}
	// What was not read to its end is neither new nor gone.
	partial := *second
	partial.Parts = []directory.PartState{{Name: "users.json", State: directory.StatePartial}}
	if diff := cmp.Diff([]string{"changed a enabled:true→false", "new d", "gone: the later snapshot did not read all accounts", title}, brief(directory.Diff(first, &partial, nil))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"new: the earlier snapshot did not read all accounts"}, brief(directory.Diff(&partial, third, nil))); diff != "" {
		t.Error(diff)
	}
}

// interrupted is a reader whose process dies after some pages: every call after
// them finds its context cancelled.
type interrupted struct {
	directory.Reader
	left   *atomic.Int64
	cancel context.CancelFunc
}

func (r interrupted) page(page func(graph.Page) error) func(graph.Page) error {
	return func(p graph.Page) error {
		if err := page(p); err != nil {
			return err
		}
		if r.left.Add(-1) <= 0 {
			r.cancel()
			return context.Canceled
		}
		return nil
	}
}

func (r interrupted) List(ctx context.Context, l graph.List, resume string, page func(graph.Page) error) error {
	return r.Reader.List(ctx, l, resume, r.page(page))
}

func (r interrupted) Cmdlet(ctx context.Context, c graph.Cmdlet, resume string, page func(graph.Page) error) error {
	return r.Reader.Cmdlet(ctx, c, resume, r.page(page))
}

// A run that is cut off after any page, and gone on with by a new process, ends
// with the same snapshot.
func TestResumeAtAnyPage(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "all-traps", 200)
		r := w.reader(t, rig.ServerOptions{})
		want := decode(t, collect(t, w, rig.ServerOptions{}))
		for _, every := range []int64{2, 7, 40} {
			sink := directory.NewMemory(w.state.TenantID(), noon)
			rounds := 0
			for done := false; !done; rounds++ {
				if rounds > 500 {
					t.Fatalf("after %d rounds of %d pages there is no end", rounds, every)
				}
				ctx, cancel := context.WithCancel(t.Context())
				var left atomic.Int64
				left.Store(every)
				err := directory.Collect(ctx, interrupted{r, &left, cancel}, sink, directory.Options{})
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				done = err == nil
			}
			if diff := cmp.Diff(want, decode(t, sink), bare); diff != "" {
				t.Errorf("cut off after every %d pages, %d times: %s", every, rounds, diff)
			}
		}
	})
}

func TestExportIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	m := directory.NewMemory("contoso", noon)
	put(t, m, map[string]string{"users.json": `[{"id":"a","note":"<&>"},{"id":"b"},{"id":"A","later":true}]`})
	if err := os.WriteFile(filepath.Join(dir, "mailboxes.json"), []byte("left from before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := directory.Export(dir, m); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[e.Name()] = string(data)
	}
	want := map[string]string{
		"users.json": "{\"value\":[\n{\"id\":\"b\"},\n{\"id\":\"A\",\"later\":true}\n]}\n",
		"manifest.json": `{
  "tenant": "contoso",
  "taken": "2026-03-02T12:00:00Z",
  "parts": {
    "users.json": {
      "state": "complete",
      "count": 2
    }
  }
}
`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
