package graph

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"vakt/internal/tenant"
)

// A writeRoute is one kind of change that a Writer may send, and what its body
// may be.
type writeRoute struct {
	route
	bodies [][]byte // the body is one of these, to the byte; none: there is no body
}

// Bodies that a Writer sends. They are absolute: sent twice they leave what
// they leave when sent once.
var (
	enableBody  = []byte(`{"accountEnabled":true}`)
	disableBody = []byte(`{"accountEnabled":false}`)
)

// Routes that a Writer may send: the pages "Update user" and
// "user: revokeSignInSessions" of Microsoft's reference.
var (
	enableRoute = &writeRoute{
		route{tenant.Graph, patch, "/users/{}", false, "User.EnableDisableAccount.All", "", writes, 1, 0}, [][]byte{enableBody, disableBody},
	}
	revokeRoute = &writeRoute{route{tenant.Graph, post, "/users/{}/revokeSignInSessions", false, "User.RevokeSessions.All", "", writes, 1, 0}, nil}
)

// writeRoutes is the allow-list of the Writer. Each action adds the routes that
// it sends, and no route is here that no action sends.
var writeRoutes = []*writeRoute{enableRoute, revokeRoute}

// writeHeaders are the headers that a change may carry; anything else could
// mean something to the service.
var writeHeaders = []string{"Accept", "Authorization", "Client-Request-Id", "Content-Length", "Content-Type", "User-Agent"}

// checkWrite lets pass what is on the list of writes: method and path, an
// object id for whom it is about, no query, and a body to the byte.
func (g *guard) checkWrite(req *http.Request, service tenant.Service, path string, body []byte) error {
	if service != tenant.Graph || req.URL.RawQuery != "" || req.URL.ForceQuery {
		return fmt.Errorf("%s %s is not on the list of writes", req.Method, path)
	}
	for name := range req.Header {
		if !slices.Contains(writeHeaders, http.CanonicalHeaderKey(name)) {
			return fmt.Errorf("a change has the header %q", name)
		}
	}
	below, ok := strings.CutPrefix(path, versions[0])
	segments := strings.Split(below, "/")
	i := slices.IndexFunc(g.may.writes, func(r *writeRoute) bool { return r.method == req.Method && matches(r.pattern, segments) })
	if !ok || i < 0 {
		return fmt.Errorf("%s %s is not on the list of writes", req.Method, path)
	}
	return g.may.writes[i].check(segments, body)
}

// check looks at the object and the body of a change.
func (r *writeRoute) check(segments []string, body []byte) error {
	for i, want := range strings.Split(r.pattern, "/") {
		if want == "{}" && !isObjectID(segments[i]) {
			return fmt.Errorf("%q is no object id: changes are addressed by nothing else", segments[i])
		}
	}
	if len(r.bodies) == 0 && len(body) == 0 || slices.ContainsFunc(r.bodies, func(b []byte) bool { return bytes.Equal(b, body) }) {
		return nil
	}
	return fmt.Errorf("the body is not one that %s %s may have", r.method, r.pattern)
}

var objectID = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// isObjectID tells an object id from a name: a name can pass to another
// account, an id cannot.
func isObjectID(s string) bool { return objectID.MatchString(s) }
