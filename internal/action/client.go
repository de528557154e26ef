package action

import (
	"context"
	"fmt"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"vakt/internal/graph"
	"vakt/internal/tenant"
)

// Access is what it takes to reach a tenant for changes.
type Access struct {
	Tenant tenant.Tenant
	// Read reads through the read registration: the same eye that made the
	// snapshot, so that what was planned and what is read afresh compare, and
	// the write registration needs no permission to read roles and mailboxes.
	Read *graph.Reader
	// Write opens the write credential. Open alone calls it: whoever does not
	// apply never touches the secret.
	Write func(context.Context) (azcore.TokenCredential, error)
	// Graph are the options of the Writer: clock, seed, transport and log.
	Graph graph.Options
}

// Client changes one tenant, for as long as an approved run lasts, and reads it
// meanwhile. It is safe for several goroutines; changes to one account are the
// caller's to order.
type Client struct {
	*Eye
	writer  *graph.Writer
	granted graph.Granted
}

// Open fetches a token that can write and makes a client. A token of another
// tenant than a.Tenant is an error, before anything else is sent. Only apply,
// rollback and policy runs of the room plan may call it. Close the client when
// the run ends.
func Open(ctx context.Context, a Access) (*Client, error) {
	if a.Write == nil {
		return nil, fmt.Errorf("tenant %q: nothing can be written: configure write_credential", a.Tenant.Name)
	}
	cred, err := a.Write(ctx)
	if err != nil {
		return nil, err
	}
	w, err := graph.NewWriter(a.Tenant, cred, a.Graph)
	if err != nil {
		return nil, err
	}
	granted, err := w.Granted(ctx)
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("tenant %q: write credential: %w", a.Tenant.Name, err)
	}
	return &Client{Eye: NewEye(a), writer: w, granted: granted}, nil
}

// Close drops the token that can write. What is on the wire ends by itself;
// nothing is sent after it. Closing again does nothing.
func (c *Client) Close() { c.writer.Close() }

// Principal is the object id of our own service principal, as the tenant's
// audit log will name it.
func (c *Client) Principal() string { return c.granted.Principal }

// Granted is what the write credential may do, as its token says.
func (c *Client) Granted() graph.Granted { return c.granted }

// Missing lists the permissions that the named actions need and that the token
// does not have, in the order of the features. It asks nothing of the tenant.
func (c *Client) Missing(names ...string) []tenant.Grant {
	var features []tenant.Capability
	var needs []string
	for _, name := range names {
		if a, ok := Find(name); ok {
			features = append(features, a.About().Feature)
			needs = append(needs, a.About().Needs...)
		}
	}
	missing := tenant.Compare(c.granted.Roles, features).Missing
	return slices.DeleteFunc(missing, func(g tenant.Grant) bool { return !slices.Contains(needs, g.Permission.Name) })
}

// Do carries out an action on the account with the object id. It calls ready
// right before the change leaves, and again before each repetition; it sends
// nothing where the reading that ready tells of is older than graph.Freshness.
// See graph.Outcome for what is then known.
func (c *Client) Do(ctx context.Context, id, name string, ready graph.Ready) graph.Outcome {
	a, err := find(name, id)
	if err != nil {
		return graph.Outcome{Result: graph.Held, Err: err}
	}
	return a.do(ctx, c.writer, id, ready)
}
