package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vakt/internal/extract"
	"vakt/internal/tenant"
)

const consistencyHeader = "ConsistencyLevel"

// activityTop is the largest page of users with signInActivity.
const activityTop = 500

// List hands over a collection page by page, from its beginning or from where
// resume, a Page.Next of the same list, left off. It returns nil only when the
// service has said that the list ends. Objects that carry an id are handed
// over once, whatever the service repeats; in a list that was resumed and
// whose page token has expired meanwhile, those from before come again. An
// error of page ends the list and is returned as it is.
func (r *Reader) List(ctx context.Context, l List, resume string, page func(Page) error) error {
	first, err := r.c.listCall(l)
	if err != nil {
		return err
	}
	return r.c.walk(ctx, first, resume, page)
}

// Get reads one object. Of the List it takes Path, Select, Expand and Beta.
func (r *Reader) Get(ctx context.Context, l List) (json.RawMessage, error) {
	l.Top = -1
	one, err := r.c.listCall(l)
	if err != nil {
		return nil, err
	}
	one.read = wholeObject
	a, err := r.c.do(ctx, one)
	if err != nil {
		return nil, err
	}
	return a.body, nil
}

// wholeObject wants an answer to be one JSON object.
func wholeObject(a answer) error {
	if err := strict(a.body); err != nil {
		return err
	}
	if extract.Kind(bytes.TrimSpace(a.body)) != '{' {
		return errors.New("the answer is no object")
	}
	return nil
}

// listCall makes the first request of a list.
func (c *client) listCall(l List) (*call, error) {
	version := versions[0]
	if l.Beta {
		version = versions[1]
	}
	path, query, _ := strings.Cut(l.Path, "?")
	r, ok := find(c.routes, get, version+path)
	if !ok {
		return nil, &Error{Kind: Refused, Method: get, Path: version + path, Code: "not_on_the_list", Err: errors.New("the path is not on the list of reads")}
	}
	q := l.query(r, query)
	one := &call{
		route: r, method: get, name: version + path, url: c.tenant.Cloud.Graph + version + path + q,
		header: http.Header{"Accept": {"application/json"}}, timeout: c.timeout(tenant.Graph), activity: wantsActivity(q),
	}
	if l.Eventual {
		one.header.Set(consistencyHeader, "eventual")
	}
	if r.class == directory { // an inventory gives way to people's work
		one.header.Set("x-ms-throttle-priority", "low")
	}
	one.charges = chargesOf(r, path, q)
	return one, nil
}

// query writes the query, with the largest page unless another was wanted.
func (l List) query(r *route, given string) string {
	var parts []string
	if given != "" {
		parts = append(parts, given)
	}
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+escapeQuery(value))
		}
	}
	add("$select", strings.Join(l.Select, ","))
	add("$filter", l.Filter)
	add("$expand", l.Expand)
	add("$orderby", l.OrderBy)
	if top := l.top(r); top > 0 {
		add("$top", strconv.Itoa(top))
	}
	if l.Eventual {
		add("$count", "true")
	}
	if len(parts) == 0 {
		return ""
	}
	return "?" + strings.Join(parts, "&")
}

func (l List) top(r *route) int {
	most := r.top
	if most > activityTop && (wantsActivity(strings.Join(l.Select, ",")) || wantsActivity(l.Filter)) {
		most = activityTop
	}
	if l.Top == 0 || most > 0 && l.Top > most {
		return most
	}
	return l.Top
}

// escapeQuery escapes a value and leaves what OData writes readable.
func escapeQuery(s string) string {
	return strings.NewReplacer("%2C", ",", "%28", "(", "%29", ")", "%27", "'", "%24", "$", "%3A", ":", "%2F", "/", "+", "%20").
		Replace(url.QueryEscape(s))
}

// chargesOf is what a request costs: the route's units, less one with $select
// where more than one, one more with $expand, and for signInActivity a place
// in two more classes.
func chargesOf(r *route, path, query string) []charge {
	units := r.units
	if r.class == directory && r.units == 2 && strings.Contains(query, "$select=") {
		units--
	}
	if r.class == directory && strings.Contains(query, "$expand=") {
		units++
	}
	out := []charge{{r.service, r.class, units, mailboxOf(r, path)}}
	if wantsActivity(query) {
		out = append(out, charge{r.service, activity, 1, ""}, charge{r.service, reports, 1, ""})
	}
	return out
}

// mailboxOf is the account whose mailbox a mail request asks.
func mailboxOf(r *route, path string) string {
	if r.class != mail {
		return ""
	}
	segments := strings.Split(path, "/")
	return strings.ToLower(segments[2])
}

// Limits of one enumeration.
const (
	maxRestarts = 3    // times that it begins anew because its token expired
	maxVisits   = 3    // times that the same page is asked for
	maxBarren   = 1000 // pages in a row that bring nothing new
)

// walk is one enumeration on its way.
type walk struct {
	c        *client
	first    *call
	seen     map[string]struct{}
	visits   map[string]int
	last     [sha256.Size]byte // of the page before, for lists without ids
	restarts int
	barren   int
	again    bool // the next page handed over is the first after a restart
}

func (c *client) walk(ctx context.Context, first *call, resume string, page func(Page) error) error {
	w := &walk{c: c, first: first, seen: map[string]struct{}{}, visits: map[string]int{}}
	at, err := w.start(resume)
	for err == nil && at != "" {
		at, err = w.step(ctx, at, page)
	}
	return err
}

// start is the address to begin at.
func (w *walk) start(resume string) (string, error) {
	if resume == "" {
		return w.first.url, nil
	}
	at, err := w.openToken(resume)
	if err != nil {
		return "", w.broken("bad_resume_token", err)
	}
	return at, nil
}

// step fetches one page and hands it over. It gives the address of the next
// one, or "" at the end.
func (w *walk) step(ctx context.Context, at string, page func(Page) error) (string, error) {
	if w.visits[at]++; w.visits[at] > maxVisits {
		return "", w.broken("paging_loop", errors.New("the list leads back to a page that was read three times"))
	}
	var l list
	one := *w.first
	one.url = at
	one.read = func(a answer) (err error) {
		l, err = readList(a.body)
		return err
	}
	if _, err := w.c.do(ctx, &one); err != nil {
		if at != w.first.url && expired(err) {
			return w.restart(err)
		}
		return "", err
	}
	if l.Next != "" {
		if err := w.follows(l.Next); err != nil {
			return "", err
		}
	}
	return w.hand(l, page)
}

// restart begins anew.
func (w *walk) restart(err error) (string, error) {
	if w.restarts++; w.restarts > maxRestarts {
		return "", fmt.Errorf("after %d restarts: %w", maxRestarts, err)
	}
	w.visits, w.again = map[string]int{}, true
	return w.first.url, nil
}

// expired says whether a page that should have followed is gone. A plain 400
// counts: the same query was understood when the list began, and the address
// is the service's own.
func expired(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Kind == Gone || e.Kind == BadRequest)
}

// follows refuses an address for the next page that would take the token
// elsewhere.
func (w *walk) follows(next string) error {
	base, err := w.c.tenant.Cloud.Base(w.first.route.service)
	if err != nil {
		return w.broken("no_base", err)
	}
	u, err := url.Parse(next)
	if err != nil {
		return w.broken("bad_next_page", errors.New("the address of the next page cannot be read"))
	}
	if _, ok := below(base, u, w.first.route.service == tenant.Compliance); !ok {
		return w.broken("foreign_next_page", fmt.Errorf("the next page would be at %q, which is not the service", u.Host))
	}
	return nil
}

// hand gives the new objects of a page to the caller.
func (w *walk) hand(l list, page func(Page) error) (string, error) {
	p := Page{Items: w.fresh(*l.Value), Restarted: w.again, Warnings: warnings(l.Warnings)}
	w.again = false
	if l.Next != "" {
		p.Next = w.sealToken(l.Next)
	}
	if w.barren++; len(p.Items) > 0 {
		w.barren = 0
	}
	if w.barren > maxBarren {
		return "", w.broken("barren_list", errors.New("a thousand pages in a row brought nothing new"))
	}
	w.c.meter.got(len(p.Items))
	if err := page(p); err != nil {
		return "", err
	}
	return l.Next, nil
}

// fresh leaves out objects that were handed over before: by their id, and in
// a list without ids a page that repeats the one before it.
func (w *walk) fresh(items []json.RawMessage) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(items))
	sum := sha256.New()
	nameless := false
	for _, item := range items {
		id := identity(item)
		if id == "" {
			nameless = true
			sum.Write(item)
			sum.Write([]byte{0})
		} else if _, before := w.seen[id]; before {
			continue
		} else {
			w.seen[id] = struct{}{}
		}
		out = append(out, item)
	}
	if !nameless {
		return out
	}
	was := w.last
	if w.last = [sha256.Size]byte(sum.Sum(nil)); was == w.last {
		return nil
	}
	return out
}

// identity is what an object is known by: the id of Graph, or the Guid of
// Exchange; "" for objects that have neither.
func identity(item json.RawMessage) string {
	for _, key := range []string{"id", "Guid"} {
		if v := extract.Member(item, key); extract.Kind(v) == '"' && len(v) > 2 {
			return string(v)
		}
	}
	return ""
}

func warnings(raw []json.RawMessage) []string {
	var out []string
	for _, w := range raw {
		var s string
		if json.Unmarshal(w, &s) != nil {
			s = string(w)
		}
		out = append(out, shorten(s))
	}
	return out
}

func (w *walk) broken(code string, err error) error {
	return &Error{Kind: Malformed, Method: w.first.method, Path: w.first.label(), Code: code, Err: err}
}

// resumeToken is what Page.Next holds: the next page, and which list it is of.
type resumeToken struct {
	Version int    `json:"v"`
	Query   string `json:"q"`
	URL     string `json:"u"`
}

func (w *walk) query() string {
	sum := sha256.Sum256([]byte(w.c.tenant.ID + "\x00" + w.first.url + "\x00" + string(w.first.body)))
	return hex.EncodeToString(sum[:8])
}

func (w *walk) sealToken(next string) string {
	raw, err := json.Marshal(resumeToken{1, w.query(), next})
	if err != nil {
		return "" // three texts always encode
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (w *walk) openToken(resume string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(resume)
	if err != nil {
		return "", errors.New("the place to resume at cannot be read")
	}
	var t resumeToken
	if err := json.Unmarshal(raw, &t); err != nil || t.Version != 1 || t.URL == "" {
		return "", errors.New("the place to resume at cannot be read")
	}
	if t.Query != w.query() {
		return "", errors.New("the place to resume at belongs to another list")
	}
	return t.URL, w.follows(t.URL)
}
