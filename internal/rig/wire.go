package rig

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// write sends an answer that travels alone.
func (a *answer) write(w http.ResponseWriter, r *http.Request, c *call) {
	head := w.Header()
	for name, values := range a.header {
		head[name] = values
	}
	id := uuidOf(c.s.o.Seed, useRequest, uint64(c.number))
	head.Set("request-id", id)
	head.Set("client-request-id", r.Header.Get("client-request-id"))
	if head.Get("client-request-id") == "" {
		head.Set("client-request-id", id)
	}
	head.Set("Date", c.s.now().Format(http.TimeFormat))
	if a.cut == FaultSilent {
		pause(r, silence)
	}
	if a.cut != "" {
		a.breakOff(w)
		return
	}
	w.WriteHeader(a.status)
	if a.delay > 0 && !a.slowly(w, r) {
		return
	}
	if _, err := w.Write(a.body); err != nil {
		return // the client has gone
	}
}

// silence is how long a connection stands on which nothing is answered.
const silence = 5 * time.Minute

// slowly sends the headers and holds the body back; it is false where the
// client gave up meanwhile.
func (a *answer) slowly(w http.ResponseWriter, r *http.Request) bool {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	return pause(r, a.delay)
}

// pause waits unless the request is given up.
func pause(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// breakOff sends as much of the answer as goes out before the connection
// breaks, and breaks it.
func (a *answer) breakOff(w http.ResponseWriter) {
	w.Header().Set("Content-Length", strconv.Itoa(max(1, len(a.body))))
	switch a.at {
	case CutInHeaders:
		halfHeaders(w)
	case CutInBody:
		a.send(w, len(a.body)/2)
	case CutAtEnd:
		a.send(w, max(0, len(a.body)-1))
	}
	panic(http.ErrAbortHandler) // the one way in which a handler ends a connection
}

func (a *answer) send(w http.ResponseWriter, n int) {
	w.WriteHeader(a.status)
	if _, err := w.Write(a.body[:n]); err != nil {
		return // the client has gone already
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// halfHeaders writes the beginning of an HTTP/1.1 answer where the connection
// can be taken over; elsewhere nothing goes out.
func halfHeaders(w http.ResponseWriter) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, buffered, err := h.Hijack()
	if err != nil {
		return
	}
	sendHalf(buffered)
	if err := conn.Close(); err != nil {
		return // it is closed either way
	}
}

func sendHalf(w *bufio.ReadWriter) {
	if _, err := w.WriteString("HTTP/1.1 200 OK\r\nContent-Type: appli"); err != nil {
		return
	}
	if err := w.Flush(); err != nil {
		return
	}
}

// Transport returns a transport that answers from the server in this process,
// without a network: for tests under virtual time. Cut connections become
// errors, or bodies that break off.
func (s *Server) Transport() http.RoundTripper { return inProcess{s} }

type inProcess struct{ s *Server }

// errReset is what a client sees of a connection that was cut.
var errReset = errors.New("connection reset by the simulated tenant")

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() //nolint:errcheck // a transport closes the body; what it reads of it has been read
	}
	in, err := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	if err != nil {
		return nil, fmt.Errorf("request to the simulated tenant: %w", err)
	}
	in.Header, in.ContentLength, in.RequestURI = r.Header.Clone(), r.ContentLength, r.URL.RequestURI()
	if in.Host = r.Host; in.Host == "" {
		in.Host = r.URL.Host
	}
	if r.URL.Scheme == "https" {
		in.TLS = fakeTLS()
	}
	rec := &recorder{header: http.Header{}}
	whole := rec.serve(p.s, in)
	if err := r.Context().Err(); err != nil {
		return nil, fmt.Errorf("request to the simulated tenant: %w", err)
	}
	if rec.status == 0 {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Redacted(), errReset)
	}
	return rec.response(r, whole), nil
}

// recorder keeps what a handler writes.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (rec *recorder) Header() http.Header { return rec.header }

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 {
		rec.status = status
	}
}

func (rec *recorder) Write(b []byte) (int, error) {
	rec.WriteHeader(http.StatusOK)
	return rec.body.Write(b)
}

// serve tells whether the handler came to its end.
func (rec *recorder) serve(h http.Handler, r *http.Request) (whole bool) {
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler { //nolint:errorlint // the value that handlers panic with
			panic(v)
		}
	}()
	h.ServeHTTP(rec, r)
	return true
}

func (rec *recorder) response(r *http.Request, whole bool) *http.Response {
	body := io.Reader(bytes.NewReader(rec.body.Bytes()))
	length := int64(rec.body.Len())
	if !whole {
		body, length = io.MultiReader(body, brokenReader{}), -1
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", rec.status, http.StatusText(rec.status)), StatusCode: rec.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rec.header, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}
}

// brokenReader is the rest of a body whose connection was cut.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
