package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vakt/internal/directory"
)

// doors wants two emergency accounts that are enabled at this moment, and two
// Global Administrators that the plan leaves enabled if it blocks any.
func (r *runner) doors(ctx context.Context) error {
	ids := r.emergency()
	if n, err := r.usable(ctx, ids, nil); err != nil || n < leastDoors {
		return errors.Join(fmt.Errorf("%d of %d emergency accounts were found enabled, at least %d must be: nothing was sent", n, len(ids), leastDoors), err)
	}
	gone, admin := map[string]bool{}, false
	for i := range r.p.Changes {
		if c := &r.p.Changes[i]; c.Action == Disable {
			gone[c.Subject.ID] = true
			admin = admin || holdsDoor(c.Guard.Roles.Value)
		}
	}
	if !admin {
		return nil
	}
	if n, err := r.usable(ctx, r.administrators(gone), holdsDoor); err != nil || n < leastDoors {
		return errors.Join(fmt.Errorf("the plan would leave %d enabled Global Administrators, at least %d must be left: nothing was sent", n, leastDoors), err)
	}
	return nil
}

// emergency are the object ids of the emergency accounts that the settings
// name.
func (r *runner) emergency() []string {
	var ids []string
	for i := range r.d.Snapshot.Accounts {
		if a := &r.d.Snapshot.Accounts[i]; r.protector.breakGlass.has(a.ID, a.UPN) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// administrators are the Global Administrators of the snapshot that the plan
// does not block.
func (r *runner) administrators(gone map[string]bool) []string {
	var ids []string
	for i := range r.d.Snapshot.Accounts {
		if a := &r.d.Snapshot.Accounts[i]; !gone[a.ID] && slices.ContainsFunc(a.Roles.Value, isOpenDoor) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// holdsDoor tells whether one of the roles is that of a Global Administrator
// who holds it now.
func holdsDoor(roles []string) bool {
	return slices.ContainsFunc(roles, func(line string) bool {
		return strings.HasPrefix(line, globalAdministrator+" ") && !strings.HasSuffix(line, " eligible")
	})
}

// usable counts the accounts that are read as enabled at this moment, and whose
// roles will do; it stops at two. The error is that of an account that could
// not be read.
func (r *runner) usable(ctx context.Context, ids []string, will func(roles []string) bool) (n int, err error) {
	for _, id := range ids {
		if n == leastDoors {
			return n, nil
		}
		fresh, wrong := r.eye.Fresh(ctx, id)
		if wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		if directory.Is(fresh.Account.Enabled, true) && (will == nil || will(GuardOf(fresh.Snapshot, fresh.Account).Roles.Value)) {
			n++
		}
	}
	if n >= leastDoors {
		return n, nil
	}
	return n, err
}
