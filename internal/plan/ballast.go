package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ballastSize is the room that a run sets aside on the disk: enough for what
// has to be written of thousands of changes that were sent.
const ballastSize = 16 << 20

// ballast is room on the disk that a run gives up when the disk is full: what
// became of the changes that are on the wire can then still be written down.
type ballast struct{ path string }

// layBallast sets the room aside. A disk that has no room for it has none for a
// run. Without a path there is none to set aside.
func layBallast(path string) (*ballast, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // a nil ballast is one
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("set room on the disk aside: %w", err)
	}
	_, err = f.Write(bytes.Repeat([]byte("ballast\n"), ballastSize/8)) // zeros might take no room
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("set %d MiB on the disk aside, so that a run can be written down to its end: %w", ballastSize>>20, err), os.Remove(path))
	}
	return &ballast{path}, nil
}

// drop gives the room up; a second time changes nothing.
func (b *ballast) drop() {
	if b != nil {
		_ = os.Remove(b.path) // what the journal then says is what counts
	}
}

// clear takes the room back at the end of a run.
func (b *ballast) clear() error {
	if b == nil {
		return nil
	}
	if err := os.Remove(b.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take back the room that was set aside: %w", err)
	}
	return nil
}
