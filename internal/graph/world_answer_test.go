package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// waitForms are Retry-After headers with the wait that each asks for; -1 says
// that it asks for none.
func waitForm(k int, now time.Time) ([]string, time.Duration) {
	date := func(d time.Duration) string { return now.Add(d).UTC().Format(http.TimeFormat) }
	switch k {
	case 0:
		return []string{"3"}, 3 * time.Second
	case 1:
		return []string{"1.5"}, 1500 * time.Millisecond
	case 2:
		return []string{date(20 * time.Second)}, 19 * time.Second
	case 3:
		return []string{date(-time.Hour)}, -1
	case 4:
		return []string{"-5"}, -1
	case 5:
		return []string{"0"}, -1
	case 6:
		return []string{"soon"}, -1
	case 7:
		return []string{"2", "11"}, 11 * time.Second
	case 8:
		return []string{"4, 9"}, 9 * time.Second
	case 9:
		return []string{"600"}, 600 * time.Second
	case 10:
		return nil, -1
	}
	return []string{"7"}, 7 * time.Second
}

// failing answers a request with a fault of the transport or of the service.
func (w *world) failing(fault string, req *http.Request, now time.Time) (status int, h http.Header, text string, err error, ok bool) {
	h = http.Header{}
	switch fault {
	case "429":
		lines, wait := waitForm(w.roll(12, w.n, 7), now)
		if lines != nil {
			h["Retry-After"] = lines
		}
		h.Set("Date", now.UTC().Format(http.TimeFormat))
		if wait > 0 {
			w.shut(gateOf(req), now, wait)
		}
		return 429, h, `{"error":{"code":"TooManyRequests"}}`, nil, true
	case "503", "500", "502", "504":
		status, _ = strconv.Atoi(fault) // three digits
		return status, h, "<html>gateway</html>", nil, true
	case "reset":
		return 0, nil, "", errReset, true
	case "html":
		return 200, h, "<html>maintenance</html>", nil, true
	case "short":
		return 200, h, `{"value":[{"id":"`, nil, true
	case "twice":
		return 200, h, `{"value":[],"value":[{"id":"x"}]}`, nil, true
	case "nolist":
		return 200, h, `{"hello":"world"}`, nil, true
	}
	return 0, nil, "", nil, false
}

func userID(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i) }

// list is a page of users: its token is the place that it begins at.
func (w *world) list(req *http.Request, fault string) (int, http.Header, string, error) {
	q := req.URL.Query()
	at := 0
	if token := q.Get("$skiptoken"); token != "" {
		at, _ = strconv.Atoi(token) // our own token
		if fault == "expired" {
			return 400, nil, `{"error":{"code":"Directory_ExpiredPageToken","message":"expired"}}`, nil
		}
	}
	size := w.size
	if top, err := strconv.Atoi(q.Get("$top")); err == nil && top < size {
		size = top
	}
	begin, next := at, at+size
	switch {
	case fault == "repeat" && at >= size:
		begin, next = at-size, at
	case fault == "loop" && at > 0:
		next = at
	case fault == "empty":
		begin, next = w.users, at
	}
	var b strings.Builder
	b.WriteString(`{"value":[`)
	for i := begin; i < min(begin+size, w.users); i++ {
		if i > begin {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%q,"userPrincipalName":"u%d@contoso.com"}`, userID(i), i)
	}
	b.WriteString(`]`)
	if next < w.users {
		base := testGraph
		if fault == "foreign" {
			base = "https://graph.example.com.evil.example.net/graph"
		}
		fmt.Fprintf(&b, `,"@odata.nextLink":"%s/v1.0%s?%s$skiptoken=%d"`, base, strings.TrimPrefix(req.URL.Path, "/graph/v1.0"), keep(q), next)
	}
	b.WriteString(`}`)
	h := http.Header{}
	if fault == "cut" {
		h.Set("x-test-cut", "1")
	}
	return 200, h, b.String(), nil
}

// keep repeats the query, as the service does in its links.
func keep(q map[string][]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(q)) {
		if k != "$skiptoken" {
			fmt.Fprintf(&b, "%s=%s&", k, escapeQuery(q[k][0]))
		}
	}
	return b.String()
}

// batch answers mailbox settings: of every ninth account there are none.
func (w *world) batch(body []byte, now time.Time) string {
	var in batchRequest
	if err := json.Unmarshal(body, &in); err != nil {
		return `{"error":{}}`
	}
	var out []string
	for k, p := range in.Requests {
		id := strings.Split(p.URL, "/")[2]
		w.come("box "+id, now, "part "+p.ID+" for "+id)
		out = append(out, w.partOf(p, k, id, now)...)
	}
	if len(out) > 1 && w.seed%2 == 1 { // any order
		for i := range out {
			j := w.roll(len(out), w.n, i)
			out[i], out[j] = out[j], out[i]
		}
	}
	return `{"responses":[` + strings.Join(out, ",") + `]}`
}

func (w *world) partOf(p batchPart, k int, id string, now time.Time) []string {
	line := func(status int, header, body string) string {
		return fmt.Sprintf(`{"id":%q,"status":%d,"headers":{%s},"body":%s}`, p.ID, status, header, body)
	}
	good := line(200, `"Content-Type":"application/json"`, fmt.Sprintf(`{"userPurpose":"shared","echo":%q}`, id))
	n, err := strconv.ParseInt(id[:8], 16, 32)
	if err == nil && n%9 == 4 {
		good = line(404, "", `{"error":{"code":"MailboxNotEnabledForRESTAPI","message":"no mailbox"}}`)
	}
	if w.fault(-1, nil) == "" {
		return []string{good}
	}
	switch w.roll(24, w.n, k, 99) {
	case 0:
		w.shut("box "+id, now, 5*time.Second)
		return []string{line(429, `"retry-after":"5"`, `{"error":{"code":"TooManyRequests"}}`)}
	case 1:
		return []string{line(429, "", `{"error":{"code":"TooManyRequests"}}`)}
	case 2:
		return []string{line(503, "", `{"error":{"code":"ServiceUnavailable"}}`)}
	case 3:
		return []string{line(424, "", `{"error":{"code":"FailedDependency"}}`)}
	case 4:
		return nil
	case 5:
		return []string{good, good}
	case 6:
		return []string{good, line(200, "", `{"userPurpose":"room","echo":"somebody else"}`)}
	case 7:
		return []string{good, `{"id":"0","status":200,"headers":{},"body":{"userPurpose":"room","echo":"nobody"}}`}
	case 8:
		return []string{strings.Replace(good, `"id":"`, `"id":"x`, 1), good}
	}
	return []string{good}
}

func bodyEcho(body json.RawMessage) string {
	var b struct{ Echo string }
	if json.NewDecoder(bytes.NewReader(body)).Decode(&b) != nil {
		return ""
	}
	return b.Echo
}
