package rig

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// deltaLife is how long a delta token of the directory lives: the page "Use
// delta query to track changes in Microsoft Graph data".
const deltaLife = 7 * 24 * time.Hour

// deltaToken is how many writes had reached the tenant when a round ended,
// and when that was.
type deltaToken struct {
	writes int
	at     time.Time
}

func (d deltaToken) text() string {
	b := binary.AppendUvarint([]byte{'d'}, uint64(d.writes))
	return base64.RawURLEncoding.EncodeToString(binary.AppendVarint(b, d.at.Unix()))
}

func readDelta(text string) (d deltaToken, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != 'd' {
		return d, false
	}
	writes, n := binary.Uvarint(b[1:])
	if n <= 0 || writes > 1<<40 {
		return d, false
	}
	at, m := binary.Varint(b[1+n:])
	if m <= 0 || len(b) != 1+n+m {
		return d, false
	}
	d = deltaToken{int(writes), time.Unix(at, 0)}
	return d, d.text() == text
}

// usersDelta answers a round of changes: first everything, then what changed
// since the token. The state of a round is that of its last page.
func (c *call) usersDelta() *answer {
	for _, name := range []string{"$top", "$orderby", "$expand", "$count"} {
		if c.query.Has(name) {
			return unsupportedQuery("The query parameter " + name + " is not supported in a delta query.")
		}
	}
	token := c.query.Get("$deltatoken")
	c.query.Del("$deltatoken")
	op, bad := c.options("user")
	if bad != nil {
		return bad
	}
	if !c.readsUsers(op.fields) {
		return insufficient()
	}
	switch {
	case token == "latest":
		return c.deltaPage(op, nil, "", c.deltaLink())
	case token != "":
		return c.deltaRound(op, token)
	}
	return c.deltaFirst(op)
}

// deltaFirst pages through everything.
func (c *call) deltaFirst(op options) *answer {
	now, bad := c.position()
	if bad != nil {
		return bad
	}
	items, then, more := listing{op: op, from: c.listFrom(Users)}.collect(now, c.route.page)
	if more {
		return c.deltaPage(op, items, c.next(now, then), "")
	}
	return c.deltaPage(op, items, "", c.deltaLink())
}

// deltaRound gives what was written since a token, each object once.
func (c *call) deltaRound(op options, token string) *answer {
	d, ok := readDelta(token)
	truth := c.s.state.Truth()
	if !ok || d.writes > len(truth) {
		return badRequest("Badly formed token.")
	}
	if c.s.now().Sub(d.at) > deltaLife {
		a := graphError(http.StatusGone, "syncStateNotFound", "The sync state generation is not found; a full resync is needed.")
		a.header.Set("Location", c.base+"/"+c.version+c.path+"?"+encodeQuery(c.query))
		return a
	}
	var ids []string
	for _, e := range truth[d.writes:] {
		if e.Applied && !slices.Contains(ids, strings.ToLower(e.Subject)) {
			ids = append(ids, strings.ToLower(e.Subject))
		}
	}
	var items []Object
	for _, id := range ids {
		if o, ok := c.view.Get(Users, id); ok {
			items = append(items, o)
		} else if _, ok := c.view.Get(DeletedUsers, id); ok {
			items = append(items, Object(`{"id":`+string(quoted(id))+`,"@removed":{"reason":"changed"}}`))
		}
	}
	return c.deltaPage(op, items, "", c.deltaLink())
}

// deltaLink is where the next round begins.
func (c *call) deltaLink() string {
	q := url.Values{}
	for name, values := range c.query {
		if name != "$skiptoken" {
			q[name] = values
		}
	}
	q.Set("$deltatoken", deltaToken{len(c.s.state.Truth()), c.s.now()}.text())
	return c.base + "/" + c.version + c.path + "?" + encodeQuery(q)
}

func (c *call) deltaPage(op options, items []Object, next, delta string) *answer {
	out := make([]Object, len(items))
	for i, o := range items {
		if out[i] = o; o.Text("userPrincipalName") != "" {
			out[i] = c.project(o, withID(op), c.route.defaults)
		}
	}
	body := Object(`{}`).With(Patch{"@odata.context": quoted(c.base + "/" + c.version + "/$metadata#users")})
	if next != "" {
		body = body.With(Patch{"@odata.nextLink": quoted(next)})
	} else {
		body = body.With(Patch{"@odata.deltaLink": quoted(delta)})
	}
	return rawAnswer(http.StatusOK, body.With(Patch{"value": List(out).raw()}))
}

// withID adds the id, which a delta always carries.
func withID(op options) options {
	if op.fields != nil && !slices.Contains(op.fields, "id") {
		op.fields = append(slices.Clone(op.fields), "id")
	}
	return op
}
