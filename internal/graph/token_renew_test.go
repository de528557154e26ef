package graph

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"vakt/internal/tenant"
)

// authority takes a second for each token, and may refuse to give one.
type authority struct {
	*world
	mu    sync.Mutex
	asked int
	fails func(n int) error // of the nth request; nil: none fails
}

func (a *authority) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	a.mu.Lock()
	a.asked++
	n := a.asked
	a.mu.Unlock()
	if err := sleep(ctx, time.Second, nil); err != nil {
		return azcore.AccessToken{}, err
	}
	if a.fails != nil {
		if err := a.fails(n); err != nil {
			return azcore.AccessToken{}, err
		}
	}
	return a.world.GetToken(ctx, o)
}

// renewal is a reader that has a token which was revoked since.
func renewal(t *testing.T) (*authority, func(context.Context) error) {
	t.Helper()
	a := &authority{world: newWorld(4, 5)}
	a.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 200, nil, "{}" }
	r, err := NewReader(tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}, a, Options{Now: time.Now, Seed: 4, Transport: a.world})
	if err != nil {
		t.Fatal(err)
	}
	look := func(ctx context.Context) error {
		_, err := r.Look(ctx, Sub{Path: "/users/a"}, 0)
		return err
	}
	if err := look(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.world.mu.Lock()
	a.valid++
	a.world.mu.Unlock()
	return a, look
}

func waitFor(t *testing.T, d time.Duration) {
	t.Helper()
	if err := sleep(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
}

// TestRefusedTokenIsHeldBack: what is on the way when the service first refuses a
// token comes twice; all that is to be sent from then on waits for the next token
// and comes once.
func TestRefusedTokenIsHeldBack(t *testing.T) {
	const onTheWay, later = 20, 300
	synctest.Test(t, func(t *testing.T) {
		a, look := renewal(t)
		var group sync.WaitGroup
		start := func(n int) {
			for range n {
				group.Go(func() {
					if err := look(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		start(1)
		waitFor(t, a.delay/2)
		start(onTheWay - 1)
		waitFor(t, a.delay*3/4) // the first has been refused, the others not yet
		for range 3 {
			start(later / 3)
			waitFor(t, a.delay)
		}
		group.Wait()
		if want := 1 + 2*onTheWay + later; a.n != want || a.asked != 2 {
			t.Errorf("%d requests, want %d; %d tokens", a.n, want, a.asked)
		}
	})
}

// TestNobodyWaitsBehindOldTokens: with many who want a token at the very moment
// at which it is refused, none of them gets it after that.
func TestNobodyWaitsBehindOldTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := renewal(t)
		tokens := newTokens(a, "s", testTenant, time.Now)
		old, err := tokens.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		<-tokens.turn // somebody else is at it
		var group sync.WaitGroup
		var r refusals
		group.Go(func() {
			if err := tokens.renew(t.Context(), old, "", &r); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 50 {
			group.Go(func() {
				if got, err := tokens.get(t.Context()); err != nil || got.generation == old.generation {
					t.Errorf("generation %d, %v", got.generation, err)
				}
			})
		}
		synctest.Wait()
		tokens.end()
		group.Wait()
		if a.asked != 3 || r.fetched+r.stale != 1 {
			t.Errorf("%d tokens, %+v", a.asked, r)
		}
	})
}

// TestRenewalThatFailsIsSharedByAll: an authority that gives no token is asked
// once for all who wait, and again for who comes later.
func TestRenewalThatFailsIsSharedByAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, look := renewal(t)
		down := errors.New("the authority is down")
		a.fails = func(n int) error {
			if n == 2 {
				return down
			}
			return nil
		}
		errs := make(chan error)
		for range 50 {
			go func() { errs <- look(t.Context()) }()
		}
		for range 50 {
			if err := <-errs; !errors.Is(err, down) {
				t.Errorf("the cause is lost: %v", err)
			}
		}
		if a.asked != 2 {
			t.Errorf("%d tokens were asked for", a.asked)
		}
		if err := look(t.Context()); err != nil || a.asked != 3 {
			t.Errorf("%d tokens, then %v", a.asked, err)
		}
		if last := a.claims[len(a.claims)-1]; last == "" {
			t.Error("the token that was refused was asked for again")
		}
	})
}

// TestRenewalOutlivesItsCaller: whoever gives up waits no longer and takes
// nothing from the others, also where the token was being fetched for him.
func TestRenewalOutlivesItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, look := renewal(t)
		first, giveUp := context.WithCancel(t.Context())
		began := time.Now()
		errs, others := make(chan error, 1), make(chan error)
		go func() { errs <- look(first) }()
		waitFor(t, a.delay/2)
		second, leave := context.WithTimeout(t.Context(), 2*a.delay)
		defer leave()
		late := make(chan error, 1)
		go func() { late <- look(second) }()
		for range 10 {
			go func() { others <- look(t.Context()) }()
		}
		if err := <-late; !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*a.delay {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		giveUp()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for range 10 {
			if err := <-others; err != nil {
				t.Error(err)
			}
		}
		if a.asked != 3 {
			t.Errorf("%d tokens were asked for", a.asked)
		}
	})
}
