package action_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"pgregory.net/rapid"

	"vakt/internal/action"
	"vakt/internal/graph"
	"vakt/internal/rig"
)

// writes are the requests that reached the tenant to change an account, and how
// many of them did.
func writes(state *rig.State, id string) (all, applied int) {
	for _, e := range state.Truth() {
		if e.Subject == id {
			all++
			if e.Applied {
				applied++
			}
		}
	}
	return all, applied
}

// first spoils the first n changes with a fault.
func first(n int, f rig.Fault) func(rig.Request) rig.Fault {
	return func(r rig.Request) rig.Fault {
		if r.Service == "graph" && r.Method != http.MethodGet && strings.HasPrefix(r.Route, "/users/") && r.Index < n {
			return f
		}
		return rig.Fault{}
	}
}

// TestOutcomes meets every fault with every action: what is acked was done,
// what is rejected or held was not, and nothing is done twice.
func TestOutcomes(t *testing.T) {
	read, write := secrets(t)
	const ever = 1000
	for _, test := range []struct {
		name    string
		times   int
		fault   rig.Fault
		result  graph.Result
		kind    graph.Kind // of the error
		applied int
	}{
		{"nothing", 0, rig.Fault{}, graph.Acked, "", 1},
		{"429, seconds", 3, rig.Fault{Kind: rig.FaultThrottled, RetryAfter: []string{"7"}}, graph.Acked, "", 1},
		{"429, a date", 1, rig.Fault{Kind: rig.FaultThrottled, RetryAfter: []string{"date:+20"}}, graph.Acked, "", 1},
		{"429, nothing said", 4, rig.Fault{Kind: rig.FaultThrottled}, graph.Acked, "", 1},
		{"429, an hour", 1, rig.Fault{Kind: rig.FaultThrottled, RetryAfter: []string{"3600"}}, graph.Rejected, graph.Throttled, 0},
		{"429 for ever", ever, rig.Fault{Kind: rig.FaultThrottled, RetryAfter: []string{"60"}}, graph.Rejected, graph.Throttled, 0},
		{"500 before", ever, rig.Fault{Kind: rig.FaultServer, Status: 500}, graph.Unknown, graph.Unavailable, 0},
		{"500 after", ever, rig.Fault{Kind: rig.FaultServer, Status: 500, Applied: true}, graph.Unknown, graph.Unavailable, 1},
		{"502 after", ever, rig.Fault{Kind: rig.FaultServer, Status: 502, Applied: true}, graph.Unknown, graph.Unavailable, 1},
		{"503 before", ever, rig.Fault{Kind: rig.FaultServer, Status: 503}, graph.Unknown, graph.Unavailable, 0},
		{"503 after, come again", ever, rig.Fault{Kind: rig.FaultServer, Status: 503, Applied: true, RetryAfter: []string{"3"}}, graph.Unknown, graph.Unavailable, 1},
		{"504 before", ever, rig.Fault{Kind: rig.FaultServer, Status: 504}, graph.Unknown, graph.Unavailable, 0},
		{"504 after", ever, rig.Fault{Kind: rig.FaultServer, Status: 504, Applied: true}, graph.Unknown, graph.Unavailable, 1},
		{"reset unseen", ever, rig.Fault{Kind: rig.FaultReset, At: rig.CutUnseen}, graph.Unknown, graph.Unavailable, 0},
		{"reset before headers", ever, rig.Fault{Kind: rig.FaultReset, At: rig.CutBeforeHeaders}, graph.Unknown, graph.Unavailable, 1},
		{"reset in headers", ever, rig.Fault{Kind: rig.FaultReset, At: rig.CutInHeaders}, graph.Unknown, graph.Unavailable, 1},
		{"reset in the body", ever, rig.Fault{Kind: rig.FaultReset, At: rig.CutInBody}, graph.Unknown, graph.Malformed, 1},
		{"reset at the end", ever, rig.Fault{Kind: rig.FaultReset, At: rig.CutAtEnd}, graph.Unknown, graph.Malformed, 1},
		{"silence", ever, rig.Fault{Kind: rig.FaultSilent}, graph.Unknown, graph.Unavailable, 0},
		{"silence, done", ever, rig.Fault{Kind: rig.FaultSilent, Applied: true}, graph.Unknown, graph.Unavailable, 1},
		{"a page instead", ever, rig.Fault{Kind: rig.FaultHTML}, graph.Unknown, graph.Malformed, 0},
		{"a page after it was done", ever, rig.Fault{Kind: rig.FaultHTML, Applied: true}, graph.Unknown, graph.Malformed, 1},
		{"led elsewhere", ever, rig.Fault{Kind: rig.FaultRedirect}, graph.Unknown, graph.Malformed, 0},
		{"token ended", 1, rig.Fault{Kind: rig.FaultToken}, graph.Acked, "", 1},
		{"token refused", ever, rig.Fault{Kind: rig.FaultToken}, graph.Rejected, graph.Unauthorized, 0},
		{"claims wanted", 1, rig.Fault{Kind: rig.FaultChallenge}, graph.Acked, "", 1},
		{"permission lost", ever, rig.Fault{Kind: rig.FaultPermission}, graph.Rejected, graph.NotPermitted, 0},
	} {
		for _, a := range action.List() {
			inTime(t, func(t *testing.T) {
				state := generate(t, "small-business", 1)
				id, early := resources(state)[0], 0
				b := reach(t, state, read, write, rig.ServerOptions{
					Fault: first(test.times, test.fault), OnRequest: func(r rig.Request) { early += count(r.Early) },
				}, nil)
				calls := 0
				out := b.client(t).Do(t.Context(), id, a.About().Name, func(context.Context) (time.Time, error) { calls++; return time.Now(), nil })
				all, applied := writes(state, id)
				if out.Result != test.result || applied != test.applied || all > 1 || early > 0 {
					t.Errorf("%s: %s: %s (%v), %d of %d applied, %d early", a.About().Name, test.name, out.Result, out.Err, applied, all, early)
				}
				var e *graph.Error
				if errors.As(out.Err, &e); test.kind != "" && (e == nil || e.Kind != test.kind) {
					t.Errorf("%s: %s: %v", a.About().Name, test.name, out.Err)
				}
				if calls == 0 || out.Sent.IsZero() || out.ClientID == "" || (out.Status == 0) != (out.RequestID == "") {
					t.Errorf("%s: %s: ready called %d times, %+v", a.About().Name, test.name, calls, out)
				}
			})
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// TestEffectsUnderAnyFaults draws faults, and profiles of them, for one change:
// acked means once, rejected and held mean never, and nothing is done twice.
func TestEffectsUnderAnyFaults(t *testing.T) {
	read, write := secrets(t)
	kinds := []rig.Fault{
		{}, {Kind: rig.FaultThrottled, RetryAfter: []string{"1.5"}}, {Kind: rig.FaultThrottled}, {Kind: rig.FaultServer, Status: 503, RetryAfter: []string{"2"}},
		{Kind: rig.FaultServer, Status: 504, Applied: true}, {Kind: rig.FaultReset, At: rig.CutInHeaders}, {Kind: rig.FaultReset, At: rig.CutUnseen},
		{Kind: rig.FaultToken}, {Kind: rig.FaultChallenge}, {Kind: rig.FaultPermission}, {Kind: rig.FaultHTML, Applied: true}, {Kind: rig.FaultTruncated},
		{Kind: rig.FaultSilent, Applied: true}, {Kind: rig.FaultSlow, Delay: 3 * time.Second}, {Kind: rig.FaultSlow, Delay: time.Minute}, {Kind: rig.FaultRedirect},
	}
	seen := map[graph.Result]int{}
	rapid.Check(t, func(rt *rapid.T) {
		plan := rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 6).Draw(rt, "faults")
		profile := rapid.SampledFrom([]rig.Profile{{}, rig.Rough, rig.Hell}).Draw(rt, "profile")
		seed := rapid.Uint64().Draw(rt, "seed")
		act := rapid.SampledFrom(action.List()).Draw(rt, "action")
		inTime(t, func(t *testing.T) {
			state := generate(t, "small-business", 1)
			id := resources(state)[0]
			b := reach(t, state, read, write, rig.ServerOptions{Seed: seed, Faults: profile, Fault: func(r rig.Request) rig.Fault {
				if first(len(plan), rig.Fault{Kind: "hit"})(r).Kind == "" {
					return rig.Fault{}
				}
				return plan[r.Index]
			}}, nil)
			c, err := action.Open(t.Context(), b.access)
			if err != nil {
				return // the login failed too often: nothing was sent
			}
			defer c.Close()
			out := c.Do(t.Context(), id, act.About().Name, now)
			seen[out.Result]++
			all, applied := writes(state, id)
			ok := map[graph.Result]bool{
				graph.Acked: applied == 1, graph.Rejected: applied == 0, graph.Held: applied == 0, graph.Unknown: true,
			}[out.Result]
			if !ok || applied > 1 || all > 1 {
				rt.Fatalf("%s (%v): %d of %d applied", out.Result, out.Err, applied, all)
			}
		})
	})
	if seen[graph.Acked] == 0 || seen[graph.Unknown] == 0 || seen[graph.Rejected] == 0 {
		t.Errorf("results: %v", seen)
	}
}

// TestDoWritesOnlyItsField: an action leaves every other field of every object
// as it was, to the byte.
func TestDoWritesOnlyItsField(t *testing.T) {
	read, write := secrets(t)
	for _, a := range action.List() {
		inTime(t, func(t *testing.T) {
			state := generate(t, "small-business", 1)
			id := resources(state)[0]
			c := reach(t, state, read, write, rig.ServerOptions{}, nil).client(t)
			before := state.Primary()
			user, _ := before.Get(rig.Users, id)
			was := string(user.Without(a.About().Field))
			if out := c.Do(t.Context(), id, a.About().Name, now); out.Result != graph.Acked {
				t.Fatalf("%s: %+v", a.About().Name, out)
			}
			user, _ = state.Primary().Get(rig.Users, id)
			if is := string(user.Without(a.About().Field)); is != was {
				t.Errorf("%s changed\n%s\nto\n%s", a.About().Name, was, is)
			}
			if all, _ := writes(state, id); all != 1 || len(state.Truth()) != 1 {
				t.Errorf("%s: %d writes", a.About().Name, len(state.Truth()))
			}
			value, err := c.Value(t.Context(), id, a.About().Name)
			if err != nil || !a.Settled([]byte("null"), value, time.Now()) {
				t.Errorf("%s reads %s, %v", a.About().Name, value, err)
			}
		})
	}
}

// TestReadyHoldsBack: what ready refuses is not sent, and its error comes back;
// a reading that is too old is not sent on either.
func TestReadyHoldsBack(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		id := resources(state)[0]
		c := reach(t, state, read, write, rig.ServerOptions{}, nil).client(t)
		drifted, calls := errors.New("drifted"), 0
		ctx, stop := context.WithCancel(t.Context())
		for name, test := range map[string]struct {
			ready graph.Ready
			want  func(error) bool
		}{
			"its own error": {func(context.Context) (time.Time, error) { return time.Now(), drifted }, func(err error) bool { return err == drifted }}, //nolint:errorlint // unchanged
			"too old": {func(context.Context) (time.Time, error) { calls++; return time.Now().Add(-graph.Freshness - 1), nil }, func(err error) bool {
				var e *graph.Error
				return errors.As(err, &e) && e.Code == "stale_reading" && calls == 3
			}},
			"no time at all":                  {func(context.Context) (time.Time, error) { return time.Time{}, nil }, func(err error) bool { return err != nil }},
			"stopped while it was made ready": {func(context.Context) (time.Time, error) { stop(); return time.Now(), nil }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		} {
			use := t.Context()
			if name == "stopped while it was made ready" {
				use = ctx
			}
			if out := c.Do(use, id, "account.disable", test.ready); out.Result != graph.Held || !test.want(out.Err) || !out.Sent.IsZero() {
				t.Errorf("%s: %+v", name, out)
			}
		}
		if n := len(state.Truth()); n != 0 {
			t.Errorf("%d writes reached the tenant", n)
		}
	})
}

// TestStopWaitsForWhatIsOnTheWire: a change that has left is not called back.
func TestStopWaitsForWhatIsOnTheWire(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		id := resources(state)[0]
		b := reach(t, state, read, write, rig.ServerOptions{Fault: first(1, rig.Fault{Kind: rig.FaultSlow, Delay: 8 * time.Second})}, nil)
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, stop)
		begin := time.Now()
		out := b.client(t).Do(ctx, id, "account.disable", now)
		if took := time.Since(begin); out.Result != graph.Acked || took < 8*time.Second {
			t.Errorf("%+v after %s", out, took)
		}
	})
}

// TestClosedClientSendsNothing: without its token a client is harmless.
func TestClosedClientSendsNothing(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		id := resources(state)[0]
		c := reach(t, state, read, write, rig.ServerOptions{}, nil).client(t)
		c.Close()
		c.Close()
		if out := c.Do(t.Context(), id, "account.disable", now); out.Result != graph.Held || len(state.Truth()) != 0 {
			t.Errorf("%+v", out)
		}
	})
}

// stranger is a credential of another tenant.
type stranger struct{}

func (stranger) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"tid":"99999999-2222-3333-4444-555555555555","oid":"x","roles":["User.EnableDisableAccount.All"]}`))
	return azcore.AccessToken{Token: "e30." + claims + ".c2ln", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestOpenRefusesAnotherTenant: the token's tenant is compared before anything
// is sent to the tenant.
func TestOpenRefusesAnotherTenant(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		b := reach(t, generate(t, "small-business", 1), read, write, rig.ServerOptions{}, nil)
		b.access.Write = func(context.Context) (azcore.TokenCredential, error) { return stranger{}, nil }
		_, err := action.Open(t.Context(), b.access)
		var e *graph.Error
		if !errors.As(err, &e) || e.Kind != graph.WrongTenant || b.server.Requests() != 0 {
			t.Errorf("%v after %d requests", err, b.server.Requests())
		}
		b.access.Write = nil
		if _, err := action.Open(t.Context(), b.access); err == nil {
			t.Error("opened without a write credential")
		}
	})
}

// TestNamesAreRefused: an account is changed by its object id only.
func TestNamesAreRefused(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		id := resources(state)[0]
		user, _ := state.Primary().Get(rig.Users, id)
		c := reach(t, state, read, write, rig.ServerOptions{}, nil).client(t)
		for _, name := range []string{user.Text("userPrincipalName"), "", "me", id + "/", "../" + id, id + "?x"} {
			if out := c.Do(t.Context(), name, "account.disable", now); out.Result != graph.Held {
				t.Errorf("%q: %+v", name, out)
			}
			if _, err := c.Value(t.Context(), name, "account.disable"); err == nil {
				t.Errorf("%q was read", name)
			}
		}
		if out := c.Do(t.Context(), id, "account.delete", now); out.Result != graph.Held {
			t.Errorf("an action that is not there: %+v", out)
		}
	})
}

// TestMissingPermissionsAreNamed takes each permission away: it is named before
// anything is sent, and the tenant refuses the change.
func TestMissingPermissionsAreNamed(t *testing.T) {
	read, write := secrets(t)
	for _, a := range action.List() {
		for _, need := range a.About().Needs {
			inTime(t, func(t *testing.T) {
				state := generate(t, "small-business", 1)
				id := resources(state)[0]
				reader, writer := rig.ReadApp(), rig.WriteApp().Without(need, "UserAuthenticationMethod.ReadWrite.All")
				reader.Secret, writer.Secret = "read-secret", "write-secret"
				c := reach(t, state, read, write, rig.ServerOptions{Apps: []rig.App{reader, writer}}, nil).client(t)
				missing := c.Missing(a.About().Name)
				if len(missing) != 1 || missing[0].Permission.Name != need {
					t.Errorf("%s without %s: missing %v", a.About().Name, need, missing)
				}
				if need == "User.Read.All" {
					return // the simulated tenant does not want it for the change itself
				}
				out := c.Do(t.Context(), id, a.About().Name, now)
				var e *graph.Error
				if out.Result != graph.Rejected || !errors.As(out.Err, &e) || e.Permission != need {
					t.Errorf("%s without %s: %+v", a.About().Name, need, out)
				}
			})
		}
	}
}

// TestAdministratorNeedsARole: with every permission there, the error does not
// send the operator after another one.
func TestAdministratorNeedsARole(t *testing.T) {
	read, write := secrets(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "all-traps", 1)
		var admin string
		for _, o := range state.Primary().All(rig.RoleAssignments) {
			if user, ok := state.Primary().Get(rig.Users, o.Text("principalId")); ok && !user.True("onPremisesSyncEnabled") && o.Text("roleDefinitionId") == globalAdministrator {
				admin = user.Text("id")
			}
		}
		out := reach(t, state, read, write, rig.ServerOptions{}, nil).client(t).Do(t.Context(), admin, "account.disable", now)
		var e *graph.Error
		if out.Result != graph.Rejected || !errors.As(out.Err, &e) || e.Permission != "" || !strings.Contains(e.Error(), "outranks") {
			t.Errorf("%q: %+v", admin, out)
		}
	})
}

const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"
