package directory_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/rig"
	"vakt/internal/tenant"
)

// passAccounts is the size of the tenant of TestPassKeepsToItsBudget: small
// where nobody asks, 100,000 for the figure that is published.
var passAccounts = flag.Int("accounts", 2000, "accounts of the tenant whose requests are counted")

// counter counts requests by what they ask for, on their way to the tenant.
type counter struct {
	next http.RoundTripper
	mu   sync.Mutex
	n    map[string]int
}

// RoundTrip counts and passes on.
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	kind, err := kindOfRequest(r)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.n[kind]++
	c.mu.Unlock()
	return c.next.RoundTrip(r)
}

// Kinds of requests.
const (
	usersPass    = "users: accounts"
	activityPass = "users: sign-in activity"
)

func kindOfRequest(r *http.Request) (string, error) {
	path := r.URL.Path
	switch {
	case strings.HasSuffix(path, "/InvokeCommand"):
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var call struct{ CmdletInput struct{ CmdletName string } }
		if err := json.Unmarshal(body, &call); err != nil {
			return "", err
		}
		return "Exchange: " + call.CmdletInput.CmdletName, nil
	case strings.Contains(path, "/oauth2/") || strings.Contains(path, "/.well-known/") || strings.Contains(path, "/discovery/"):
		return "login", nil
	case strings.HasSuffix(path, "/$batch"):
		return "batches", nil
	case strings.HasSuffix(path, "/users") && strings.Contains(r.URL.Query().Get("$select"), "signInActivity"):
		return activityPass, nil
	case strings.HasSuffix(path, "/users"):
		return usersPass, nil
	}
	_, name, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "list: " + name, nil
}

// A pass over a tenant asks for pages and nothing for a person, keeps to the
// budget that is shown before it, and lasts no longer than our own pace makes
// it: 100,000 accounts take at most 350 requests for accounts with their last
// sign-in. The clock of the test is virtual; the services answer at once.
func TestPassKeepsToItsBudget(t *testing.T) { inTime(t, testPass) }

func testPass(t *testing.T) {
	w := newWorld(t, "big", *passAccounts)
	counted := &counter{n: map[string]int{}}
	start := time.Now()
	sink := directory.NewMemory(w.state.TenantID(), start)
	r := w.readerThrough(t, rig.ServerOptions{}, func(next http.RoundTripper) http.RoundTripper { counted.next = next; return counted })
	if err := directory.Collect(t.Context(), r, sink, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	s := decode(t, sink)
	if !s.Complete {
		t.Fatalf("not complete: %v", s.Missing)
	}

	budget := graph.NewBudget(populationOf(s))
	resources := enabledResources(s)
	accounts := len(s.Accounts)
	if got, most := counted.n[usersPass]+counted.n[activityPass], (accounts*350+99_999)/100_000+1; got > most {
		t.Errorf("%d requests for %d accounts, want at most %d", got, accounts, most)
	}
	if got := counted.n["Exchange: Get-MailboxPermission"]; got > resources {
		t.Errorf("%d looks at permissions for %d enabled resource mailboxes", got, resources)
	}
	all := 0
	for _, n := range counted.n {
		all += n
	}
	if expected := budget.Requests(""); all > expected*11/10+20 {
		t.Errorf("%d requests, the budget said %d", all, expected)
	}
	if bound := budget.Bound(); took > bound*11/10+time.Minute {
		t.Errorf("took %s, our pace makes it %s at least", took, bound)
	}
	t.Log("\n" + passTable(counted.n, budget, accounts, resources, took))
}

// enabledResources counts the mailboxes that are asked about one by one.
func enabledResources(s *directory.Snapshot) (n int) {
	for i := range s.Accounts {
		if a := &s.Accounts[i]; a.Kind.Known && a.Kind.Value.Resource() && directory.Is(a.Enabled, true) {
			n++
		}
	}
	return n
}

func populationOf(s *directory.Snapshot) graph.Population {
	p := graph.Population{Accounts: len(s.Accounts), Resources: enabledResources(s), Groups: len(s.Groups.Value), Activity: true, Exchange: true}
	for i := range s.Accounts {
		if s.Accounts[i].Mailbox.Value != nil {
			p.Mailboxes++
		}
	}
	for _, g := range s.Groups.Value {
		p.Members += len(g.Members.Value)
	}
	return p
}

// passTable is the figure, as it is published.
func passTable(n map[string]int, b graph.Budget, accounts, resources int, took time.Duration) string {
	var out strings.Builder
	fmt.Fprintf(&out, "one pass over %d accounts, %d enabled resource mailboxes\n\n| requests | |\n|---|---:|\n", accounts, resources)
	kinds := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
	few := 0
	for _, kind := range kinds {
		if n[kind] < 3 {
			few += n[kind]
			continue
		}
		fmt.Fprintf(&out, "| %s | %d |\n", kind, n[kind])
	}
	fmt.Fprintf(&out, "| everything else | %d |\n\n", few)
	fmt.Fprintf(&out, "accounts with their last sign-in: %d requests (at most 350 for 100,000)\n", n[usersPass]+n[activityPass])
	fmt.Fprintf(&out, "budget shown before: %d to Graph, %d to Exchange\n", b.Requests(tenant.Graph), b.Requests(tenant.Exchange))
	fmt.Fprintf(&out, "virtual time %s; our own pace makes it %s at least\n", took.Round(time.Second), b.Bound().Round(time.Second))
	return out.String()
}
