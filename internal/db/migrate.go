package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Room is one owner of tables.
type Room struct {
	Name string
	// Schema holds the room's steps, NNN_name.sql at its root, numbered from
	// 001 without a hole. A step that was released is never changed.
	Schema fs.FS
}

// Migrate brings the tables of the rooms up to date in one transaction: all
// steps that are missing, or none. It refuses a database that a later Vakt has
// written, or whose steps were other ones than ours. now is written down
// beside each step. It tells how many steps it took.
func (d *DB) Migrate(ctx context.Context, now time.Time, rooms ...Room) (int, error) {
	taken := 0
	err := d.Write(ctx, Durable, func(tx Tx) error {
		if _, err := tx.ExecContext(ctx, createMigrations); err != nil {
			return err
		}
		for _, room := range rooms {
			n, err := migrate(ctx, tx, now, room)
			if err != nil {
				return fmt.Errorf("tables of %s: %w", room.Name, err)
			}
			taken += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("bring %q up to date: %w", d.path, err)
	}
	return taken, nil
}

const createMigrations = `CREATE TABLE IF NOT EXISTS db_migrations (
	room TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, sum TEXT NOT NULL, applied TEXT NOT NULL,
	PRIMARY KEY (room, version)) STRICT`

// step is one migration.
type step struct {
	version   int
	name, sql string
}

func (s step) sum() string {
	sum := sha256.Sum256([]byte(s.sql))
	return hex.EncodeToString(sum[:])
}

func migrate(ctx context.Context, tx Tx, now time.Time, room Room) (int, error) {
	steps, err := stepsOf(room.Schema)
	if err != nil {
		return 0, err
	}
	done, err := applied(ctx, tx, room.Name)
	if err != nil {
		return 0, err
	}
	if len(done) > len(steps) {
		return 0, fmt.Errorf("they are at version %d, this Vakt knows %d: use the newer Vakt that wrote them", len(done), len(steps))
	}
	for i, sum := range done {
		if sum != steps[i].sum() {
			return 0, fmt.Errorf("step %s is not the one that was taken: the file was written by another build", steps[i].name)
		}
	}
	for _, s := range steps[len(done):] {
		if err := take(ctx, tx, now, room.Name, s); err != nil {
			return 0, fmt.Errorf("step %s: %w", s.name, err)
		}
	}
	return len(steps) - len(done), nil
}

func take(ctx context.Context, tx Tx, now time.Time, room string, s step) error {
	if _, err := tx.ExecContext(ctx, s.sql); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO db_migrations (room, version, name, sum, applied) VALUES (?, ?, ?, ?, ?)",
		room, s.version, s.name, s.sum(), now.UTC().Format(time.RFC3339))
	return err
}

// applied lists the checksums of the steps that were taken, in order.
func applied(ctx context.Context, tx Tx, room string) (sums []string, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT sum FROM db_migrations WHERE room = ? ORDER BY version", room)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells of everything that Close could
	for rows.Next() {
		var sum string
		if err := rows.Scan(&sum); err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, rows.Err()
}

var stepName = regexp.MustCompile(`^(\d{3})_[a-z0-9_]+\.sql$`)

// stepsOf reads a schema folder. Steps for another engine (.postgres.sql) are
// passed over.
func stepsOf(fsys fs.FS) ([]step, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".postgres.sql") {
			continue
		}
		m := stepName.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("%q in the schema folder is not named NNN_name.sql", e.Name())
		}
		text, err := fs.ReadFile(fsys, path.Clean(e.Name()))
		if err != nil {
			return nil, err
		}
		version, err := strconv.Atoi(m[1])
		if err != nil {
			return nil, err
		}
		// A checkout may have given the lines other ends.
		steps = append(steps, step{version, strings.TrimSuffix(e.Name(), ".sql"), strings.ReplaceAll(string(text), "\r\n", "\n")})
	}
	slices.SortFunc(steps, func(a, b step) int { return a.version - b.version })
	for i, s := range steps {
		if s.version != i+1 {
			return nil, fmt.Errorf("step %03d is missing before %s", i+1, s.name)
		}
	}
	return steps, nil
}
