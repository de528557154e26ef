package action

import (
	"context"
	"encoding/json"
	"time"

	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// disable blocks the sign-in of an account. Mail still arrives, and whoever
// has rights in the mailbox keeps them.
// https://learn.microsoft.com/graph/api/user-update
type disable struct{}

// enabling is what blocking and unblocking need of the write registration.
// User.Read.All goes with it: the page wants both.
var enabling = []string{"User.EnableDisableAccount.All", "User.Read.All"}

func (disable) About() About {
	return About{
		Name: "account.disable", Field: enabledField, After: json.RawMessage("false"), Class: Exact, Feature: tenant.Block, Needs: enabling,
		Residual: "New sign-ins fail at once. Whoever is signed in keeps access until the access token ends: about an hour; " +
			"services with continuous access evaluation hear of it within minutes, though their tokens live up to 28 hours.",
	}
}

func (disable) Before(f *Fresh) (json.RawMessage, error) { return account(f.User).flag(enabledField) }

func (disable) Same(planned, now json.RawMessage) bool { return equal(planned, now) }

func (d disable) Settled(_, now json.RawMessage, _ time.Time) bool {
	return equal(now, d.About().After)
}

func (disable) Undo() (string, bool) { return enable{}.About().Name, true }

func (disable) read(ctx context.Context, r *graph.Reader, id string) (json.RawMessage, error) {
	a, err := readAccount(ctx, r, id)
	if err != nil {
		return nil, err
	}
	return a.flag(enabledField)
}

func (disable) do(ctx context.Context, w *graph.Writer, id string, ready graph.Ready) graph.Outcome {
	return w.SetAccountEnabled(ctx, id, false, ready)
}
