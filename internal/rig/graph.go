package rig

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// route is one request that Graph answers.
type route struct {
	method, pattern string
	version         string // "beta": there alone
	typ             string // CSDL type of the object, or of the elements of the list
	part            string // of the tenant, from which the answer is made
	permission      string // key of the permission map; "": none needed
	class           class
	licence         licence
	units           int // resource units without $select and $expand
	page, most      int // objects a page: without $top, and at most
	paged           bool
	defaults        []string // properties without $select, nil for all
	handle          func(*call) *answer
	segments        []string
}

// routeBatch is the pattern of the batch endpoint.
const routeBatch = "/$batch"

// single is a route of a single object, or of something else that does not page.
func single(pattern, typ, part string, cl class, handle func(*call) *answer) route {
	return route{method: http.MethodGet, pattern: pattern, typ: typ, part: part, class: cl, handle: handle, units: 1}
}

// list is a route of a collection that comes in pages.
func list(pattern, typ, part string, cl class, page, most int) route {
	return route{
		method: http.MethodGet, pattern: pattern, typ: typ, part: part, class: cl, units: 2,
		page: page, most: most, paged: true, handle: (*call).listPart,
	}
}

func write(method, pattern, typ, part string, cl class, handle func(*call) *answer) route {
	return route{method: method, pattern: pattern, typ: typ, part: part, class: cl, handle: handle, units: 1}
}

// needs adds a licence.
func (r route) needs(l licence) route { r.licence = l; return r }

// as names another key in the permission map than the route's own pattern.
func (r route) as(permission string) route { r.permission = permission; return r }

// shows names the properties that come without $select.
func (r route) shows(names ...string) route { r.defaults = names; return r }

// by answers with another handler.
func (r route) by(handle func(*call) *answer) route { r.handle = handle; return r }

// costs names the resource units.
func (r route) costs(units int) route { r.units = units; return r }

// inBeta is a route that v1.0 does not have.
func (r route) inBeta() route { r.version = "beta"; return r }

// routes are the routes by method and number of segments.
type routes struct{ by map[string][]*route }

// graphRoutes is the table of everything that Graph answers here.
var graphRoutes = sync.OnceValue(func() *routes {
	all := &routes{map[string][]*route{}}
	for _, group := range [][]route{userRoutes(), groupRoutes(), roleRoutes(), policyRoutes(), logRoutes(), tenantRoutes(), mailRoutes(), methodRoutes()} {
		for _, r := range group {
			if r.permission == "" {
				r.permission = r.method + " " + strings.ToLower(r.pattern)
			}
			r.segments = strings.Split(strings.Trim(r.pattern, "/"), "/")
			all.by[r.method] = append(all.by[r.method], &r)
		}
	}
	return all
})

// find returns the route of a path, whose variable parts it gives too. What
// is written out goes before a variable.
func (rs *routes) find(method, version, path string) (*route, []string) {
	var best *route
	var vars []string
	parts := strings.Split(strings.Trim(normal(path), "/"), "/")
	for _, r := range rs.by[method] {
		if r.version != "" && r.version != version {
			continue
		}
		if v, ok := r.matches(parts); ok && (best == nil || len(v) < len(vars)) {
			best, vars = r, v
		}
	}
	return best, vars
}

func (r *route) matches(parts []string) ([]string, bool) {
	if len(parts) != len(r.segments) {
		return nil, false
	}
	var vars []string
	for i, want := range r.segments {
		part, err := url.PathUnescape(parts[i])
		switch {
		case err != nil || part == "":
			return nil, false
		case want[0] == '{':
			vars = append(vars, part)
		case !strings.EqualFold(want, part):
			return nil, false
		}
	}
	return vars, true
}

// normal writes keys in parentheses as segments: users('x') is users/x, and
// servicePrincipals(appId='x') servicePrincipals/appId=x.
func normal(path string) string {
	for {
		open := strings.IndexByte(path, '(')
		if open < 0 {
			return path
		}
		end := strings.IndexByte(path[open:], ')')
		if end < 0 {
			return path
		}
		key := strings.ReplaceAll(path[open+1:open+end], "'", "")
		path = path[:open] + "/" + key + path[open+end+1:]
	}
}

// graph answers a request to Microsoft Graph that came alone.
func (s *Server) graph(r *http.Request, c *call) *answer {
	version, path, _ := strings.Cut(strings.TrimPrefix(c.path, "/"), "/")
	c.version, c.path = version, "/"+path
	if version != "v1.0" && version != "beta" {
		return s.unknown(c)
	}
	batch := c.method == http.MethodPost && strings.EqualFold(c.path, routeBatch)
	if batch {
		c.told.Route = routeBatch
	} else if c.route, c.vars = s.routes.find(c.method, c.version, c.path); c.route != nil {
		c.told.Route, c.told.Object, c.told.Paged = c.route.pattern, c.id(0), c.route.paged
	} else {
		return s.unknown(c)
	}
	c.draw()
	var bad *answer
	if c.who, bad = s.bearer(r, serviceGraph); bad != nil {
		return bad
	}
	if bad := c.before(); bad != nil {
		return bad
	}
	if batch {
		return c.after(c.batch())
	}
	return c.after(c.answer())
}

// answer answers a request whose route and principal are known: one that came
// alone, or a part of a batch.
func (c *call) answer() *answer {
	limited, done := c.throttled()
	if limited != nil {
		return limited
	}
	c.view = c.s.view(c)
	a := c.checked()
	a.done = done
	if a.typ == "" && a.status < 300 && len(a.body) > 0 {
		a.typ = c.route.typ
	}
	c.tellUnits(a)
	return a
}

// checked answers what every check lets through.
func (c *call) checked() *answer {
	for _, check := range []func() *answer{c.readable, c.permitted, c.licensed, c.present} {
		if bad := check(); bad != nil {
			c.refused(bad)
			return bad
		}
	}
	return c.route.handle(c)
}

// readable refuses a body that is no JSON.
func (c *call) readable() *answer {
	if len(c.body) > 0 && !json.Valid(c.body) {
		return graphError(http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload.")
	}
	return nil
}

// refused records a write that a check kept from the tenant.
func (c *call) refused(a *answer) {
	if c.method != http.MethodGet && a.status >= 400 {
		c.s.state.Refused(c.by(), c.id(0), nil, jsonOrNil(c.body))
	}
}

func jsonOrNil(body []byte) Object {
	if len(Object(body).fieldNames()) == 0 {
		return nil
	}
	return body
}

// present answers 403 where the tenant was loaded without the part that a
// route reads.
func (c *call) present() *answer {
	if c.route.part == "" {
		return nil
	}
	if state, _ := c.s.state.PartState(c.route.part); state == Absent {
		return c.denied()
	}
	return nil
}

// view is what the request reads through: the replica that its route, object
// and index draw, and with a stale read never the primary.
func (s *Server) view(c *call) View {
	draw := mix(s.o.Seed, useView, textSeed(c.told.Method+" "+c.told.Route+" "+c.told.Object), uint64(c.told.Index))
	if c.suffers(FaultStale) {
		if v := s.state.View(draw | 1); v != s.state.Primary() {
			return v
		}
	}
	return s.state.View(draw)
}

// object answers a single object.
func (c *call) object(o Object) *answer {
	op, bad := c.options(c.route.typ)
	if bad != nil {
		return bad
	}
	return c.single(c.project(o, op, c.route.defaults))
}

// single wraps an object with its context.
func (c *call) single(o Object) *answer {
	body := append([]byte(`{"@odata.context":`), quoted(c.context()+"/$entity")...)
	if len(o) > 2 {
		body = append(body, ',')
	}
	return rawAnswer(http.StatusOK, append(body, o[1:]...))
}

// context is the address that says what an answer holds.
func (c *call) context() string {
	about := strings.Trim(c.path, "/")
	if fields := c.query.Get("$select"); fields != "" {
		about += "(" + fields + ")"
	}
	return c.base + "/" + c.version + "/$metadata#" + about
}

func (c *call) getPart() *answer {
	o, ok := c.view.Get(c.route.part, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	return c.object(o)
}

func notFound(id string) *answer {
	return graphError(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '"+id+"' does not exist or one of its queried reference-property objects are not present.")
}

func noContent() *answer { return rawAnswer(http.StatusNoContent, nil) }
