package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"vakt/internal/db"
)

var now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), path, db.Options{BusyTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func schema(steps ...string) fstest.MapFS {
	m := fstest.MapFS{"001_other.postgres.sql": {Data: []byte("not for this engine")}}
	for i, s := range steps {
		m[fmt.Sprintf("%03d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

const createT = "CREATE TABLE t_row (id INTEGER PRIMARY KEY, v TEXT) STRICT; CREATE INDEX t_row_v ON t_row (v);"

func migrated(t *testing.T) *db.DB {
	t.Helper()
	d := open(t, filepath.Join(t.TempDir(), "state", "vakt.db"))
	if _, err := d.Migrate(t.Context(), now, db.Room{Name: "t", Schema: schema(createT)}); err != nil {
		t.Fatal(err)
	}
	return d
}

func insert(ctx context.Context, d *db.DB, s db.Sync, v string) error {
	return d.Write(ctx, s, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO t_row (v) VALUES (?)", v)
		return err
	})
}

func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx db.Tx) error {
		return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM t_row").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The name of a file may hold what means something in a URI.
func TestStateIsKeptAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b", "100%?mode=memory#x.db")
	if runtime.GOOS == "windows" {
		path = filepath.Join(t.TempDir(), "a b", "100%#x.db")
	}
	d := open(t, path)
	if _, err := d.Migrate(t.Context(), now, db.Room{Name: "t", Schema: schema(createT)}); err != nil {
		t.Fatal(err)
	}
	if err := insert(t.Context(), d, db.Durable, "x"); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		for _, p := range []string{path, path + "-wal"} {
			info, err := os.Stat(p)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s is %04o", filepath.Base(p), info.Mode().Perm())
			}
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, open(t, path)); n != 1 {
		t.Errorf("%d rows after opening again", n)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	f := func(name, want string, make func(path string) error) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(t.Context(), path, db.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if err == nil {
			t.Error(d.Close())
		}
	}
	f("folder", "not a file", func(p string) error { return os.Mkdir(p, 0o700) })
	f("text", "not a database", func(p string) error {
		return os.WriteFile(p, []byte(strings.Repeat("words and more words\n", 100)), 0o600)
	})
	f("foreign", "another program", func(p string) error {
		other, err := sql.Open("sqlite", p)
		if err != nil {
			return err
		}
		_, err = other.ExecContext(t.Context(), "CREATE TABLE theirs (id INTEGER)")
		return errors.Join(err, other.Close(), os.Chmod(p, 0o600))
	})
	if runtime.GOOS != "windows" {
		f("open", "chmod 600", func(p string) error { return os.WriteFile(p, nil, 0o644) })
	}
}

func TestWriteIsWholeOrNothing(t *testing.T) {
	d := migrated(t)
	broken := errors.New("broken")
	for _, s := range []db.Sync{db.Durable, db.Relaxed} {
		err := d.Write(t.Context(), s, func(tx db.Tx) error {
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO t_row (v) VALUES ('lost')"); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("Write = %v", err)
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = d.Write(t.Context(), db.Durable, func(tx db.Tx) error { panic("in the middle") })
	}()
	if err := insert(t.Context(), d, db.Durable, "kept"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows, want the one that was kept", n)
	}
}

func TestReadCannotWrite(t *testing.T) {
	d := migrated(t)
	err := d.Read(t.Context(), func(tx db.Tx) error {
		_, err := tx.ExecContext(t.Context(), "INSERT INTO t_row (v) VALUES ('x')")
		return err
	})
	if err == nil {
		t.Error("a reader wrote")
	}
}

// A transaction whose context ends is undone, and says that this is why, also
// where it notices only at its end.
func TestACancelledTransactionSaysSo(t *testing.T) {
	d := migrated(t)
	for _, met := range []error{sql.ErrTxDone, sql.ErrNoRows, errors.New("sql: Rows are closed")} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := d.Read(ctx, func(db.Tx) error { cancel(); return met })
		if !errors.Is(err, context.Canceled) || !errors.Is(err, met) {
			t.Errorf("%v became %v", met, err)
		}
	}
	never := context.WithoutCancel(t.Context())
	for name, run := range map[string]func(ctx context.Context, do func(db.Tx) error) error{
		"read":  d.Read,
		"write": func(ctx context.Context, do func(db.Tx) error) error { return d.Write(ctx, db.Durable, do) },
	} {
		for _, atEnd := range []bool{true, false} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := run(ctx, func(tx db.Tx) error {
				if name == "write" {
					if _, err := tx.ExecContext(ctx, "INSERT INTO t_row (v) VALUES ('lost')"); err != nil {
						return err
					}
				}
				cancel()
				for {
					var n int
					err := tx.QueryRowContext(never, "SELECT count(*) FROM t_row").Scan(&n)
					if errors.Is(err, sql.ErrTxDone) && atEnd {
						return nil
					}
					if err != nil {
						return err
					}
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s, noticed at the end %v: %v", name, atEnd, err)
			}
		}
	}
	if n := count(t, d); n != 0 {
		t.Errorf("%d rows of transactions that were undone", n)
	}
}

// A reader sees one state although others write meanwhile.
func TestReadSeesOneState(t *testing.T) {
	d := migrated(t)
	err := d.Read(t.Context(), func(tx db.Tx) error {
		for i := range 3 {
			var n int
			if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM t_row").Scan(&n); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("look %d: %d rows", i, n)
			}
			if err := insert(t.Context(), d, db.Relaxed, "x"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d); n != 3 {
		t.Errorf("%d rows at the end", n)
	}
}

func TestWritersWaitForEachOther(t *testing.T) {
	d := migrated(t)
	second := open(t, d.Path())
	var wg sync.WaitGroup
	errs := make(chan error, 40)
	for i := range 40 {
		wg.Go(func() { errs <- insert(t.Context(), []*db.DB{d, second}[i%2], db.Relaxed, "x") })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if n := count(t, d); n != 40 {
		t.Errorf("%d rows, want 40", n)
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vakt.db")
	f := func(want int, broken string, steps ...string) {
		t.Helper()
		d, err := db.Open(t.Context(), path, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := d.Migrate(t.Context(), now, db.Room{Name: "a", Schema: schema()}, db.Room{Name: "t", Schema: schema(steps...)})
		if n != want || (err == nil) != (broken == "") || err != nil && !strings.Contains(err.Error(), broken) {
			t.Errorf("Migrate = %d, %v; want %d, %q", n, err, want, broken)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	add := "ALTER TABLE t_row ADD COLUMN w TEXT"
	f(1, "", createT)
	f(0, "", createT)
	f(0, "", strings.ReplaceAll(createT, "\n", "\r\n"))
	f(0, "step 003_step", createT, add, "CREATE TABLE broken (")
	f(1, "", createT, add) // the step before the broken one was undone with it
	f(0, "use the newer Vakt", createT)
	f(0, "not the one that was taken", createT, add+" ")
}

func TestMigrateRefusesFolder(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "vakt.db"))
	for name, want := range map[string]string{"002_late.sql": "001 is missing", "notes.txt": "NNN_name.sql", "1_x.sql": "NNN_name.sql"} {
		_, err := d.Migrate(t.Context(), now, db.Room{Name: "t", Schema: fstest.MapFS{name: {Data: []byte("SELECT 1")}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBackupAndCheck(t *testing.T) {
	d := migrated(t)
	if err := insert(t.Context(), d, db.Durable, "x"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := d.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := d.Backup(t.Context(), path); err == nil {
		t.Error("a backup was written over")
	}
	second := open(t, path)
	if err := second.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if n := count(t, second); n != 1 {
		t.Errorf("%d rows in the copy", n)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	d := migrated(t)
	for range 200 {
		if err := insert(t.Context(), d, db.Relaxed, strings.Repeat("x", 200)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "damaged.db")
	if err := d.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 {
		data[len(data)/2+i] ^= 0x5a
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Check(t.Context()); err == nil {
		t.Error("damage was not found")
	}
}
