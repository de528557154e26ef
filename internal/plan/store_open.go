package plan

import (
	"context"
	"strings"
	"time"
)

// Unsettled are the intents of a tenant of which nobody knows yet what became:
// the run broke off, or the service never said. They are in their order.
func (s *Store) Unsettled(ctx context.Context, tenant string) ([]Row, error) {
	return s.list(ctx, `WHERE phase = 'intent' AND tenant = ? AND NOT EXISTS (
		SELECT 1 FROM plan_journal later WHERE later.run = plan_journal.run AND later.seq > plan_journal.seq AND later.change = plan_journal.change
			AND later.phase IN ('intent', 'acked', 'rejected', 'verified', 'diverged', 'drifted', 'gone', 'denied', 'protected', 'skipped', 'ineffective'))`,
		strings.ToLower(tenant))
}

// WritesSince is Ledger's.
func (s *Store) WritesSince(ctx context.Context, tenant, object string, since time.Time) ([]Row, error) {
	return s.list(ctx, `WHERE phase IN ('intent', 'sent') AND tenant = ? AND time >= ? AND subject = ?`, strings.ToLower(tenant), formatTime(since), object)
}
