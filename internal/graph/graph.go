// Package graph is the client for Microsoft Graph and the admin interface of
// Exchange Online. It never takes a part for the whole: a list ends only where
// the service says that it ends, each part of a batch has its own outcome, and
// an answer that cannot be read is an error. It keeps within the published
// limits, waits as long as it is told to, and hands back raw JSON: what an
// object means is for other rooms.
//
// Reader and Writer are apart. The Reader's transport refuses every request
// that is not on its list of reads, the Writer's every one that is not on its
// list of writes, to the letter of the body. A write is never repeated unless
// the service has said that it was not done; where nobody has said what became
// of it, its outcome is unknown.
package graph

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"vakt/internal/tenant"
)

// Options are what a client needs from outside. The zero value of each field
// but Now has a meaning.
type Options struct {
	// Now is the clock; required.
	Now func() time.Time
	// Seed makes jitter and request ids; runs with the same seed repeat them.
	Seed uint64
	// Transport carries requests; nil: the network, with the tenant's CA.
	Transport http.RoundTripper
	// Log receives waits and retries; nil: nobody.
	Log *slog.Logger
	// Progress is told after each request, from several goroutines but never
	// from two at once; nil: nobody.
	Progress func(Progress)
	// Expect is the budget that Progress counts against; nil: no ETA.
	Expect *Budget
	// Timeout is how long one request may take; 0: two minutes for Graph, five
	// for Exchange.
	Timeout time.Duration
	// Patience is how long one request may be throttled altogether before it
	// fails with Throttled; 0: an hour.
	Patience time.Duration
	// Workers is how many batches are on the way at once; 0: four.
	Workers int
}

// Reader reads a tenant. It is safe for several goroutines.
type Reader struct {
	c *client
}

// NewReader makes a reader of the tenant with the credential. Nothing is sent
// yet. Its transport lets read requests of the allow-list pass and no others.
func NewReader(t tenant.Tenant, cred azcore.TokenCredential, o Options) (*Reader, error) {
	c, err := newClient(t, cred, o, allowed{routes: readRoutes, cmdlets: readCmdlets})
	if err != nil {
		return nil, err
	}
	return &Reader{c}, nil
}

// TenantHas tells the reader that the tenant has so many users, at least. The
// directory serves larger tenants faster, and the reader takes half of that.
func (r *Reader) TenantHas(users int) { r.c.pacer.widen(users) }

// List names a collection of Graph and how it is wanted.
type List struct {
	Path    string   // below the version, as "/users"; ids in it escaped with url.PathEscape
	Select  []string // $select; without it Graph gives its few default properties
	Filter  string   // $filter
	Expand  string   // $expand
	OrderBy string   // $orderby
	Top     int      // $top; 0: the largest page that the service allows
	Beta    bool     // the beta version of the API
	// Eventual asks for an advanced query: header ConsistencyLevel and
	// $count. Such queries run on an index that lags behind writes.
	Eventual bool
}

// Page is a part of a list, in the service's order.
type Page struct {
	Items []json.RawMessage
	// Next resumes the list behind this page, also in another process; "": the
	// list has ended and is whole.
	Next string
	// Restarted says that the service let its page token expire and the list
	// begins anew: objects handed over before may come again, as they are now.
	Restarted bool
	Warnings  []string // what the service said beside the answer (Exchange)
}
