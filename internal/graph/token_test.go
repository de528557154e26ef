package graph

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
)

// TestTokenExpiresAtEveryRequest: sixteen workers and a token that dies at
// any request: one refresh for all of them, and nothing is lost.
func TestTokenExpiresAtEveryRequest(t *testing.T) {
	for n := 1; n <= 40; n++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 30)
			w.lastExp = -100
			w.fault = at(n, "expire")
			r := w.reader(t)
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					if got, _, err := collect(t.Context(), r, users, ""); err != nil || len(got) != 30 {
						t.Errorf("expiry at request %d: %d users, %v", n, len(got), err)
					}
				})
			}
			wg.Wait()
			if w.fetched != 2 {
				t.Errorf("expiry at request %d: %d tokens were fetched, want 2", n, w.fetched)
			}
		})
	}
}

// TestChallengeReachesTheCredential: the claims of a 401 are passed on; a 401
// without any asks for a token that is not the cached one.
func TestChallengeReachesTheCredential(t *testing.T) {
	for fault, want := range map[string]string{
		"cae":    `{"access_token":{"nbf":{"essential":true, "value":"1604106651"}}}`,
		"expire": `{"access_token":{"nbf":{"essential":true,"value":"946684800"}}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 5)
			w.lastExp = -100
			w.delay = time.Millisecond
			w.fault = at(1, fault)
			if _, _, err := collect(t.Context(), w.reader(t), users, ""); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"", want}, w.claims); diff != "" {
				t.Errorf("%s: %s", fault, diff)
			}
		})
	}
}

// TestTokenRevokedTwice: a request whose token somebody else has replaced
// meanwhile, by one that is refused too, has not tried a token of its own yet.
func TestTokenRevokedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 5)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 200, nil, "{}" }
		r, errs := w.reader(t), make(chan error, 2)
		look := func() {
			_, err := r.Look(t.Context(), Sub{Path: "/users/a"}, 0)
			errs <- err
		}
		wait := func(d time.Duration) {
			if err := sleep(t.Context(), d, nil); err != nil {
				t.Fatal(err)
			}
		}
		revoke := func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.valid++
		}
		_, err := r.Granted(t.Context())
		revoke()
		go look() // refused after w.delay, then it fetches the second token
		wait(w.delay / 2)
		go look() // refused later, with the first token
		wait(w.delay * 3 / 4)
		revoke() // and that second token is refused as well
		if err := errors.Join(err, <-errs, <-errs); err != nil {
			t.Error(err)
		}
		if w.n != 5 {
			t.Errorf("%d requests", w.n)
		}
	})
}

// TestSecondChallengeIsMet: a service may revoke the very token that was fetched
// for its challenge, and challenge again; but not for ever.
func TestSecondChallengeIsMet(t *testing.T) {
	for challenges, want := range map[int]Kind{1: "", 2: "", 3: Unauthorized, 9: Unauthorized} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 5)
			w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 200, nil, "{}" }
			w.fault = func(n int, _ *http.Request) string {
				if n > challenges {
					return ""
				}
				w.valid++
				return "cae"
			}
			_, err := w.reader(t).Look(t.Context(), Sub{Path: "/users/a"}, 0)
			if want == "" && err != nil {
				t.Errorf("%d challenges: %v", challenges, err)
			} else if want != "" {
				wantKind(t, err, want)
			}
			if requests := min(challenges+1, 3); w.n != requests || w.fetched != requests {
				t.Errorf("%d challenges: %d requests, %d tokens", challenges, w.n, w.fetched)
			}
		})
	}
}

func TestSecondRefusalStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 5)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) {
			return 401, nil, `{"error":{"code":"InvalidAuthenticationToken"}}`
		}
		_, _, err := collect(t.Context(), w.reader(t), users, "")
		wantKind(t, err, Unauthorized)
		if w.n != 2 || w.fetched != 2 {
			t.Errorf("%d requests, %d tokens", w.n, w.fetched)
		}
	})
}

// TestTokenOfAnotherTenantIsNotUsed: nothing is sent with it.
func TestTokenOfAnotherTenantIsNotUsed(t *testing.T) {
	w := newWorld(4, 5)
	w.tid = "99999999-2222-3333-4444-555555555555"
	r := w.reader(t)
	_, _, err := collect(t.Context(), r, users, "")
	wantKind(t, err, WrongTenant)
	_, err = r.Granted(t.Context())
	wantKind(t, err, WrongTenant)
	if w.n != 0 {
		t.Errorf("%d requests were sent", w.n)
	}
}

// credential is a fixed token, or an error.
type credential struct {
	token string
	err   error
}

func (c credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: c.token, ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

func TestTokenThatCannotBeReadIsNotUsed(t *testing.T) {
	for _, c := range []credential{
		{token: "opaque"}, {token: "a.!.c"}, {token: "a." + base64.RawURLEncoding.EncodeToString([]byte("{")) + ".c"},
		{token: ""}, {err: errors.New("AADSTS7000215: invalid secret")},
	} {
		tokens := newTokens(c, "s", testTenant, time.Now)
		_, err := tokens.get(t.Context())
		wantKind(t, err, Unauthorized)
		if c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("the cause is lost: %v", err)
		}
	}
}

func TestTokenIsReplacedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 5)
		r := w.reader(t)
		for range 3 {
			if _, _, err := collect(t.Context(), r, users, ""); err != nil {
				t.Fatal(err)
			}
			if err := sleep(t.Context(), 56*time.Minute, nil); err != nil {
				t.Fatal(err)
			}
		}
		if w.fetched != 3 {
			t.Errorf("%d tokens", w.fetched)
		}
	})
}

func TestGranted(t *testing.T) {
	w := newWorld(4, 5)
	w.roles = []string{"User.Read.All", "AuditLog.Read.All"}
	got, err := w.reader(t).Granted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Granted{
		Tenant: testTenant, Principal: "aaaaaaaa-0000-0000-0000-000000000001", Application: "bbbbbbbb-0000-0000-0000-000000000001",
		Roles: []string{"AuditLog.Read.All", "User.Read.All"}, ExchangeRoles: []string{"AuditLog.Read.All", "User.Read.All"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if all := got.All(); !slices.Equal(all, want.Roles) {
		t.Errorf("all: %v", all)
	}
	if w.n != 0 {
		t.Error("a request was sent")
	}
}

// FuzzChallenge: a header gives no claims, or claims that are JSON.
func FuzzChallenge(f *testing.F) {
	f.Add(`Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="`)
	f.Add(`Bearer claims="`)
	f.Fuzz(func(t *testing.T, line string) {
		got := challenge(http.Header{"Www-Authenticate": {line}})
		if got != "" && strict([]byte(got)) != nil && !strings.Contains(got, "{") {
			t.Errorf("%q gives %q", line, got)
		}
	})
}

// FuzzReadClaims: a token is read or refused.
func FuzzReadClaims(f *testing.F) {
	f.Add("a.e30.c")
	f.Add("a.eyJ0aWQiOiJ4In0.c")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := readClaims(text); err == nil && strings.Count(text, ".") != 2 {
			t.Errorf("read %q", text)
		}
	})
}
