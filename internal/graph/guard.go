package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vakt/internal/tenant"
)

// guard is the transport of a client that may send only what its list allows.
// It looks at the request as it leaves, after every other step: at method and
// address, and inside at each part of a batch and at the name of a cmdlet.
type guard struct {
	next   http.RoundTripper
	tenant string
	bases  map[tenant.Service]string // where each service answers
	may    allowed
}

// Do sends the request, or refuses it with an *Error of kind Refused. It sends
// the very bytes that were looked at. A redirect comes back as it is: nobody
// follows it with a token.
func (g *guard) Do(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err == nil {
		err = g.check(req, body)
	}
	if err != nil {
		return nil, &Error{Kind: Refused, Method: req.Method, Path: req.URL.Path, Code: "not_on_the_list", Err: err}
	}
	out := req.Clone(req.Context())
	if out.Body = http.NoBody; len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.ContentLength = int64(len(body))
	return g.next.RoundTrip(out)
}

// check looks at a request and the body that it will be sent with.
func (g *guard) check(req *http.Request, body []byte) error {
	if req.Host != "" && req.Host != req.URL.Host {
		return fmt.Errorf("the host header %q differs from the address", req.Host)
	}
	if overriding(req.Header) {
		return fmt.Errorf("a header overrides the method")
	}
	service := serviceOf(req)
	path, ok := below(g.bases[service], req.URL, service == tenant.Compliance)
	if !ok {
		return fmt.Errorf("the address %q is not one of the tenant's services", req.URL.Host)
	}
	if g.may.writes != nil {
		return g.checkWrite(req, service, path, body)
	}
	if service == tenant.Graph {
		return g.checkGraph(req.Method, path, body)
	}
	return g.checkExchange(req, path, body)
}

// overriding says whether a header asks the service to take the method for
// another one, as some frameworks let it.
func overriding(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(strings.ToLower(name), "x-http-method") || strings.EqualFold(name, "x-method-override") {
			return true
		}
	}
	return false
}

type serviceKey struct{}

// serviceOf is the service that the token of a request is meant for.
func serviceOf(req *http.Request) tenant.Service {
	s, _ := req.Context().Value(serviceKey{}).(tenant.Service)
	return s
}

// below gives what follows a base URL in an address: the escaped path, from
// its slash on. It is false where the address leads anywhere else: another
// scheme, host or port, or a path beside the base. Regional says that the
// host may be one label below the base's.
func below(base string, u *url.URL, regional bool) (string, bool) {
	b, err := url.Parse(base)
	if err != nil || base == "" || u.Scheme != b.Scheme || u.User != nil || u.Fragment != "" {
		return "", false
	}
	host := strings.ToLower(u.Host)
	if label, rest, ok := strings.Cut(host, "."); regional && ok && label != "" && rest == b.Host {
		host = rest
	}
	path, ok := strings.CutPrefix(u.EscapedPath(), strings.TrimSuffix(b.EscapedPath(), "/"))
	return path, ok && host == strings.ToLower(b.Host) && strings.HasPrefix(path, "/")
}

// maxRequest is the largest body that a client sends.
const maxRequest = 4 << 20

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close() //nolint:errcheck // a reader of bytes in memory
	body, err := io.ReadAll(io.LimitReader(req.Body, maxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	if len(body) > maxRequest {
		return nil, fmt.Errorf("the body is larger than 4 MiB")
	}
	return body, nil
}

func (g *guard) checkGraph(method, path string, body []byte) error {
	if slices.Contains(versions, strings.TrimSuffix(path, batchRoute.pattern)) && method == post {
		return g.checkBatch(strings.TrimSuffix(path, batchRoute.pattern), body)
	}
	if len(body) > 0 {
		return fmt.Errorf("a read has no body")
	}
	if _, ok := find(g.may.routes, method, path); !ok {
		return fmt.Errorf("%s %s is not on the list of reads", method, path)
	}
	return nil
}

// batchRequest is the body of a batch as this client writes it.
type batchRequest struct {
	Requests []batchPart `json:"requests"`
}

type batchPart struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

// maxBatch is how many parts Graph takes in one batch.
const maxBatch = 20

func (g *guard) checkBatch(version string, body []byte) error {
	var b batchRequest
	if err := exactly(body, &b); err != nil {
		return err
	}
	if len(b.Requests) == 0 || len(b.Requests) > maxBatch {
		return fmt.Errorf("a batch has 1 to 20 parts, this one %d", len(b.Requests))
	}
	for _, part := range b.Requests {
		path, query, _ := strings.Cut(part.URL, "?")
		r, ok := find(g.may.routes, part.Method, version+path)
		if !ok {
			return fmt.Errorf("part %q of the batch, %s %s, is not on the list of reads", part.ID, part.Method, path)
		}
		for name := range part.Headers {
			if name != consistencyHeader {
				return fmt.Errorf("part %q of the batch has the header %q", part.ID, name)
			}
		}
		if !r.batchable() || wantsActivity(query) {
			return fmt.Errorf("part %q of the batch, %s %s, may not be batched", part.ID, part.Method, path)
		}
	}
	return nil
}

// invokeRequest is the body of InvokeCommand as this client writes it.
type invokeRequest struct {
	CmdletInput cmdletInput `json:"CmdletInput"`
}

type cmdletInput struct {
	CmdletName string         `json:"CmdletName"`
	Parameters map[string]any `json:"Parameters"`
}

func (g *guard) checkExchange(req *http.Request, path string, body []byte) error {
	method := req.Method
	below, ok := adminPath(path, g.tenant)
	switch {
	case !ok:
		return fmt.Errorf("%s is not in the admin interface of the tenant", path)
	case method == get && len(body) == 0 && (below == modulesRoute.pattern || below == bannerRoute.pattern):
		return nil
	case method != post || below != invokeRoute.pattern:
		return fmt.Errorf("%s %s is not on the list of reads", method, below)
	}
	var in invokeRequest
	if err := exactly(body, &in); err != nil {
		return err
	}
	if !slices.Contains(g.may.cmdlets, in.CmdletInput.CmdletName) {
		return fmt.Errorf("the cmdlet %q is not on the list of reads", in.CmdletInput.CmdletName)
	}
	if name := req.Header.Get(cmdletHeader); name != "" && name != in.CmdletInput.CmdletName {
		return fmt.Errorf("the header names the cmdlet %q, the body %q", name, in.CmdletInput.CmdletName)
	}
	return nil
}

// adminPath gives what follows /adminapi/VERSION/TENANT.
func adminPath(path, tenantID string) (string, bool) {
	for _, v := range []string{"beta", "v1.0"} {
		if below, ok := strings.CutPrefix(path, "/adminapi/"+v+"/"+tenantID); ok {
			return below, true
		}
	}
	return "", false
}

// exactly decodes a body and wants it to be what its own decoding encodes to:
// then no key can be there twice, in another case or besides, and be read
// otherwise by the service than it was here.
func exactly(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	again, err := encode(into)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, bytes.TrimRight(body, "\n")) {
		return fmt.Errorf("the body is not written as this client writes it")
	}
	return nil
}

// encode writes a body: no escapes for HTML, no line break at the end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the body: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// wantsActivity says whether a query, escaped or not, touches signInActivity.
func wantsActivity(query string) bool {
	return strings.Contains(strings.ToLower(query), "signinactivity")
}
