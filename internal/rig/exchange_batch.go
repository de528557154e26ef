package rig

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// mostCmdlets is how many cmdlets a batch may hold.
const mostCmdlets = 20

// exchangeBatch answers a batch of cmdlets, each with its absolute address.
func (c *call) exchangeBatch() *answer {
	var in struct{ Requests []batchPart }
	if err := json.Unmarshal(c.body, &in); err != nil || len(in.Requests) == 0 || len(in.Requests) > mostCmdlets {
		return exchangeError(http.StatusBadRequest, "BadRequest", "ArgumentException", "A batch holds 1 to 20 requests.")
	}
	answers := make([]batchAnswer, len(in.Requests))
	for i, p := range in.Requests {
		answers[i] = c.answerCmdlet(p)
	}
	return jsonAnswer(http.StatusOK, map[string]any{"responses": c.shuffled(answers)})
}

func (c *call) answerCmdlet(p batchPart) batchAnswer {
	part := &call{
		s: c.s, number: c.s.requests.Add(1), method: strings.ToUpper(p.Method), version: c.version, base: c.base, path: c.path,
		who: c.who, view: c.view, part: true, header: http.Header{}, body: p.Body, query: url.Values{},
	}
	for name, value := range p.Headers {
		part.header.Set(name, value)
	}
	part.told = Request{Number: part.number, Service: c.told.Service, Method: part.method, Path: p.URL, Part: true}
	a := part.cmdletPart(p.URL)
	c.s.finish(part, a)
	return partAnswer(p.ID, a)
}

func (c *call) cmdletPart(address string) *answer {
	u, err := url.Parse(address)
	prefix := c.base + "/" + c.version + "/" + strings.Split(strings.Trim(c.path, "/"), "/")[0] + "/"
	if err != nil || c.method != http.MethodPost || !strings.EqualFold(strings.Split(address, "?")[0], prefix+"InvokeCommand") {
		return c.s.unknown(c)
	}
	c.path, c.query = strings.TrimPrefix(strings.TrimPrefix(strings.Split(address, "?")[0], c.base), "/"+c.version), u.Query()
	in, bad := c.envelope()
	if bad != nil {
		return bad
	}
	c.describe(in)
	c.draw()
	if bad := c.before(); bad != nil {
		return bad
	}
	return c.after(c.invoke(in))
}
