package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// revoke ends every session of an account: refresh tokens and browser sessions
// that are older than the call are worth nothing. It cannot be undone, and it
// has no effect on guests, whose sessions are those of their own tenant.
// https://learn.microsoft.com/graph/api/user-revokesigninsessions
type revoke struct{}

// skew is how far the service's clock may be behind ours: beyond it nothing is
// applied at all.
const skew = 5 * time.Minute

func (revoke) About() About {
	return About{
		Name: "sessions.revoke", Field: sessionsField, After: json.RawMessage(Now), Class: OneWay,
		Feature: tenant.Block, Needs: []string{"User.RevokeSessions.All"},
		Residual: "It takes some minutes to reach every service. Access tokens that were given out before live on until they end: " +
			"about an hour, up to 28 hours with continuous access evaluation, whose services are told to refuse them within minutes.",
	}
}

// Before is the time from which sessions are valid, null where they never were
// revoked.
func (revoke) Before(f *Fresh) (json.RawMessage, error) { return moment(account(f.User)) }

func moment(a account) (json.RawMessage, error) {
	raw, err := a.property(sessionsField)
	if err != nil {
		return nil, err
	}
	if _, ok := timeOf(raw); !ok {
		return nil, fmt.Errorf("%s is %q, no time", sessionsField, raw)
	}
	return raw, nil
}

// Same is true of every value: whatever the time was, ending the sessions now
// is what was planned.
func (revoke) Same(_, _ json.RawMessage) bool { return true }

// Settled wants a time that is later than the one before and no earlier than
// the call, as far as two clocks agree.
func (revoke) Settled(before, now json.RawMessage, sent time.Time) bool {
	was, ok := timeOf(before)
	is, read := timeOf(now)
	if !ok || !read || is.IsZero() {
		return false
	}
	moved := is.After(was) || !sent.IsZero() && !is.Before(sent.Truncate(time.Second)) // the service writes whole seconds
	return moved && !is.Before(sent.Add(-skew))
}

// timeOf reads a time; null is the zero time.
func timeOf(raw json.RawMessage) (time.Time, bool) {
	var t *time.Time
	if err := json.Unmarshal(raw, &t); err != nil {
		return time.Time{}, false
	}
	if t == nil {
		return time.Time{}, true
	}
	return *t, true
}

func (revoke) Undo() (string, bool) { return "", false }

func (revoke) read(ctx context.Context, r *graph.Reader, id string) (json.RawMessage, error) {
	a, err := readAccount(ctx, r, id)
	if err != nil {
		return nil, err
	}
	return moment(a)
}

func (revoke) do(ctx context.Context, w *graph.Writer, id string, ready graph.Ready) graph.Outcome {
	return w.RevokeSessions(ctx, id, ready)
}
