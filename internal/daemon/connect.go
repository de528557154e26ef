package daemon

import (
	"context"
	"log/slog"
	"time"

	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// Connection is what connecting to a tenant needs of the process.
type Connection struct {
	// Now is the clock; required.
	Now func() time.Time
	// Log receives waits and retries.
	Log *slog.Logger
	// Prompt shows a person what to do to sign in; required for device_code.
	Prompt func(message string)
	// Progress is told after each request; nil: nobody.
	Progress func(graph.Progress)
	// Expect is the budget that the progress is counted against; nil: none.
	Expect *graph.Budget
}

// Connect opens a client that can read a tenant, with the credential of its
// configuration. Nothing is sent yet.
func Connect(t tenant.Tenant, c Connection) (*graph.Reader, error) {
	cred, err := graph.NewCredential(t, t.Credential, graph.CredentialOptions{
		Prompt: func(_ context.Context, message string) error { c.Prompt(message); return nil },
	})
	if err != nil {
		return nil, err
	}
	return graph.NewReader(t, cred, graph.Options{Now: c.Now, Seed: uint64(c.Now().UnixNano()), Log: c.Log, Progress: c.Progress, Expect: c.Expect})
}
