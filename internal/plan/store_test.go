package plan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vakt/internal/db"
	"vakt/internal/plan"
)

// openStore opens a state; raw is the database behind the store's back.
func openStore(t testing.TB, path string) (s *plan.Store, raw *db.DB) {
	t.Helper()
	d, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.Migrate(t.Context(), now, db.Room{Name: "plan", Schema: plan.Schema()}); err != nil {
		t.Fatal(err)
	}
	return plan.NewStore(d), d
}

func newStore(t testing.TB) (*plan.Store, *db.DB) {
	t.Helper()
	return openStore(t, filepath.Join(t.TempDir(), "vakt.db"))
}

// row is the n-th row of a run, from 0.
func row(n int) *plan.Row {
	phases := []plan.Phase{plan.Intent, plan.Sent, plan.Acked, plan.Verified}
	r := &plan.Row{
		Time: now.Add(time.Duration(n) * time.Second), Tenant: tenantID, Plan: strings.Repeat("ab", 32), Run: fmt.Sprintf("run-%d", n/40+1),
		Subject: id(n / 4), Action: plan.Disable, Field: "accountEnabled", Actor: "os:cai", Phase: phases[n%4],
		Before: json.RawMessage("true"), After: json.RawMessage("false"), RequestID: id(5000 + n),
	}
	r.Change = r.Action + "/" + r.Subject
	return r
}

func fill(t testing.TB, s *plan.Store, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := s.Append(t.Context(), row(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func export(t testing.TB, s *plan.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Export(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJournalGivesBackWhatItWasHanded(t *testing.T) {
	s, _ := newStore(t)
	a, b := row(0), row(1)
	a.Before, a.After, a.Note = json.RawMessage(` {"b": [1, 2.5, null], "a": "\u00e5\n"} `), nil, "a “note”\x00"
	if err := s.Append(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Rows(t.Context(), "run-1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]plan.Row{*a, *b}, rows); diff != "" {
		t.Error(diff)
	}
	if string(rows[0].Before) != `{"a":"å\n","b":[1,2.5,null]}` || string(rows[0].After) != "null" {
		t.Errorf("before %s, after %s", rows[0].Before, rows[0].After)
	}
	if a.Seq != 1 || b.Seq != 2 || b.PrevHash != a.Hash || a.PrevHash != strings.Repeat("0", 64) {
		t.Errorf("rows %d %s → %d %s", a.Seq, a.Hash, b.Seq, b.PrevHash)
	}
}

func TestJournalRefusesWhatItCouldNotGiveBack(t *testing.T) {
	s, _ := newStore(t)
	for name, turn := range map[string]func(*plan.Row){
		"no time":            func(r *plan.Row) { r.Time = time.Time{} },
		"no actor":           func(r *plan.Row) { r.Actor = "" },
		"no phase":           func(r *plan.Row) { r.Phase = "" },
		"no tenant":          func(r *plan.Row) { r.Tenant = "" },
		"a note in bytes":    func(r *plan.Row) { r.Note = "\xff" },
		"a broken value":     func(r *plan.Row) { r.Before = json.RawMessage(`{"a":`) },
		"two values":         func(r *plan.Row) { r.Before = json.RawMessage(`1 2`) },
		"a key twice":        func(r *plan.Row) { r.After = json.RawMessage(`{"a":{"b":1,"b":2}}`) },
		"too many digits":    func(r *plan.Row) { r.After = json.RawMessage(`9007199254740993`) },
		"too large a number": func(r *plan.Row) { r.After = json.RawMessage(`1e400`) },
		"half a character":   func(r *plan.Row) { r.After = json.RawMessage(`"\ud83d"`) },
		"the other half":     func(r *plan.Row) { r.After = json.RawMessage(`"\\\udc00"`) },
		"a value in bytes":   func(r *plan.Row) { r.After = json.RawMessage("\"\xff\"") },
	} {
		good, bad := row(0), row(1)
		turn(bad)
		if err := s.Append(t.Context(), good, bad); err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if rows := export(t, s); len(rows) != 0 {
		t.Errorf("half of it was written: %s", rows)
	}
	fine := row(0)
	fine.After = json.RawMessage(`"\ud83d\ude00 \\ud83d \ufffd \\\\"`)
	if err := s.Append(t.Context(), fine); err != nil {
		t.Error(err)
	}
}

// Any value that is journalled comes back as the same value.
func TestJournalKeepsValues(t *testing.T) {
	s, _ := newStore(t)
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Bool(), anyOf), rapid.Map(rapid.String(), anyOf), rapid.Map(rapid.Int32(), func(n int32) any { return float64(n) }))
	rapid.Check(t, func(r *rapid.T) {
		v := map[string]any{}
		for _, k := range rapid.SliceOfNDistinct(rapid.String(), 0, 4, rapid.ID).Draw(r, "keys") {
			v[k] = rapid.SliceOfN(leaf, 0, 3).Draw(r, "values")
		}
		raw, err := json.Marshal(v)
		if err != nil {
			r.Fatal(err)
		}
		a := row(0)
		a.Before = raw
		if err := s.Append(context.Background(), a); err != nil {
			r.Fatal(err)
		}
		var again map[string]any
		if err := json.Unmarshal(a.Before, &again); err != nil {
			r.Fatal(err)
		}
		var want map[string]any
		if err := json.Unmarshal(raw, &want); err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(want, again, cmpopts.EquateEmpty()); diff != "" {
			r.Error(diff)
		}
	})
	if a, err := s.Verify(t.Context()); err != nil || !a.OK() {
		t.Errorf("%+v, %v", a, err)
	}
}

func anyOf[T any](v T) any { return v }

func TestJournalIsAppendOnly(t *testing.T) {
	s, raw := newStore(t)
	fill(t, s, 0, 8)
	p := full(t)
	if err := s.SavePlan(t.Context(), p, now); err != nil {
		t.Fatal(err)
	}
	before := export(t, s)
	for _, statement := range []string{
		`UPDATE plan_journal SET note = 'x' WHERE seq = 3`,
		`UPDATE plan_journal SET seq = 30 WHERE seq = 8`,
		`DELETE FROM plan_journal WHERE seq = 8`,
		`DELETE FROM plan_journal`,
		`INSERT OR REPLACE INTO plan_journal SELECT * FROM plan_journal WHERE seq = 8`,
		`REPLACE INTO plan_journal SELECT seq, time, tenant, plan, run, change, subject, action, field, actor, 'acked', before, after, note, request_id, prev_hash, hash FROM plan_journal WHERE seq = 3`,
		`INSERT INTO plan_journal SELECT 10, time, tenant, plan, run, change, subject, action, field, actor, phase, before, after, note, request_id, hash, hash FROM plan_journal WHERE seq = 8`,
		`INSERT INTO plan_journal SELECT 9, time, tenant, plan, run, change, subject, action, field, actor, phase, before, after, note, request_id, prev_hash, hash FROM plan_journal WHERE seq = 8`,
		`INSERT INTO plan_journal SELECT NULL, time, tenant, plan, run, change, subject, action, field, actor, phase, before, after, note, request_id, prev_hash, hash FROM plan_journal WHERE seq = 8`,
		`UPDATE plan_plans SET body = '{}'`,
		`DELETE FROM plan_plans`,
		`INSERT OR REPLACE INTO plan_plans SELECT hash, id, tenant, saved, '{}' FROM plan_plans`,
	} {
		err := raw.Write(t.Context(), db.Durable, func(tx db.Tx) error {
			_, err := tx.ExecContext(t.Context(), statement)
			return err
		})
		if err == nil {
			t.Errorf("%s: it is done", statement)
		}
	}
	if diff := cmp.Diff(string(before), string(export(t, s))); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Plan(t.Context(), p.Hash); err != nil {
		t.Error(err)
	}
}

// tamperWith changes the database as somebody could who has the file.
func tamperWith(t testing.TB, raw *db.DB, statements ...string) {
	t.Helper()
	triggers := []string{"plan_journal_follows", "plan_journal_kept", "plan_journal_whole", "plan_plans_kept", "plan_plans_whole"}
	err := raw.Write(t.Context(), db.Durable, func(tx db.Tx) error {
		for _, name := range triggers {
			if _, err := tx.ExecContext(t.Context(), "DROP TRIGGER IF EXISTS "+name); err != nil {
				return err
			}
		}
		for _, statement := range statements {
			if _, err := tx.ExecContext(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsWhatWasDoneToTheTable(t *testing.T) {
	for name, c := range map[string]struct {
		statements []string
		want       string
	}{
		"a value":          {[]string{`UPDATE plan_journal SET after = 'true' WHERE seq = 3`}, "row 3 was changed"},
		"a time":           {[]string{`UPDATE plan_journal SET time = 'yesterday' WHERE seq = 3`}, "row 3 was changed"},
		"a value no value": {[]string{`UPDATE plan_journal SET before = '{' WHERE seq = 3`}, "row 3 was changed"},
		"a removed row":    {[]string{`DELETE FROM plan_journal WHERE seq = 3`}, "row 3 is missing here"},
		"removed rows":     {[]string{`DELETE FROM plan_journal WHERE seq BETWEEN 3 AND 5`}, "rows 3 to 5 are missing here"},
		"the first rows":   {[]string{`DELETE FROM plan_journal WHERE seq < 3`}, "rows 1 to 2 are missing here"},
		"the last row":     {[]string{`DELETE FROM plan_journal WHERE seq = 12`}, "rows were removed from the end"},
		"exchanged rows": {[]string{`UPDATE plan_journal SET seq = 99 WHERE seq = 3`, `UPDATE plan_journal SET seq = 3 WHERE seq = 4`,
			`UPDATE plan_journal SET seq = 4 WHERE seq = 99`}, "row 3 was changed"},
		"an added row": {[]string{`INSERT INTO plan_journal SELECT 13, time, tenant, plan, run, change, subject, action, field, actor, phase, before, after, note, request_id, hash, hash FROM plan_journal WHERE seq = 12`},
			"row 13 was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			s, raw := newStore(t)
			fill(t, s, 0, 12)
			signer, public, _ := key(t, 4)
			note, err := s.Checkpoint(t.Context(), signer, now)
			if err != nil {
				t.Fatal(err)
			}
			seen, err := plan.ParseCheckpoints(note, public)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := s.Verify(t.Context(), seen...); err != nil || !a.OK() || a.Rows != 12 || a.Checkpoints != 1 {
				t.Fatalf("%+v, %v", a, err)
			}
			tamperWith(t, raw, c.statements...)
			a, err := s.Verify(t.Context(), seen...)
			if err != nil {
				t.Fatal(err)
			}
			if a.OK() || !strings.Contains(fmt.Sprint(a.Faults), c.want) {
				t.Errorf("faults %v, want one with %q", a.Faults, c.want)
			}
		})
	}
}

// Nothing is done on the word of a row that was tampered with.
func TestStoreBelievesNoTamperedRow(t *testing.T) {
	s, raw := newStore(t)
	fill(t, s, 0, 4)
	p := full(t)
	if err := s.SavePlan(t.Context(), p, now); err != nil {
		t.Fatal(err)
	}
	tamperWith(t, raw, `UPDATE plan_journal SET phase = 'verified' WHERE seq IN (2, 4)`, `UPDATE plan_plans SET body = replace(body, 'false', 'true')`)
	if _, err := s.Rows(t.Context(), "run-1"); err == nil {
		t.Error("the rows are handed out")
	}
	if _, err := s.Plan(t.Context(), p.Hash); !errors.Is(err, plan.ErrChanged) {
		t.Errorf("the plan is handed out: %v", err)
	}
	tamperWith(t, raw, `UPDATE plan_journal SET note = 'x' WHERE seq = 4`)
	wantError(t, s.Append(t.Context(), row(4)), "last row, 4, is not what was written")
}

func TestWritersAtOnceMakeOneChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vakt.db")
	var all sync.WaitGroup
	for range 3 {
		s, _ := openStore(t, path)
		for range 2 {
			all.Go(func() {
				for n := range 15 {
					if err := s.Append(t.Context(), row(n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	s, _ := openStore(t, path)
	if a, err := s.Verify(t.Context()); err != nil || !a.OK() || a.Rows != 90 {
		t.Errorf("%+v, %v", a, err)
	}
}

// What is on the disk when Append returns survives the loss of power; a state
// whose log was cut anywhere holds the first rows and nothing else.
func TestAPowerCutLosesNoAcknowledgedRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vakt.db")
	s, _ := openStore(t, path)
	random := rand.New(rand.NewPCG(3, 5))
	for n := range 8 {
		fill(t, s, n, n+1)
		if got := afterCut(t, path, -1); got != int64(n+1) {
			t.Fatalf("%d rows were acknowledged, %d are there", n+1, got)
		}
		for range 4 {
			if got := afterCut(t, path, random.Int64N(1<<20)); got > int64(n+1) {
				t.Fatalf("%d rows of %d", got, n+1)
			}
		}
	}
}

// afterCut copies a state as it lies on the disk, with its log cut at a place
// (-1: nowhere), and tells how many rows its journal has; they must be whole.
func afterCut(t *testing.T, path string, at int64) int64 {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "vakt.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix != "" && at >= 0 {
			content = content[:min(at%int64(len(content)+1), int64(len(content)))]
		}
		if err := os.WriteFile(copied+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := db.Open(t.Context(), copied, db.Options{})
	if err != nil {
		return 0 // cut before the file was ours
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := d.Migrate(t.Context(), now, db.Room{Name: "plan", Schema: plan.Schema()}); err != nil {
		t.Fatal(err)
	}
	a, err := plan.NewStore(d).Verify(t.Context())
	if err != nil || !a.OK() {
		t.Fatalf("cut at %d: %+v, %v", at, a, err)
	}
	return a.Rows
}

func TestAttemptsAreCountedWhateverBecameOfThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vakt.db")
	s, _ := openStore(t, path)
	fill(t, s, 0, 12) // three intents, 4 seconds apart
	other := row(12)
	other.Tenant = id(77)
	if err := s.Append(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	again, _ := openStore(t, path)
	for _, c := range []struct {
		since time.Time
		want  int
	}{{now.Add(-time.Hour), 3}, {now.Add(4 * time.Second), 2}, {now.Add(4*time.Second + time.Millisecond), 1}, {now.Add(time.Hour), 0}} {
		if n, err := again.Attempts(t.Context(), strings.ToUpper(tenantID), c.since); err != nil || n != c.want {
			t.Errorf("since %s: %d, %v, want %d", c.since, n, err, c.want)
		}
	}
}
