package rig

import (
	"net/http"
	"testing"
)

// BenchmarkUsersPass reads every user of a large tenant, as a scan does.
func BenchmarkUsersPass(b *testing.B) {
	c := dial(b, "big", 20000, ServerOptions{Unlimited: true})
	c.s.o.OnAnswer = nil
	for b.Loop() {
		n := 0
		for path := "/v1.0/users?$select=id,userPrincipalName,accountEnabled,signInActivity&$top=500"; path != ""; {
			got := c.send(http.MethodGet, path, nil)
			n += len(got.values())
			path = got.next()
		}
		if n != 20000 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.N)*20000/b.Elapsed().Seconds(), "users/s")
}
