package rig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func (c *client) batch(parts ...map[string]any) ([]batchAnswer, reply) {
	c.t.Helper()
	got := c.send(http.MethodPost, "/v1.0/$batch", map[string]any{"requests": parts})
	var out struct{ Responses []batchAnswer }
	if got.status == http.StatusOK {
		if err := json.Unmarshal(got.body, &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out.Responses, got
}

func getPart(id, url string) map[string]any {
	return map[string]any{"id": id, "method": "GET", "url": url}
}

func TestBatchAnswersEachPart(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Seed: 9})
	user := c.aUser(enabledMember).Text("id")
	parts := []map[string]any{
		getPart("a", "/users/"+user+"?$select=id"), getPart("b", "/users/nobody"), getPart("c", "/domains"),
		{"id": "d", "method": "PATCH", "url": "/users/" + user, "headers": map[string]string{"Content-Type": "application/json"}, "body": map[string]any{"department": "Lager"}},
		{"id": "e", "method": "GET", "url": "/domains", "dependsOn": []string{"b"}},
		{"id": "f", "method": "GET", "url": "/users/" + user + "?$select=department", "dependsOn": []string{"d"}},
	}
	answers, _ := c.batch(parts...)
	want := map[string]int{"a": 200, "b": 404, "c": 200, "d": 204, "e": 424, "f": 200}
	var order []string
	for _, a := range answers {
		order = append(order, a.ID)
		if a.Status != want[a.ID] {
			t.Errorf("part %s: %d %s", a.ID, a.Status, a.Body)
		}
		if a.ID == "f" && Object(a.Body).Text("department") != "Lager" {
			t.Errorf("part f does not see what part d wrote: %s", a.Body)
		}
	}
	if len(order) != len(want) || slices.IsSorted(order) {
		t.Errorf("parts came as %q", order)
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	var many []map[string]any
	for i := range 21 {
		many = append(many, getPart(fmt.Sprint(i), "/domains"))
	}
	for name, parts := range map[string][]map[string]any{
		"none": {}, "21": many, "twice": {getPart("x", "/domains"), getPart("X", "/domains")}, "no id": {getPart("", "/domains")},
		"absolute": {getPart("1", graphHost+"/v1.0/domains")},
		"no type":  {{"id": "1", "method": "PATCH", "url": "/users/x", "body": map[string]any{"department": "x"}}},
	} {
		if _, got := c.batch(parts...); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// Each part has its own limit: ID Protection answers one a second, and names
// no time.
func TestPartsAreThrottledAlone(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	answers, got := c.batch(getPart("1", "/identity/conditionalAccess/policies"), getPart("2", "/identity/conditionalAccess/policies"), getPart("3", "/domains"))
	status := map[string]int{}
	for _, a := range answers {
		status[a.ID] = a.Status
		if a.Status == http.StatusTooManyRequests && a.Headers["Retry-After"] != "" {
			t.Errorf("part %s names a time", a.ID)
		}
	}
	if got.status != 200 || status["1"] != 200 || status["2"] != 429 || status["3"] != 200 {
		t.Errorf("the parts ended %v", status)
	}
	user := c.aUser(enabledMember).Text("id")
	for i := range 11 {
		answers, _ = c.batch(getPart(fmt.Sprint(i), "/users/"+user+"?$select=id,signInActivity"))
	}
	if a := answers[0]; a.Status != http.StatusTooManyRequests || a.Headers["Retry-After"] == "" {
		t.Errorf("the eleventh read of signInActivity: %d %v", a.Status, a.Headers)
	}
}

func TestSpoiltBatches(t *testing.T) {
	for _, kind := range []FaultKind{FaultPartMissing, FaultPartTwice, FaultPartForeign, FaultPartCase} {
		c := dial(t, "small-business", 0, ServerOptions{Fault: func(r Request) Fault {
			if r.Route == routeBatch {
				return Fault{Kind: kind}
			}
			return Fault{}
		}})
		answers, _ := c.batch(getPart("a", "/domains"), getPart("b", "/organization"))
		var ids []string
		for _, a := range answers {
			ids = append(ids, a.ID)
		}
		slices.Sort(ids)
		got := strings.Join(ids, ",")
		if good := map[FaultKind][]string{
			FaultPartMissing: {"a", "b"}, FaultPartTwice: {"a,a,b", "a,b,b"}, FaultPartForeign: {"a,b,not-asked-for"}, FaultPartCase: {"A,B"},
		}[kind]; !slices.Contains(good, got) {
			t.Errorf("%s: ids %s", kind, got)
		}
	}
}
