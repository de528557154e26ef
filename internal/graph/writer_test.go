package graph

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vakt/internal/tenant"
)

const testAccount = "0a1b2c3d-0000-4000-8000-00000000000f"

func newWriteGuard() (*guard, *refuser) {
	g, behind := newGuard()
	g.may = allowed{writes: writeRoutes}
	return g, behind
}

// TestWriterSendsItsChangesOnly: what the actions need passes, to the letter.
func TestWriterSendsItsChangesOnly(t *testing.T) {
	users := testGraph + "/v1.0/users/"
	for _, c := range []struct {
		service           tenant.Service
		method, url, body string
		passes            bool
	}{
		{tenant.Graph, patch, users + testAccount, `{"accountEnabled":false}`, true},
		{tenant.Graph, patch, users + strings.ToUpper(testAccount), `{"accountEnabled":true}`, true},
		{tenant.Graph, post, users + testAccount + "/revokeSignInSessions", "", true},

		{tenant.Graph, patch, users + testAccount, `{"accountEnabled":false,"department":"x"}`, false},
		{tenant.Graph, patch, users + testAccount, `{"accountEnabled":true,"accountEnabled":false}`, false},
		{tenant.Graph, patch, users + testAccount, `{"accountEnabled": false}`, false},
		{tenant.Graph, patch, users + testAccount, `{"AccountEnabled":false}`, false},
		{tenant.Graph, patch, users + testAccount, `{"accountEnabled":null}`, false},
		{tenant.Graph, patch, users + testAccount, `{"passwordProfile":{"password":"x"}}`, false},
		{tenant.Graph, patch, users + testAccount, "", false},
		{tenant.Graph, patch, users + testAccount + "?x=y", `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, users + testAccount + "/", `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, users + "anna@contoso.com", `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, users + "%30" + testAccount[1:], `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, testGraph + "/beta/users/" + testAccount, `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, testGraph + "/v1.0/me", `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, "https://graph.example.org/graph/v1.0/users/" + testAccount, `{"accountEnabled":false}`, false},
		{tenant.Graph, patch, "http://graph.example.com/graph/v1.0/users/" + testAccount, `{"accountEnabled":false}`, false},
		{tenant.Graph, "PUT", users + testAccount, `{"accountEnabled":false}`, false},
		{tenant.Graph, post, users + testAccount, `{"accountEnabled":false}`, false},
		{tenant.Graph, "DELETE", users + testAccount, "", false},
		{tenant.Graph, post, users + testAccount + "/revokeSignInSessions", "{}", false},
		{tenant.Graph, post, users + testAccount + "/RevokeSignInSessions", "", false},
		{tenant.Graph, get, users + testAccount, "", false},
		{tenant.Graph, get, testGraph + "/v1.0/users", "", false},
		{tenant.Graph, post, batchURL, `{"requests":[{"id":"1","method":"GET","url":"/users"}]}`, false},
		{tenant.Exchange, post, invokeURL, `{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":{}}}`, false},
		{tenant.Exchange, patch, users + testAccount, `{"accountEnabled":false}`, false},
	} {
		g, behind := newWriteGuard()
		err := send(t, g, c.service, c.method, c.url, c.body)
		if (err == nil) != c.passes || len(behind.reached) > 0 != c.passes {
			t.Errorf("%s %s %s: %v", c.method, c.url, c.body, err)
		}
	}
	for _, header := range []string{"X-HTTP-Method-Override", "Prefer", "If-Match", "ConsistencyLevel", "Cookie"} {
		g, behind := newWriteGuard()
		if send(t, g, tenant.Graph, patch, users+testAccount, `{"accountEnabled":false}`, header, "DELETE") == nil || len(behind.reached) > 0 {
			t.Errorf("a change passed with the header %s", header)
		}
	}
}

// FuzzWriterGuard: whatever a request is, what passes is one of three changes of
// one account.
func FuzzWriterGuard(f *testing.F) {
	f.Add("PATCH", "/v1.0/users/"+testAccount, "", `{"accountEnabled":false}`)
	f.Add("POST", "/v1.0/users/"+testAccount+"/revokeSignInSessions", "", "")
	f.Add("POST", "/v1.0/$batch", "", `{"requests":[]}`)
	f.Add("PATCH", "/v1.0/users/%2e%2e/"+testAccount, "a=b", `{"accountEnabled":true}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		url := testGraph + path
		if query != "" {
			url += "?" + query
		}
		req, err := http.NewRequestWithContext(context.WithValue(t.Context(), serviceKey{}, tenant.Graph), method, url, strings.NewReader(body))
		if err != nil {
			return
		}
		g, behind := newWriteGuard()
		resp, err := g.Do(req)
		if err != nil {
			if len(behind.reached) > 0 {
				t.Fatalf("%s %s was refused and sent", method, url)
			}
			return
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		id := strings.TrimPrefix(path, "/v1.0/users/")
		enabling := method == patch && len(id) == 36 && (body == `{"accountEnabled":false}` || body == `{"accountEnabled":true}`)
		revoking := method == post && len(id) == 36+len("/revokeSignInSessions") && strings.HasSuffix(id, "/revokeSignInSessions") && body == ""
		if req.URL.RawQuery != "" || !enabling && !revoking || !isObjectID(id[:36]) {
			t.Fatalf("%s %s %q passed", method, url, body)
		}
	})
}

// TestReaderCannotChange: each change of the Writer is refused by the Reader.
func TestReaderCannotChange(t *testing.T) {
	for _, r := range writeRoutes {
		for _, body := range append(r.bodies, nil) {
			g, behind := newGuard()
			err := send(t, g, tenant.Graph, r.method, testGraph+"/v1.0"+strings.ReplaceAll(r.pattern, "{}", testAccount), string(body))
			if err == nil || len(behind.reached) > 0 {
				t.Errorf("the reader sent %s %s %s", r.method, r.pattern, body)
			}
		}
	}
}

// reply is one answer of a service, or what befalls its connection.
type reply func() (*http.Response, error)

// answers is a service that gives its answers one after the other, the last one
// for ever.
type answers struct {
	mu   sync.Mutex
	give []reply
	came []time.Time
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.came = append(a.came, time.Now())
	next := a.give[0]
	if len(a.give) > 1 {
		a.give = a.give[1:]
	}
	a.mu.Unlock()
	if err := sleep(r.Context(), 50*time.Millisecond, nil); err != nil {
		return nil, err
	}
	return next()
}

func gives(status int, body string, header ...string) reply {
	return func() (*http.Response, error) {
		h := http.Header{"Request-Id": {"r1"}}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func fails(err error) reply {
	return func() (*http.Response, error) { return nil, err }
}

func testWriter(t *testing.T, a *answers) *Writer {
	t.Helper()
	w, err := NewWriter(tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}, newWorld(1, 0), Options{Now: time.Now, Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func readNow(context.Context) (time.Time, error) { return time.Now(), nil }

// TestStatusDecides goes through the statuses: an answer in the four hundreds
// says that nothing was done, one in the two hundreds that it was, and no other
// says anything.
func TestStatusDecides(t *testing.T) {
	for status, want := range map[int]Result{
		200: Acked, 202: Acked, 204: Acked, 301: Unknown, 307: Unknown, 400: Rejected, 402: Rejected, 403: Rejected, 404: Rejected, 405: Rejected,
		408: Unknown, 409: Rejected, 412: Rejected, 423: Rejected, 500: Unknown, 501: Rejected, 502: Unknown, 503: Unknown, 504: Unknown, 507: Unknown, 599: Unknown,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &answers{give: []reply{gives(status, "", "Retry-After", "2")}}
			out := testWriter(t, a).SetAccountEnabled(t.Context(), testAccount, false, readNow)
			if out.Result != want || out.Status != status || out.RequestID != "r1" || len(a.came) != 1 || (out.Err == nil) != (want == Acked) {
				t.Errorf("%d: %+v after %d requests", status, out, len(a.came))
			}
		})
	}
}

// TestTruthOfARevocation: only the service's own word counts.
func TestTruthOfARevocation(t *testing.T) {
	for body, want := range map[string]Result{
		`{"@odata.context":"x","value":true}`: Acked, `{"value":false}`: Unknown, `{}`: Unknown, ``: Unknown, `<html>`: Unknown,
		`{"value":true`: Unknown, `{"value":false,"value":true}`: Unknown,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := &answers{give: []reply{gives(200, body)}}
			if out := testWriter(t, a).RevokeSessions(t.Context(), testAccount, readNow); out.Result != want {
				t.Errorf("%q: %+v", body, out)
			}
		})
	}
}

// TestNobodyListens: where no connection was made nothing has left, and it may
// be tried again; any other failure may have left.
func TestNobodyListens(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, c := range []struct {
		name string
		give []reply
		want Result
		came int
	}{
		{"never", []reply{fails(dial)}, Held, maxTries},
		{"at first", []reply{fails(dial), fails(dial), gives(204, "")}, Acked, 3},
		{"read", []reply{fails(&net.OpError{Op: "read", Err: errors.New("reset")})}, Unknown, 1},
		{"write", []reply{fails(&net.OpError{Op: "write", Err: errors.New("reset")})}, Unknown, 1},
		{"end", []reply{fails(io.ErrUnexpectedEOF)}, Unknown, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, calls := &answers{give: c.give}, 0
			out := testWriter(t, a).SetAccountEnabled(t.Context(), testAccount, true, func(context.Context) (time.Time, error) { calls++; return time.Now(), nil })
			if out.Result != c.want || len(a.came) != c.came || calls != c.came {
				t.Errorf("%s: %+v after %d requests, ready %d times", c.name, out, len(a.came), calls)
			}
		})
	}
}

// TestGateShutsWhileAChangeIsMadeReady: one who has his turn when another is
// told to wait waits too, and asks again whether he may.
func TestGateShutsWhileAChangeIsMadeReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{give: []reply{gives(429, "", "Retry-After", "30"), gives(204, "")}}
		w := testWriter(t, a)
		begin := time.Now()
		results := make(chan Outcome)
		go func() { results <- w.SetAccountEnabled(t.Context(), testAccount, false, readNow) }()
		calls := 0
		go func() {
			results <- w.SetAccountEnabled(t.Context(), testAccount, true, func(ctx context.Context) (time.Time, error) {
				calls++
				var err error
				if calls == 1 {
					err = sleep(ctx, time.Second, nil)
				}
				return time.Now(), err
			})
		}()
		for range 2 {
			if out := <-results; out.Result != Acked {
				t.Errorf("%+v", out)
			}
		}
		for _, at := range a.came[1:] {
			if at.Sub(begin) < 30*time.Second {
				t.Errorf("a request came after %s", at.Sub(begin))
			}
		}
		if calls != 2 {
			t.Errorf("ready was called %d times", calls)
		}
	})
}

// TestHeldChangesLetOthersPass: after a change was throttled one goes at a time;
// one that is held back must not keep the others waiting for ever.
func TestHeldChangesLetOthersPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{give: []reply{gives(429, ""), gives(204, "")}}
		w := testWriter(t, a)
		results := make(chan Outcome)
		for i := range 6 {
			go func() {
				results <- w.SetAccountEnabled(t.Context(), testAccount, false, func(ctx context.Context) (time.Time, error) {
					if err := sleep(ctx, time.Duration(i)*time.Second, nil); err != nil || i%2 == 1 {
						return time.Time{}, errors.New("drifted")
					}
					return time.Now(), nil
				})
			}()
		}
		got := map[Result]int{}
		for range 6 {
			got[(<-results).Result]++
		}
		if got[Acked] != 3 || got[Held] != 3 {
			t.Errorf("%v", got)
		}
	})
}
