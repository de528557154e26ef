package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Holder is who holds the write lock of a tenant, as whoever finds it held is
// told.
type Holder struct {
	Who     string    `json:"who"`
	Process int       `json:"process"`
	Plan    string    `json:"plan"`
	Since   time.Time `json:"since"`
}

// HeldError says that another run is writing to the tenant.
type HeldError struct{ Holder Holder }

// Error names the holder.
func (e *HeldError) Error() string {
	if e.Holder.Process == 0 {
		return "another run holds the write lock of this tenant: wait until it has ended, or stop it with `vakt freeze`"
	}
	return fmt.Sprintf("process %d of %q has held the write lock of this tenant since %s for plan %s: wait until it has ended, or stop it with `vakt freeze`",
		e.Holder.Process, e.Holder.Who, e.Holder.Since.Format(time.RFC3339), e.Holder.Plan)
}

// errLocked is what the system says of a lock that another process has.
var errLocked = errors.New("locked")

// lockFile takes the lock of the file at path, which it makes where there is
// none, and writes down who holds it. The system lets go of it when the process
// ends, however that happens. release may be called once.
func lockFile(path string, h Holder) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take the write lock: %w", err)
	}
	if err := lock(f); err != nil {
		defer f.Close() //nolint:errcheck // nothing was written
		if errors.Is(err, errLocked) {
			return nil, &HeldError{holderIn(f)}
		}
		return nil, fmt.Errorf("take the write lock %q: %w", path, err)
	}
	if err := sign(f, h); err != nil {
		return nil, errors.Join(fmt.Errorf("take the write lock %q: %w", path, err), f.Close())
	}
	return f.Close, nil
}

// sign writes who holds the lock. The name stays in the file when the lock is
// let go; it counts only while somebody holds it.
func sign(f *os.File, h Holder) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	return err
}

// holderIn is who the file names; the zero Holder where it cannot be read.
func holderIn(f *os.File) (h Holder) {
	text, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}
