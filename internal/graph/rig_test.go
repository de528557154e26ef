package graph_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vakt/internal/graph"
	"vakt/internal/rig"
	"vakt/internal/sim"
	"vakt/internal/tenant"
)

// noon is when the simulated tenant's time begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// inTime runs a test on virtual time.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(noon))
		f(t)
	})
}

// host stands between the client and the tenant. It counts the tokens that
// leave for anybody else, and the parts of batches that come before a time
// that the client was told: one that was lost on the way tells nobody.
type host struct {
	next    http.RoundTripper
	foreign atomic.Int64

	mu    sync.Mutex
	until map[string]time.Time // by the part's address
	early int
}

// batched is what a batch and its answer have in common.
type batched struct {
	Requests  []struct{ ID, URL string }
	Responses []struct {
		ID      string
		Status  int
		Headers map[string]string
	}
}

// arrives looks at the parts of a batch on their way out.
func (h *host) arrives(body []byte) map[string]string {
	var b batched
	if json.Unmarshal(body, &b) != nil {
		return nil
	}
	urls := map[string]string{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range b.Requests {
		urls[p.ID] = p.URL
		if time.Now().Before(h.until[p.URL]) {
			h.early++
		}
	}
	return urls
}

// returns looks at the answer that the client gets.
func (h *host) returns(urls map[string]string, body []byte) {
	var b batched
	if json.Unmarshal(body, &b) != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range b.Responses {
		seconds, err := strconv.ParseFloat(p.Headers["Retry-After"], 64)
		if url := urls[strings.ToLower(p.ID)]; p.Status == 429 && err == nil && url != "" {
			h.until[url] = time.Now().Add(time.Duration(seconds * float64(time.Second)))
		}
	}
}

func (h *host) batch(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	urls := h.arrives(body)
	resp, err := h.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err = io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK {
		h.returns(urls, body)
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
	return resp, nil
}

// failing ends a body with the error that it had.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, cmp.Or(f.err, io.EOF) }

func (h *host) RoundTrip(req *http.Request) (*http.Response, error) {
	known := []string{"graph.microsoft.com", "outlook.office365.com", "login.microsoftonline.com", "ps.compliance.protection.outlook.com"}
	if !slices.Contains(known, req.URL.Host) && req.Header.Get("Authorization") != "" {
		h.foreign.Add(1)
	}
	if strings.HasSuffix(req.URL.Path, "/$batch") {
		return h.batch(req)
	}
	return h.next.RoundTrip(req)
}

func generate(t testing.TB, scenario string, seed uint64) *rig.State {
	t.Helper()
	s, err := sim.Load(os.DirFS(filepath.Join("..", "..", "scenarios")), scenario)
	if err != nil {
		t.Fatal(err)
	}
	state, _, err := rig.Generate(s, rig.Options{Clock: time.Now, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// open signs in to a simulated tenant and makes a reader of it.
func open(t testing.TB, state *rig.State, secret string, o rig.ServerOptions) (*graph.Reader, *rig.Server, *host) {
	t.Helper()
	o.OnUnknown = func(request string) { t.Errorf("the simulated tenant does not know %s", request) }
	server := rig.Handler(state, o)
	h := &host{next: server.Transport(), until: map[string]time.Time{}}
	cloud, _ := tenant.CloudByName("global")
	where := tenant.Tenant{
		Name: "contoso", ID: state.TenantID(), Cloud: cloud,
		Credential: tenant.Credential{Kind: tenant.Secret, ClientID: rig.ReadApp().ClientID, File: secret},
	}
	cred, err := graph.NewCredential(where, where.Credential, graph.CredentialOptions{Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := graph.NewReader(where, cred, graph.Options{Now: time.Now, Seed: o.Seed, Transport: h})
	if err != nil {
		t.Fatal(err)
	}
	return r, server, h
}

func readSecret(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("read-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ids reads a list and gives the ids of its objects as they came.
func ids(t testing.TB, r *graph.Reader, l graph.List) ([]string, error) {
	t.Helper()
	var out []string
	err := r.List(t.Context(), l, "", func(p graph.Page) error {
		for _, item := range p.Items {
			var o struct{ ID string }
			if err := json.Unmarshal(item, &o); err != nil {
				return err
			}
			out = append(out, o.ID)
		}
		return nil
	})
	return out, err
}

func usersOf(state *rig.State) []string {
	var out []string
	for _, object := range state.Primary().All(rig.Users) {
		out = append(out, object.Text("id"))
	}
	slices.Sort(out)
	return out
}

// TestReadsASimulatedTenant: every list that a scan needs arrives whole, with
// the permissions and limits that a real tenant has.
func TestReadsASimulatedTenant(t *testing.T) {
	secret := readSecret(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		r, _, _ := open(t, state, secret, rig.ServerOptions{})
		got, err := ids(t, r, graph.List{Path: "/users", Select: []string{"id", "signInActivity"}, Top: 10})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, usersOf(state)) {
			t.Errorf("%d users, %v", len(got), err)
		}
		boxes := 0
		err = r.Cmdlet(t.Context(), graph.Cmdlet{Name: "Get-Mailbox", Parameters: map[string]any{"ResultSize": "Unlimited"}}, "", func(p graph.Page) error {
			boxes += len(p.Items)
			return nil
		})
		if err != nil || boxes == 0 {
			t.Errorf("%d mailboxes, %v", boxes, err)
		}
		granted, err := r.Granted(t.Context())
		if err != nil || granted.Tenant != state.TenantID() || granted.ExchangeErr != nil {
			t.Errorf("granted %+v, %v", granted, err)
		}
		if c := tenant.Compare(granted.All(), tenant.ReadFeatures()); len(c.Missing)+len(c.Surplus) > 0 {
			t.Errorf("missing %v, surplus %v", c.Missing, c.Surplus)
		}
		if n, err := r.Count(t.Context(), "/users"); err != nil || n != len(usersOf(state)) {
			t.Errorf("counted %d users of %d, %v", n, len(usersOf(state)), err)
		}
		may, err := r.Cmdlets(t.Context())
		if err != nil || !slices.Contains(may, "Get-Mailbox") || slices.Contains(may, "Set-Mailbox") {
			t.Errorf("may call %v, %v", may, err)
		}
	})
}

// TestEachMissingPermissionIsNamed takes the permission of each route away:
// the error is typed and names it.
func TestEachMissingPermissionIsNamed(t *testing.T) {
	does := map[string]string{ // another permission that opens this route alone
		"/organization":                                      "User.Read.All",
		"/users/{}/transitiveMemberOf":                       "GroupMember.Read.All",
		"/users/{}/transitiveMemberOf/microsoft.graph.group": "GroupMember.Read.All",
	}
	secret := readSecret(t)
	inTime(t, func(t *testing.T) {
		state := generate(t, "all-traps", 1)
		user := usersOf(state)[0]
		for _, need := range graph.RouteNeeds() {
			if need.Permission == "ExchangeMessageTrace.Read.All" || strings.Contains(need.Path, "/groups/{}") || strings.Contains(need.Path, "/servicePrincipals/{}") {
				continue // another object's id, or a service that the simulated tenant does not have
			}
			r, server, _ := open(t, state, secret, rig.ServerOptions{Unlimited: true})
			p, _ := tenant.PermissionByName(need.Permission)
			server.Deny(append(append([]string{p.Name}, p.Wider...), does[need.Path])...)
			l := graph.List{Path: strings.ReplaceAll(need.Path, "{}", user), Beta: strings.HasSuffix(need.Path, "/requirements")}
			_, err := r.Get(t.Context(), l)
			var e *graph.Error
			if !errors.As(err, &e) || e.Kind != graph.NotPermitted || e.Permission != need.Permission {
				t.Errorf("%s without %s: %v", need.Path, need.Permission, err)
			}
		}
	})
}

// TestSeededFaultsOfASimulatedTenant: under rough and hellish weather nothing
// comes early, nothing goes elsewhere, and what has no error is whole and
// right.
func TestSeededFaultsOfASimulatedTenant(t *testing.T) {
	n := 60
	if text := os.Getenv("VAKT_SEEDS"); text != "" {
		many, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		n = max(n, many/10)
	}
	secret := readSecret(t)
	whole, broken, right := 0, 0, 0
	inTime(t, func(t *testing.T) {
		state := generate(t, "small-business", 1)
		want := usersOf(state)
		for seed := range n {
			var early, requests atomic.Int64
			o := rig.ServerOptions{Seed: uint64(seed), Faults: []rig.Profile{rig.Calm, rig.Rough, rig.Hell}[seed%3]}
			o.OnRequest = func(q rig.Request) {
				requests.Add(1)
				if q.Early && !q.Part { // parts: see host
					early.Add(1)
				}
			}
			r, _, h := open(t, state, secret, o)
			got, err := ids(t, r, graph.List{Path: "/users", Select: []string{"id"}, Top: 9})
			slices.Sort(got)
			var typed *graph.Error
			switch {
			case err == nil && slices.Equal(got, want):
				whole++
			case err == nil:
				t.Errorf("seed %d: %d of %d users, and no error", seed, len(got), len(want))
			case errors.As(err, &typed):
				broken++
			default:
				t.Errorf("seed %d: %v (%T)", seed, err, err)
			}
			right += purposes(t, r, state, want, seed)
			if early.Load() > 0 || h.early > 0 || h.foreign.Load() > 0 {
				t.Errorf("seed %d: %d requests and %d parts came early, %d tokens went elsewhere", seed, early.Load(), h.early, h.foreign.Load())
			}
		}
	})
	t.Logf("%d runs: %d lists whole, %d broken off, %d purposes right", n, whole, broken, right)
	if whole < n/2 || right == 0 {
		t.Errorf("%d of %d lists whole, %d purposes: the client gives up too easily", whole, n, right)
	}
}

// purposes asks for every account's mailbox and compares with the state.
func purposes(t testing.TB, r *graph.Reader, state *rig.State, users []string, seed int) int {
	t.Helper()
	types := map[string]string{}
	for _, box := range state.Primary().All(rig.Mailboxes) {
		types[box.Text("ExternalDirectoryObjectId")] = box.Text("RecipientTypeDetails")
	}
	means := map[string]string{"SharedMailbox": "shared", "RoomMailbox": "room", "EquipmentMailbox": "equipment", "UserMailbox": "user"}
	right, answered := 0, map[string]int{}
	err := r.Purposes(t.Context(), users, func(id, purpose string, err error) error {
		answered[id]++
		want, known := means[types[id]]
		switch {
		case err == nil && known && purpose != want:
			t.Errorf("seed %d: %s is %q, and was read as %q", seed, id, types[id], purpose)
		case err == nil:
			right++
		}
		return nil
	})
	var typed *graph.Error
	if err != nil && !errors.As(err, &typed) {
		t.Errorf("seed %d: %v (%T)", seed, err, err)
	}
	for _, id := range users {
		if err == nil && answered[id] != 1 {
			t.Errorf("seed %d: %s was answered %d times", seed, id, answered[id])
		}
	}
	return right
}
