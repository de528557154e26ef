package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"vakt/internal/graph"
)

// Eye reads what actions write, and can write nothing: verifying a run and
// looking at what a rollback would do need no more. It is safe for several
// goroutines.
type Eye struct {
	reader *graph.Reader
	now    func() time.Time
	board  *board
}

// NewEye makes an eye of the read side of the access: a.Read and a.Graph.Now.
// It sends nothing.
func NewEye(a Access) *Eye {
	return &Eye{reader: a.Read, now: a.Graph.Now, board: newBoard(a.Read, a.Graph.Now)}
}

// TenantHas tells the eye that the tenant has so many users, at least: it may
// look the faster.
func (e *Eye) TenantHas(users int) { e.reader.TenantHas(users) }

// Value reads the field of an action, once: what it shows may be older than
// the last write, for the service answers from several replicas. The id is an
// object id. An account that is not there is a *graph.Error of kind NotFound.
func (e *Eye) Value(ctx context.Context, id, name string) (json.RawMessage, error) {
	a, err := find(name, id)
	if err != nil {
		return nil, err
	}
	value, err := a.read(ctx, e.reader, id)
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", id, err)
	}
	return value, nil
}

func find(name, id string) (Action, error) {
	a, ok := Find(name)
	if !ok {
		return nil, fmt.Errorf("no action is called %q", name)
	}
	return a, checkID(id)
}

var errNoID = errors.New("accounts are changed by their object id only")

// checkID refuses what is no object id: a name can pass to another account.
func checkID(id string) error {
	if !objectID.MatchString(id) {
		return fmt.Errorf("account %q: %w", id, errNoID)
	}
	return nil
}

var objectID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
