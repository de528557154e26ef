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

	"github.com/google/go-cmp/cmp"
)

func asError(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *Error", err, err)
	}
	return e
}

func wantKind(t testing.TB, err error, want Kind) {
	t.Helper()
	if e := asError(t, err); e.Kind != want {
		t.Errorf("got %s: %v, want %s", e.Kind, err, want)
	}
}

// collect reads a list of users and counts how often each came.
func collect(ctx context.Context, r *Reader, l List, resume string) (map[string]int, []Page, error) {
	got := map[string]int{}
	var pages []Page
	err := r.List(ctx, l, resume, func(p Page) error {
		for _, item := range p.Items {
			var u struct{ ID string }
			if err := json.Unmarshal(item, &u); err != nil {
				return err
			}
			got[u.ID]++
		}
		p.Items = nil
		pages = append(pages, p)
		return nil
	})
	return got, pages, err
}

var users = List{Path: "/users", Select: []string{"id"}}

// at makes a fault happen on one request.
func at(n int, fault string) func(int, *http.Request) string {
	return func(i int, _ *http.Request) string {
		if i == n {
			return fault
		}
		return ""
	}
}

// TestListIsWholeWhateverHappensWhere lets every fault happen at every page.
func TestListIsWholeWhateverHappensWhere(t *testing.T) {
	for _, fault := range faults {
		for n := 1; n <= 8; n++ {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(4, 50)
				w.fault = at(n, fault)
				got, _, err := collect(t.Context(), w.reader(t), users, "")
				if err != nil || len(got) != 50 {
					t.Errorf("%s at request %d: %d users, %v", fault, n, len(got), err)
				}
				for id, times := range got {
					if times != 1 {
						t.Errorf("%s at request %d: %s came %d times", fault, n, id, times)
					}
				}
			})
		}
	}
}

func TestListThatExpiresAgainAndAgainFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		w.fault = func(_ int, req *http.Request) string {
			if strings.Contains(req.URL.RawQuery, "skiptoken=21") {
				return "expired"
			}
			return ""
		}
		got, _, err := collect(t.Context(), w.reader(t), users, "")
		wantKind(t, err, Gone)
		if w.n != 16 || len(got) != 21 {
			t.Errorf("%d requests, %d users: want three restarts", w.n, len(got))
		}
	})
}

func TestListThatLoopsStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		w.fault = func(_ int, req *http.Request) string {
			if strings.Contains(req.URL.RawQuery, "skiptoken=14") {
				return "loop"
			}
			return ""
		}
		_, _, err := collect(t.Context(), w.reader(t), users, "")
		wantKind(t, err, Malformed)
		if w.n != 5 {
			t.Errorf("%d requests: want the page asked for three times", w.n)
		}
	})
}

func TestListWithoutEndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		w.handler = func(w *world, _ *http.Request, _ []byte) (int, http.Header, string) {
			return 200, nil, fmt.Sprintf(`{"value":[],"@odata.nextLink":"%s/v1.0/users?$skiptoken=%d"}`, testGraph, w.n)
		}
		_, _, err := collect(t.Context(), w.reader(t), users, "")
		wantKind(t, err, Malformed)
	})
}

// TestNextPageElsewhereIsRefused: the token stays with the service.
func TestNextPageElsewhereIsRefused(t *testing.T) {
	for _, next := range []string{
		"https://evil.example.net/graph/v1.0/users?$skiptoken=1",
		"https://graph.example.com.evil.example.net/graph/v1.0/users",
		"http://graph.example.com/graph/v1.0/users",
		"https://graph.example.com:8443/graph/v1.0/users",
		"https://user@graph.example.com/graph/v1.0/users",
		"https://graph.example.com/other/v1.0/users",
		"https://graph.example.com/graphic/v1.0/users",
		"//graph.example.com/graph/v1.0/users",
		"/graph/v1.0/users?$skiptoken=1",
		"https://graph.example.com%2eevil.example.net/graph/v1.0/users",
		"%zz",
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 50)
			w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) {
				raw, err := json.Marshal(next)
				if err != nil {
					t.Fatal(err)
				}
				return 200, nil, `{"value":[{"id":"a"}],"@odata.nextLink":` + string(raw) + `}`
			}
			_, pages, err := collect(t.Context(), w.reader(t), users, "")
			wantKind(t, err, Malformed)
			if w.n != 1 || w.foreign != 0 || len(pages) != 0 {
				t.Errorf("%s: %d requests, %d elsewhere, %d pages", next, w.n, w.foreign, len(pages))
			}
		})
	}
}

func TestListResumesInAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		stop := errors.New("stopped")
		got := map[string]int{}
		place := ""
		for run := 0; ; run++ {
			pages := 0
			err := w.reader(t).List(t.Context(), users, place, func(p Page) error {
				for _, item := range p.Items {
					got[string(item)]++
				}
				place = p.Next
				if pages++; pages == 2 && p.Next != "" {
					return stop
				}
				return nil
			})
			if err == nil {
				break
			}
			if !errors.Is(err, stop) || run > 10 {
				t.Fatal(err)
			}
		}
		if len(got) != 50 || place != "" || w.n != 8 {
			t.Errorf("%d users in %d requests", len(got), w.n)
		}
	})
}

func TestListResumedWithAnExpiredTokenBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		_, pages, err := collect(t.Context(), w.reader(t), users, "")
		if err != nil {
			t.Fatal(err)
		}
		w.fault = at(w.n+1, "expired")
		got, pages, err := collect(t.Context(), w.reader(t), users, pages[3].Next)
		if err != nil || len(got) != 50 || !pages[0].Restarted || pages[1].Restarted {
			t.Errorf("%d users, %v, pages %+v", len(got), err, pages)
		}
	})
}

func TestResumeTokenOfAnotherListIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		r := w.reader(t)
		_, pages, err := collect(t.Context(), r, users, "")
		if err != nil {
			t.Fatal(err)
		}
		n := w.n
		for _, bad := range []string{"", "x", "!!!", "e30"} {
			if bad == "" {
				bad = pages[0].Next
				_, _, err = collect(t.Context(), r, List{Path: "/users", Select: []string{"id", "mail"}}, bad)
			} else {
				_, _, err = collect(t.Context(), r, users, bad)
			}
			wantKind(t, err, Malformed)
		}
		if w.n != n {
			t.Error("a request was sent")
		}
	})
}

// TestQueries looks at what is sent.
func TestQueries(t *testing.T) {
	for _, c := range []struct {
		list List
		want string
	}{
		{List{Path: "/users"}, "/graph/v1.0/users?$top=999"},
		{List{Path: "/users", Select: []string{"id", "signInActivity"}}, "/graph/v1.0/users?$select=id,signInActivity&$top=500"},
		{List{Path: "/users", Top: 5000}, "/graph/v1.0/users?$top=999"},
		{List{Path: "/users", Top: 20}, "/graph/v1.0/users?$top=20"},
		{List{Path: "/users", Filter: "userType eq 'Guest' and displayName ne 'A&B+C'", Eventual: true}, "/graph/v1.0/users?$filter=userType%20eq%20'Guest'%20and%20displayName%20ne%20'A%26B%2BC'&$top=999&$count=true"},
		{List{Path: "/domains"}, "/graph/v1.0/domains"},
		{List{Path: "/users/a/authentication/requirements", Beta: true}, "/graph/beta/users/a/authentication/requirements"},
		{List{Path: "/auditLogs/signIns", Filter: "createdDateTime ge 2026-05-01T00:00:00Z", OrderBy: "createdDateTime"}, "/graph/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%202026-05-01T00:00:00Z&$orderby=createdDateTime&$top=1000"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 1)
			sent, consistency := "", ""
			w.handler = func(_ *world, req *http.Request, _ []byte) (int, http.Header, string) {
				sent, consistency = req.URL.RequestURI(), req.Header.Get(consistencyHeader)
				return 200, nil, `{"value":[]}`
			}
			if _, _, err := collect(t.Context(), w.reader(t), c.list, ""); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, sent); diff != "" || (consistency == "eventual") != c.list.Eventual {
				t.Errorf("consistency %q:\n%s", consistency, diff)
			}
		})
	}
}

func TestGet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 1)
		answers := []string{"<html>", `{"id":"a","id":"b"}`, `{"id":"a"}`}
		w.handler = func(w *world, _ *http.Request, _ []byte) (int, http.Header, string) { return 200, nil, answers[w.n-1] }
		got, err := w.reader(t).Get(t.Context(), List{Path: "/policies/authorizationPolicy"})
		if err != nil || string(got) != `{"id":"a"}` {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

func TestAnswersThatStayUnreadableFail(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 80) + "1" + strings.Repeat("}", 80)
	for name, body := range map[string]string{
		"html": "<html>", "cut": `{"value":[`, "twice": `{"value":[],"value":[]}`, "twice inside": `{"value":[{"id":"a","b":{"c":1,"c":2}}]}`,
		"escaped twice": `{"value":[{"id":"a","\u0069d":"b"}]}`, "no value": `{}`, "an array": `[]`, "null": `null`, "value of another kind": `{"value":7}`,
		"deep": `{"value":[` + deep + `]}`, "empty": ``, "two": `{"value":[]}{"value":[]}`,
		"too large": `{"value":[],"x":"` + strings.Repeat("x", maxAnswer) + `"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(4, 1)
			w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) { return 200, nil, body }
			_, pages, err := collect(t.Context(), w.reader(t), users, "")
			if err == nil {
				t.Fatalf("%s: taken", name)
			}
			wantKind(t, err, Malformed)
			if len(pages) > 0 || w.n > 1+maxMalformed {
				t.Errorf("%s: %d pages, %d requests", name, len(pages), w.n)
			}
		})
	}
}

// TestStopsWhenTold: a cancelled context ends a list that waits, at once.
func TestStopsWhenTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4, 50)
		w.handler = func(*world, *http.Request, []byte) (int, http.Header, string) {
			return 429, http.Header{"Retry-After": {"600"}}, ""
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, _, err := collect(ctx, w.reader(t), users, "")
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// FuzzReadList: an answer is refused, or each of its objects is strict JSON.
func FuzzReadList(f *testing.F) {
	for _, s := range []string{`{"value":[]}`, `{"value":[{"id":"a"}],"@odata.nextLink":"x"}`, `{"value":[1e400]}`, `{"value":null}`, `{"value":[{"a":1,"\u0061":2}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := readList(body)
		if err != nil {
			return
		}
		for _, item := range *l.Value {
			if strict(item) != nil {
				t.Errorf("took %q", item)
			}
		}
	})
}
