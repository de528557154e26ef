package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrFrozen says that nothing may be sent to the tenant.
var ErrFrozen = errors.New("changes are frozen: `vakt unfreeze` lets them go on")

// Freeze stops every run in a tenant, also those of other processes on the same
// state, and keeps new ones from beginning until Unfreeze: nothing new is sent,
// and calls that are on the wire come to their end. It says why.
func Freeze(ctx context.Context, j Ledger, tenant string, who Person, reason string, now time.Time) error {
	return turn(ctx, j, Frozen, tenant, who, reason, now)
}

// Unfreeze lets runs begin, and go on when they are applied again.
func Unfreeze(ctx context.Context, j Ledger, tenant string, who Person, reason string, now time.Time) error {
	return turn(ctx, j, Unfrozen, tenant, who, reason, now)
}

func turn(ctx context.Context, j Ledger, phase Phase, tenant string, who Person, reason string, now time.Time) error {
	if strings.TrimSpace(reason) == "" {
		return fmt.Errorf("write %q to the journal: it needs a reason", phase)
	}
	return j.Append(ctx, &Row{Time: now, Tenant: tenant, Actor: who.ID, Phase: phase, Note: reason})
}

// FrozenBy is the row that froze a tenant, nil where changes may be sent.
func FrozenBy(ctx context.Context, j Ledger, tenant string) (*Row, error) {
	frozen, err := j.RowsIn(ctx, Frozen, tenant)
	if err != nil || len(frozen) == 0 {
		return nil, err
	}
	thawed, err := j.RowsIn(ctx, Unfrozen, tenant)
	if err != nil {
		return nil, err
	}
	last := frozen[len(frozen)-1]
	if len(thawed) > 0 && thawed[len(thawed)-1].Seq > last.Seq {
		return nil, nil
	}
	return &last, nil
}

// frozen is FrozenBy as an error.
func frozen(ctx context.Context, j Ledger, tenant string) error {
	row, err := FrozenBy(ctx, j, tenant)
	if err != nil || row == nil {
		return err
	}
	return fmt.Errorf("%w (since %s by %q: %s)", ErrFrozen, row.Time.Format(time.RFC3339), row.Actor, row.Note)
}
