package rig

import (
	"net/http"
	"net/url"
	"strings"
)

// call is a request on its way through the server: one that came alone, or a
// part of a batch.
type call struct {
	s       *Server
	number  int64
	method  string
	version string // v1.0 or beta
	base    string // of links: scheme, host and the service's prefix
	path    string // below the base, escaped, without the version
	query   url.Values
	header  http.Header
	body    []byte
	who     *principal
	route   *route
	vars    []string // what stands in the places of the pattern's {…}
	view    View
	fault   Fault
	part    bool
	told    Request
}

// id returns the n-th variable part of the path.
func (c *call) id(n int) string {
	if n < len(c.vars) {
		return c.vars[n]
	}
	return ""
}

// by says who writes, for the truth.
func (c *call) by() Who {
	return Who{Principal: c.who.Object, Method: c.method, Path: "/" + c.version + c.path}
}

// has tells whether the token carries a permission that was not taken away.
func (c *call) has(permission string) bool {
	if denied := c.s.denied.Load(); denied != nil {
		for _, gone := range *denied {
			if gone == permission {
				return false
			}
		}
	}
	for _, p := range c.who.granted() {
		if p == permission {
			return true
		}
	}
	return false
}

// eventual tells whether the request asks for advanced queries: the header
// ConsistencyLevel and $count=true.
func (c *call) eventual() bool {
	return strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual") && c.query.Get("$count") == "true"
}
