package directory_test

import "net/http"

// transporter is a round tripper as azidentity wants it.
type transporter struct{ http.RoundTripper }

func (t transporter) Do(r *http.Request) (*http.Response, error) { return t.RoundTrip(r) }
