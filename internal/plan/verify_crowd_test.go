package plan_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// crowd lets each request take a tenth of a second and counts how many accounts
// are being read back at the same time. At the first moment at which there are
// many it revokes every token.
type crowd struct {
	next   http.RoundTripper
	revoke func()

	mu         sync.Mutex
	now, most  int
	wasRevoked bool
}

// many is how many reads are on the way when the tokens are revoked.
const many = 60

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.RawQuery, "$select=id,accountEnabled,signInSessionsValidFromDateTime") {
		c.comes(1)
		defer c.comes(-1)
	}
	select {
	case <-time.After(100 * time.Millisecond):
		return c.next.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (c *crowd) comes(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
	if c.now == many && !c.wasRevoked {
		c.wasRevoked = true
		c.revoke()
	}
}

// TestRevokedTokenCostsFewRequests: however many changes are read back, no more
// than a hundred are on the way, and no more come twice when the token that they
// came with is revoked.
func TestRevokedTokenCostsFewRequests(t *testing.T) {
	const accounts, atOnce = 160, 100
	inTime(t, func(t *testing.T) {
		var mu sync.Mutex
		refused := 0
		var w *world
		c := &crowd{revoke: func() { w.server.ChallengeTokens() }}
		w = newWorld(t, setting{
			shared: 2 * accounts, seed: 3,
			server: rig.ServerOptions{OnRequest: func(r rig.Request) {
				mu.Lock()
				defer mu.Unlock()
				if r.Status == http.StatusUnauthorized {
					refused++
				}
			}},
			wrap: func(next http.RoundTripper) http.RoundTripper {
				c.next = next
				return c
			},
		})
		r := w.apply(w.approve(w.plan(accounts, false)))
		if n := r.Count(plan.Verified); n != accounts {
			t.Errorf("%d of %d are verified: %s", n, accounts, r.Why)
		}
		if c.most > atOnce || c.most < atOnce*9/10 {
			t.Errorf("%d were read back at the same time", c.most)
		}
		if !c.wasRevoked || refused < many || refused > atOnce {
			t.Errorf("%d requests came with a revoked token", refused)
		}
	})
}
