package action

import (
	"context"
	"encoding/json"
	"time"

	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// enable allows the sign-in of an account again.
// https://learn.microsoft.com/graph/api/user-update
type enable struct{}

func (enable) About() About {
	return About{
		Name: "account.enable", Field: enabledField, After: json.RawMessage("true"), Class: Exact, Feature: tenant.Block, Needs: enabling,
		Residual: "The password and the sign-in methods are those from before the block: who knew them then can sign in again.",
	}
}

func (enable) Before(f *Fresh) (json.RawMessage, error) { return disable{}.Before(f) }

func (enable) Same(planned, now json.RawMessage) bool { return equal(planned, now) }

func (e enable) Settled(_, now json.RawMessage, _ time.Time) bool { return equal(now, e.About().After) }

func (enable) Undo() (string, bool) { return disable{}.About().Name, true }

func (enable) read(ctx context.Context, r *graph.Reader, id string) (json.RawMessage, error) {
	return disable{}.read(ctx, r, id)
}

func (enable) do(ctx context.Context, w *graph.Writer, id string, ready graph.Ready) graph.Outcome {
	return w.SetAccountEnabled(ctx, id, true, ready)
}
