package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vakt/internal/action"
	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/plan"
)

// Witness looks at an account beside the field that was changed: who may open
// its mailbox now, and how often somebody tried to sign in since and was
// refused because the account is blocked.
func Witness(eye *action.Eye, r *graph.Reader) func(context.Context, plan.Change, time.Time) (plan.Witness, error) {
	return func(ctx context.Context, c plan.Change, since time.Time) (plan.Witness, error) {
		fresh, err := eye.Delegates(ctx, c.Subject.ID)
		if err != nil {
			return plan.Witness{}, err
		}
		refused, last := refusedSince(ctx, r, c.Subject.ID, since)
		return plan.NewWitness(fresh.Account, refused, last), ctx.Err()
	}
}

// refusedSince counts the sign-ins of an account that failed with 50057, "the
// account is disabled" (Microsoft Graph: signIn). Where the log cannot be read
// the number is unknown.
func refusedSince(ctx context.Context, r *graph.Reader, id string, since time.Time) (n directory.Fact[int], last time.Time) {
	filter := fmt.Sprintf("userId eq '%s' and status/errorCode eq 50057 and createdDateTime ge %s", id, since.UTC().Format(time.RFC3339))
	count := 0
	err := r.List(ctx, graph.List{Path: "/auditLogs/signIns", Filter: filter}, "", func(p graph.Page) error {
		for _, item := range p.Items {
			var s struct {
				At time.Time `json:"createdDateTime"`
			}
			if err := json.Unmarshal(item, &s); err != nil {
				return fmt.Errorf("read a sign-in: %w", err)
			}
			count++
			if s.At.After(last) {
				last = s.At
			}
		}
		return nil
	})
	if err != nil {
		return directory.Unknown[int](err.Error()), time.Time{}
	}
	return directory.Known(count), last
}
