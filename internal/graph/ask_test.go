package graph

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestLook: an answer is given with the time at which it was asked for, a
// refusal is one of the answers, and a list is followed to its end.
func TestLook(t *testing.T) {
	for _, c := range []struct {
		name, next string // next: where the list goes on; "": it does not
		status     int
		want       string
		kind       Kind
	}{
		{"object", "", 200, `{"id":"a"}`, ""},
		{"gone", "", 404, "", NotFound},
		{"refused", "", 403, "", NotPermitted},
		{"list", testGraph, 200, `{"value":[{"id":"a"},{"id":"b"}]}`, ""},
		{"list that leads elsewhere", "https://evil.example.net", 200, "", Malformed},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(2, 1)
			w.handler = func(_ *world, req *http.Request, _ []byte) (int, http.Header, string) {
				switch {
				case req.Method != get:
					t.Errorf("%s: it was sent as %s", c.name, req.Method)
				case strings.Contains(req.URL.RawQuery, "skip"):
					return 200, nil, `{"value":[{"id":"b"}]}`
				case c.next != "":
					return c.status, nil, `{"value":[{"id":"a"}],"@odata.nextLink":"` + c.next + `/v1.0/users/a/transitiveMemberOf?$skip=1"}`
				}
				return c.status, nil, `{"id":"a"}`
			}
			began := time.Now()
			told, err := w.reader(t).Look(t.Context(), Sub{Path: "/users/a/transitiveMemberOf"}, time.Second)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if !told.Asked.Equal(began) || string(told.Body) != c.want && c.kind == "" || w.foreign > 0 {
				t.Errorf("%s: asked %s after it began, got %s", c.name, told.Asked.Sub(began), told.Body)
			}
			if c.kind != "" {
				wantKind(t, told.Err, c.kind)
			} else if told.Err != nil {
				t.Errorf("%s: %v", c.name, told.Err)
			}
		})
	}
}

// TestLookTellsTheTokenApart: that the token is refused says nothing of what was
// asked for, and so it is no answer.
func TestLookTellsTheTokenApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 1)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 401, nil, "{}" }
		told, err := w.reader(t).Look(t.Context(), Sub{Path: "/users/a"}, 0)
		wantKind(t, err, Unauthorized)
		if told.Err != nil || told.Body != nil {
			t.Errorf("an answer: %+v", told)
		}
	})
}

// TestLateAnswersAreAskedForAgain: what takes too long is not waited for, alone
// and in a batch, and the time that is told is that of the request which was
// answered.
func TestLateAnswersAreAskedForAgain(t *testing.T) {
	const within = 5 * time.Second
	for name, ask := range map[string]func(context.Context, *Reader) (Told, error){
		"alone": func(ctx context.Context, r *Reader) (Told, error) { return r.Look(ctx, Sub{Path: "/users/a"}, within) },
		"batch": func(ctx context.Context, r *Reader) (Told, error) {
			all, err := r.Ask(ctx, []Sub{{ID: "x", Path: "/users/a"}}, within)
			return all["x"], err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(2, 1)
			w.handler = func(_ *world, req *http.Request, body []byte) (int, http.Header, string) {
				if req.Method == get {
					return 200, nil, `{"id":"a"}`
				}
				return 200, nil, `{"responses":[{"id":"1","status":200,"body":{"id":"a"}}]}`
			}
			first := &sluggish{next: w, late: time.Minute}
			began := time.Now()
			told, err := ask(t.Context(), w.reader(t, func(o *Options) { o.Transport = first }))
			if err != nil || told.Err != nil {
				t.Fatalf("%s: %v, %v", name, err, told.Err)
			}
			if took := time.Since(began); took < within || took > 2*within || told.Asked.Sub(began) < within || string(told.Body) != `{"id":"a"}` {
				t.Errorf("%s: after %s, asked after %s: %s", name, took, told.Asked.Sub(began), told.Body)
			}
		})
	}
}

// sluggish answers its first request late, unless it is given up before.
type sluggish struct {
	next http.RoundTripper
	late time.Duration
	n    atomic.Int64
}

func (s *sluggish) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.n.Add(1) > 1 {
		return s.next.RoundTrip(r)
	}
	select {
	case <-time.After(s.late):
		return s.next.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
