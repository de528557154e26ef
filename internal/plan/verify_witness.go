package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vakt/internal/action"
	"vakt/internal/directory"
	"vakt/internal/graph"
)

// disabledAccount is the error of a sign-in that was refused because the
// account is blocked.
const disabledAccount = 50057

// LiveWitness is what Deps.Witness can be: who may use the mailbox, from
// Exchange, and how many attempts were refused since the block, from the
// sign-in log. What cannot be read is unknown and says why; the log needs
// AuditLog.Read.All and Entra ID P1.
// https://learn.microsoft.com/graph/api/signin-list
func LiveWitness(a action.Access) func(ctx context.Context, c Change, since time.Time) (Witness, error) {
	eye := action.NewEye(a)
	return func(ctx context.Context, c Change, since time.Time) (Witness, error) {
		w := Witness{}
		fresh, err := eye.Delegates(ctx, c.Subject.ID)
		if err != nil {
			w.Delegates = directory.Unknown[[]Delegate](err.Error())
		} else {
			w.Delegates = delegates(fresh.Account)
		}
		n, last, err := refusals(ctx, a.Read, c.Subject.ID, since)
		if err != nil {
			w.Refused = directory.Unknown[int](err.Error())
		} else {
			w.Refused, w.Last = directory.Known(n), last
		}
		return w, ctx.Err()
	}
}

// refusals counts the sign-ins that were refused because an account is blocked.
func refusals(ctx context.Context, r *graph.Reader, account string, since time.Time) (n int, last time.Time, err error) {
	filter := fmt.Sprintf("createdDateTime ge %s and userId eq '%s' and status/errorCode eq %d", since.UTC().Format(time.RFC3339), account, disabledAccount)
	seen := map[string]bool{}
	err = r.List(ctx, graph.List{Path: "/auditLogs/signIns", Filter: filter}, "", func(p graph.Page) error {
		for _, raw := range p.Items {
			var e struct {
				ID string    `json:"id"`
				At time.Time `json:"createdDateTime"`
			}
			if err := json.Unmarshal(raw, &e); err != nil || e.ID == "" || e.At.IsZero() {
				return errors.Join(errors.New("the sign-in log cannot be read"), err)
			}
			if seen[e.ID] = true; e.At.After(last) {
				last = e.At
			}
		}
		return nil
	})
	return len(seen), last, err
}
