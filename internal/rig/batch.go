package rig

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// mostParts is how many requests a batch may hold: the page "Combine multiple
// HTTP requests using JSON batching".
const mostParts = 20

type batchPart struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// batch answers POST /$batch: 200 whatever became of the parts, which come
// back in any order.
func (c *call) batch() *answer {
	var in struct{ Requests []batchPart }
	if err := json.Unmarshal(c.body, &in); err != nil {
		return graphError(http.StatusBadRequest, "BadRequest", "Invalid batch payload format.")
	}
	if bad := checkBatch(in.Requests); bad != nil {
		return bad
	}
	answers := make([]batchAnswer, len(in.Requests))
	for i, p := range in.Requests {
		if slices.ContainsFunc(p.DependsOn, func(id string) bool { return failedBefore(answers[:i], id) }) {
			answers[i] = partAnswer(p.ID, graphError(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on failed."))
			continue
		}
		answers[i] = c.answerPart(p)
	}
	return jsonAnswer(http.StatusOK, map[string]any{"responses": c.shuffled(answers)})
}

func failedBefore(done []batchAnswer, id string) bool {
	at := slices.IndexFunc(done, func(a batchAnswer) bool { return strings.EqualFold(a.ID, id) })
	return at < 0 || done[at].Status >= 400
}

// checkBatch refuses a batch as a whole.
func checkBatch(parts []batchPart) *answer {
	bad := func(text string) *answer { return graphError(http.StatusBadRequest, "BadRequest", text) }
	if len(parts) == 0 || len(parts) > mostParts {
		return bad("Number of batch request steps must be from 1 to 20.")
	}
	var ids []string
	for _, p := range parts {
		id := strings.ToLower(p.ID)
		switch {
		case id == "" || slices.Contains(ids, id):
			return bad("Request id is missing or not unique: '" + p.ID + "'.")
		case strings.Contains(p.URL, "://") || p.URL == "":
			return bad("Request url must be relative to the version: '" + p.URL + "'.")
		case len(p.Body) > 0 && string(p.Body) != "null" && !hasHeader(p.Headers, "Content-Type"):
			return bad("A request with a body needs a Content-Type header: '" + p.ID + "'.")
		}
		ids = append(ids, id)
	}
	return nil
}

func hasHeader(headers map[string]string, name string) bool {
	for key := range headers {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// answerPart answers one request of a batch like one that came alone: with
// its own limits, permissions and faults.
func (c *call) answerPart(p batchPart) batchAnswer {
	part := &call{s: c.s, number: c.s.requests.Add(1), method: strings.ToUpper(p.Method), version: c.version, base: c.base, who: c.who, part: true, header: http.Header{}}
	for name, value := range p.Headers {
		part.header.Set(name, value)
	}
	if string(p.Body) != "null" {
		part.body = p.Body
	}
	path, query, _ := strings.Cut("/"+strings.TrimPrefix(p.URL, "/"), "?")
	part.path = path
	part.told = Request{Number: part.number, Service: serviceGraph, Method: part.method, Path: "/" + c.version + path, Part: true}
	if query != "" {
		part.told.Path += "?" + query
	}
	a := part.asPart(query)
	if a.done != nil {
		a.done()
	}
	c.s.finish(part, a)
	return partAnswer(p.ID, a)
}

func (c *call) asPart(query string) *answer {
	var err error
	if c.query, err = url.ParseQuery(query); err != nil {
		return badRequest("The query of the request cannot be read.")
	}
	if c.route, c.vars = c.s.routes.find(c.method, c.version, c.path); c.route == nil {
		return c.s.unknown(c)
	}
	c.told.Route, c.told.Object, c.told.Paged = c.route.pattern, c.id(0), c.route.paged
	c.draw()
	if bad := c.before(); bad != nil {
		return bad
	}
	return c.after(c.answer())
}

func partAnswer(id string, a *answer) batchAnswer {
	out := batchAnswer{ID: id, Status: a.status, Headers: map[string]string{}, Body: a.body}
	for name, values := range a.header {
		out.Headers[name] = values[0]
	}
	if len(a.body) > 0 && !json.Valid(a.body) { // a number as text, or XML
		out.Body = quoted(string(a.body))
	}
	return out
}

// shuffled puts the answers into another order, and spoils them if the batch
// was drawn such a fault.
func (c *call) shuffled(all []batchAnswer) []batchAnswer {
	draw := random(mix(c.s.o.Seed, useBatch, uint64(c.number)))
	for i := len(all) - 1; i > 0; i-- {
		j := draw.below(i + 1)
		all[i], all[j] = all[j], all[i]
	}
	switch c.fault.Kind {
	case FaultPartMissing:
		return all[1:]
	case FaultPartTwice:
		return append(all, all[0])
	case FaultPartForeign:
		return append(all, batchAnswer{"not-asked-for", http.StatusOK, map[string]string{}, json.RawMessage(`{"value":[]}`)})
	case FaultPartCase:
		for i := range all {
			all[i].ID = strings.ToUpper(all[i].ID)
		}
	}
	return all
}
