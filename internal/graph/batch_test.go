package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestBatchAnswersAreNeverMisattributed deals out generated answers: in any
// order, missing, doubled, doubled with another content, foreign, with ids in
// another case. A part has the one answer that carries its id, or none.
func TestBatchAnswersAreNeverMisattributed(t *testing.T) {
	const each = 50 // answers a check, 5,000 in the usual hundred checks
	w := newWorld(1, 1)
	rapid.Check(t, func(rt *rapid.T) {
		for i := range each {
			dealOnce(t, rt, w, i)
		}
	})
}

func dealOnce(t *testing.T, rt *rapid.T, w *world, i int) {
	r := w.reader(t)
	n := rapid.IntRange(1, maxBatch).Draw(rt, fmt.Sprint("parts ", i))
	b := &batch{c: r.c}
	var parts []*part
	for k := range n {
		path := fmt.Sprintf("/users/%s/mailboxSettings", userID(k))
		one, err := r.c.listCall(List{Path: path, Top: -1})
		if err != nil {
			rt.Fatal(err)
		}
		parts = append(parts, &part{sub: Sub{ID: userID(k), Path: path}, call: one, wire: fmt.Sprintf("w%d", k)})
	}
	expect, lines := generateAnswers(rt, parts)
	body := `{"responses":[` + strings.Join(lines, ",") + `]}`
	if err := b.deal(parts, answer{200, http.Header{}, []byte(body)}, time.Time{}); err != nil {
		rt.Fatalf("%s: %v", body, err)
	}
	for k, p := range parts {
		if p.status != expect[k] {
			rt.Fatalf("part %d: status %d, want %d\n%s", k, p.status, expect[k], body)
		}
		if p.status == 200 && bodyEcho(p.body) != p.sub.ID {
			rt.Fatalf("part %d has the answer of %q\n%s", k, bodyEcho(p.body), body)
		}
		if (p.err == nil) != (p.status == 200) {
			rt.Fatalf("part %d: status %d, error %v", k, p.status, p.err)
		}
	}
}

// generateAnswers makes the answers of a batch and says what each part should
// have: a status, or 0 for none.
func generateAnswers(rt *rapid.T, parts []*part) (expect []int, lines []string) {
	statuses := []int{200, 200, 200, 204, 403, 404, 424, 429, 500}
	line := func(id string, status int, echo string) string {
		return fmt.Sprintf(`{"id":%q,"status":%d,"body":{"echo":%q}}`, id, status, echo)
	}
	for _, p := range parts {
		id := p.wire
		if rapid.Bool().Draw(rt, "case") {
			id = strings.ToUpper(id)
		}
		status := rapid.SampledFrom(statuses).Draw(rt, "status")
		if status == 204 {
			status = 200
		}
		want := status
		switch rapid.IntRange(0, 5).Draw(rt, "what") {
		case 0: // missing
			want = 0
		case 1: // doubled
			lines = append(lines, line(id, status, p.sub.ID), line(p.wire, status, p.sub.ID))
		case 2: // doubled, and the two differ
			lines = append(lines, line(id, status, p.sub.ID), line(id, status, "somebody else"))
			want = 0
		case 3: // with a foreign one beside it
			lines = append(lines, line("x"+id, 200, "nobody"), line(id, status, p.sub.ID))
		default:
			lines = append(lines, line(id, status, p.sub.ID))
		}
		expect = append(expect, want)
	}
	return expect, rapid.Permutation(lines).Draw(rt, "order")
}

func subs(n int) []Sub {
	var out []Sub
	for i := range n {
		out = append(out, Sub{ID: userID(i), Path: "/users/" + userID(i) + "/mailboxSettings?$select=userPurpose"})
	}
	return out
}

// TestBatchWaitsForOnePart: a part that was throttled is sent again by itself,
// when it was told to.
func TestBatchWaitsForOnePart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 1)
		var sent [][]string
		var times []time.Time
		w.handler = func(_ *world, _ *http.Request, body []byte) (int, http.Header, string) {
			var in batchRequest
			if err := json.Unmarshal(body, &in); err != nil {
				t.Error(err)
			}
			var ids, out []string
			for k, p := range in.Requests {
				ids = append(ids, p.URL)
				if len(sent) == 0 && k == 3 {
					out = append(out, fmt.Sprintf(`{"id":%q,"status":429,"headers":{"Retry-After":"17"},"body":{}}`, p.ID))
					continue
				}
				out = append(out, fmt.Sprintf(`{"id":%q,"status":200,"body":{"userPurpose":"room"}}`, p.ID))
			}
			sent, times = append(sent, ids), append(times, time.Now())
			return 200, nil, `{"responses":[` + strings.Join(out, ",") + `]}`
		}
		n := 0
		err := w.reader(t).Batch(t.Context(), subs(20), func(_ string, _ int, _ json.RawMessage, err error) error {
			n++
			return err
		})
		if err != nil || n != 20 || len(sent) != 2 || len(sent[1]) != 1 || !strings.Contains(sent[1][0], userID(3)) {
			t.Fatalf("%d parts, %v, sent %v", n, err, sent)
		}
		if gap := times[1].Sub(times[0]); gap < 17*time.Second || gap > 19*time.Second {
			t.Errorf("the part was sent again after %s", gap)
		}
	})
}

// TestBatchCompletesLists: a list that did not fit its part is followed to its
// end, and fails where that cannot be done.
func TestBatchCompletesLists(t *testing.T) {
	for _, next := range []string{testGraph, "https://evil.example.net"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(2, 1)
			w.handler = func(_ *world, req *http.Request, body []byte) (int, http.Header, string) {
				if req.Method == get {
					return 200, nil, `{"value":[{"id":"c"}]}`
				}
				return 200, nil, `{"responses":[{"id":"1","status":200,"body":{"value":[{"id":"a"},{"id":"b"}],"@odata.nextLink":"` + next +
					`/v1.0/users/a/mailFolders/inbox/messageRules?$skip=2"}}]}`
			}
			got, failed := "", error(nil)
			err := w.reader(t).Batch(t.Context(), []Sub{{ID: "x", Path: "/users/a/mailFolders/inbox/messageRules"}}, func(_ string, _ int, body json.RawMessage, err error) error {
				got, failed = string(body), err
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if next == testGraph && (failed != nil || got != `{"value":[{"id":"a"},{"id":"b"},{"id":"c"}]}`) {
				t.Errorf("got %s, %v", got, failed)
			}
			if next != testGraph {
				wantKind(t, failed, Malformed)
				if got != "" || w.foreign > 0 {
					t.Errorf("got %s, %d requests elsewhere", got, w.foreign)
				}
			}
		})
	}
}

// TestBatchPartsThatStaySilentFail: each has its error, and the others their
// answers.
func TestBatchPartsThatStaySilentFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 1)
		w.handler = func(_ *world, _ *http.Request, body []byte) (int, http.Header, string) {
			var in batchRequest
			if err := json.Unmarshal(body, &in); err != nil {
				t.Error(err)
			}
			var out []string
			for _, p := range in.Requests {
				switch {
				case strings.Contains(p.URL, userID(1)):
				case strings.Contains(p.URL, userID(2)):
					out = append(out, fmt.Sprintf(`{"id":%q,"status":503,"body":{}}`, p.ID))
				case strings.Contains(p.URL, userID(3)):
					out = append(out, fmt.Sprintf(`{"id":%q,"status":403,"body":{"error":{"code":"ErrorAccessDenied"}}}`, p.ID))
				case strings.Contains(p.URL, userID(4)):
					out = append(out, fmt.Sprintf(`{"id":%q,"status":429,"headers":{"Retry-After":"9000"},"body":{}}`, p.ID))
				case strings.Contains(p.URL, userID(5)):
					out = append(out, fmt.Sprintf(`{"id":%q,"status":401,"body":{}}`, p.ID))
				default:
					out = append(out, fmt.Sprintf(`{"id":%q,"status":200,"body":{}}`, p.ID))
				}
			}
			return 200, nil, `{"responses":[` + strings.Join(out, ",") + `]}`
		}
		got := map[string]error{}
		err := w.reader(t).Batch(t.Context(), subs(30), func(id string, _ int, _ json.RawMessage, err error) error {
			got[id] = err
			return nil
		})
		if err != nil || len(got) != 30 {
			t.Fatalf("%d parts, %v", len(got), err)
		}
		for i := range 30 {
			want := map[int]Kind{1: Unavailable, 2: Unavailable, 3: NotPermitted, 4: Throttled, 5: Unauthorized}[i]
			if err := got[userID(i)]; want != "" {
				wantKind(t, err, want)
			} else if err != nil {
				t.Errorf("part %d: %v", i, err)
			}
		}
		if e := asError(t, got[userID(3)]); e.Permission != "MailboxSettings.Read" {
			t.Errorf("permission %q", e.Permission)
		}
	})
}

func TestBatchRefusesWhatCannotBeBatched(t *testing.T) {
	w := newWorld(2, 1)
	for _, path := range []string{"/users?$select=id,signInActivity", "/auditLogs/signIns", "/identity/conditionalAccess/policies", "/applications", "users"} {
		err := w.reader(t).Batch(t.Context(), []Sub{{ID: "x", Path: path}}, func(string, int, json.RawMessage, error) error { return nil })
		wantKind(t, err, Refused)
	}
	if w.n > 0 {
		t.Error("something was sent")
	}
}

func TestBatchStopsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		w := newWorld(2, 1)
		err := w.reader(t).Batch(t.Context(), subs(500), func(string, int, json.RawMessage, error) error { return stop })
		if !errors.Is(err, stop) || w.n > 8 {
			t.Errorf("%v after %d batches", err, w.n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err = w.reader(t).Batch(ctx, subs(500), func(string, int, json.RawMessage, error) error { return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestBatchOfNothing(t *testing.T) {
	if err := newWorld(2, 1).reader(t).Batch(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}

// TestBatchesSpareAMailbox: of one mailbox at most four parts are on the way.
func TestBatchesSpareAMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 1)
		most := 0
		w.handler = func(_ *world, _ *http.Request, body []byte) (int, http.Header, string) {
			var in batchRequest
			if err := json.Unmarshal(body, &in); err != nil {
				t.Error(err)
			}
			most = max(most, len(in.Requests))
			var out []string
			for _, p := range in.Requests {
				out = append(out, fmt.Sprintf(`{"id":%q,"status":200,"body":{}}`, p.ID))
			}
			return 200, nil, `{"responses":[` + strings.Join(out, ",") + `]}`
		}
		var many []Sub
		for i := range 30 {
			many = append(many, Sub{ID: fmt.Sprint(i), Path: "/users/a/mailFolders/inbox/messageRules"})
		}
		n := 0
		err := w.reader(t).Batch(t.Context(), many, func(_ string, _ int, _ json.RawMessage, err error) error {
			n++
			return err
		})
		if err != nil || n != 30 || most > mailboxAtOnce {
			t.Errorf("%d parts, %v, %d at once", n, err, most)
		}
	})
}

// FuzzDeal: an answer to a batch is refused, or gives each part one answer at
// most and never that of a foreign id.
func FuzzDeal(f *testing.F) {
	f.Add([]byte(`{"responses":[{"id":"1","status":200,"body":{"echo":"1"}},{"id":"2","status":404}]}`))
	f.Add([]byte(`{"responses":[{"id":"1","status":429,"headers":{"Retry-After":"1"}},{"id":"1","status":200}]}`))
	f.Add([]byte(`{"responses":[{"id":1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := newWorld(1, 1).reader(t)
		b, err := r.c.newBatch(subs(2))
		if err != nil {
			t.Fatal(err)
		}
		parts, _ := b.pick(time.Now())
		if b.deal(parts, answer{200, http.Header{}, body}, time.Time{}) != nil {
			return
		}
		for _, p := range parts {
			if (p.err == nil) != (p.status >= 200 && p.status < 300) {
				t.Errorf("status %d, error %v", p.status, p.err)
			}
		}
	})
}
