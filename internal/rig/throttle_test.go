package rig

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Sources of the figures: the page "Microsoft Graph service-specific
// throttling limits".
func TestPublishedLimits(t *testing.T) {
	for _, test := range []struct {
		name, path string
		burst      int
		wait       string // the first Retry-After, "" for none
	}{
		{"reports", "/v1.0/auditLogs/directoryAudits?$top=1", 5, "2"},
		{"registrations", "/v1.0/reports/authenticationMethods/userRegistrationDetails?$top=1", 5, "2"},
		{"sign-in activity", "/v1.0/users?$select=id,signInActivity&$top=1", 5, "2"},
		{"conditional access", "/v1.0/identity/conditionalAccess/policies", 1, ""},
		{"protection", "/v1.0/identityProtection/riskyUsers", 1, ""},
	} {
		c := dial(t, "small-business", 0, ServerOptions{})
		for i := range test.burst {
			if got := c.send(http.MethodGet, test.path, nil); got.status != http.StatusOK {
				t.Fatalf("%s: request %d: %d %s", test.name, i, got.status, got.body)
			}
		}
		got := c.fails(http.MethodGet, test.path, nil, http.StatusTooManyRequests, "TooManyRequests")
		if wait := got.header.Get("Retry-After"); wait != test.wait {
			t.Errorf("%s: Retry-After %q, want %q", test.name, wait, test.wait)
		}
		c.now.add(2 * time.Second)
		c.get(test.path)
	}
}

// Ten reads of signInActivity a minute: a client that waits as it is told
// gets 20 through in no less than a minute.
func TestSignInActivityIsTenAMinute(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	start := c.now.time()
	for done := 0; done < 20; {
		got := c.send(http.MethodGet, "/v1.0/users?$select=id,signInActivity&$top=1", nil)
		if got.status == http.StatusOK {
			done++
			continue
		}
		seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			t.Fatalf("Retry-After %q", got.header.Get("Retry-After"))
		}
		c.now.add(time.Duration(seconds) * time.Second)
	}
	if took := c.now.time().Sub(start); took < 55*time.Second || took > 80*time.Second {
		t.Errorf("20 reads took %s", took)
	}
}

func TestDirectoryTellsItsUnits(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	for _, test := range []struct{ path, units string }{
		{"/v1.0/users", "2"}, {"/v1.0/users?$select=id", "1"}, {"/v1.0/users?$select=id&$expand=manager", "2"},
		{"/v1.0/groups/" + firstID(c, Groups) + "/transitiveMembers?$select=id", "4"},
	} {
		if got := c.get(test.path).header.Get("x-ms-resource-unit"); got != test.units {
			t.Errorf("%s costs %q, want %q", test.path, got, test.units)
		}
	}
	for i := 0; ; i++ {
		got := c.send(http.MethodGet, "/v1.0/users?$top=1", nil)
		if share := got.header.Get("x-ms-throttle-limit-percentage"); share != "" {
			if used, err := strconv.ParseFloat(share, 64); err != nil || used < 0.8 {
				t.Errorf("the share is told at %q", share)
			}
			break
		}
		if got.status != http.StatusOK || i > 5000 {
			t.Fatalf("after %d requests: %d, and no share was told", i, got.status)
		}
	}
}

// An application gets 3,000 writes through in 150 seconds, however it spreads
// them over parts of batches.
func TestWritesAreLimited(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	user := c.aUser(enabledMember).Text("id")
	done := 0
	for range 3001 {
		c.now.add(time.Millisecond)
		if got := c.send(http.MethodPost, "/v1.0/users/"+user+"/revokeSignInSessions", nil); got.status == http.StatusTooManyRequests {
			break
		}
		done++
	}
	if done < 3000 || len(c.s.state.Truth()) != done {
		t.Errorf("%d writes in a burst, %d in the truth", done, len(c.s.state.Truth()))
	}
}

func firstID(c *client, part string) string {
	for _, o := range c.s.state.Primary().All(part) {
		return o.Text("id")
	}
	return ""
}

func TestFourRequestsAtOnceOnAMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(r Request) Fault {
			if r.Service == serviceGraph {
				return Fault{Kind: FaultSlow, Delay: time.Second}
			}
			return Fault{}
		}
		c := dial(t, "small-business", 0, ServerOptions{Fault: slow})
		user := c.aMailbox(func(Object) bool { return true }).Text("ExternalDirectoryObjectId")
		results := make(chan reply)
		for range 6 {
			go func() { results <- c.send(http.MethodGet, "/v1.0/users/"+user+"/mailboxSettings", nil) }()
		}
		count := map[int]int{}
		for range 6 {
			got := <-results
			count[got.status]++
			if got.status == http.StatusTooManyRequests && got.code() != "ApplicationThrottled" {
				t.Errorf("the refusal is %s", got.body)
			}
		}
		if count[http.StatusOK] != 4 || count[http.StatusTooManyRequests] != 2 {
			t.Errorf("six at once: %v", count)
		}
	})
}

// Early requests are told apart: those that come before the time that a 429
// named.
func TestEarlyRequestsAreNoticed(t *testing.T) {
	var early []bool
	c := dial(t, "small-business", 0, ServerOptions{OnRequest: func(r Request) { early = append(early, r.Early) }})
	const path = "/v1.0/auditLogs/directoryAudits?$top=1"
	for range 6 {
		c.send(http.MethodGet, path, nil)
	}
	early = nil
	c.send(http.MethodGet, path, nil) // as one that was on the way already
	c.now.add(time.Millisecond)
	c.send(http.MethodGet, path, nil)
	c.now.add(time.Second)
	c.send(http.MethodGet, path, nil)
	c.now.add(3 * time.Second)
	c.send(http.MethodGet, path, nil)
	if !slices.Equal(early, []bool{false, true, true, false}) {
		t.Errorf("early: %v", early)
	}
}

// A bucket never lets more through in any stretch of time than its limit and
// what filled up meanwhile.
func TestBucketsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limit{float64(rapid.IntRange(1, 20).Draw(t, "units")), time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second}
		b := &bucket{limit: l, at: noon}
		now, taken, start := noon, 0.0, noon
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			wait, ok := b.take(1, now)
			if ok {
				taken++
			} else if again, ok := (&bucket{limit: l, at: b.at, used: b.used}).take(1, now.Add(wait+time.Millisecond)); !ok {
				t.Fatalf("after the wait of %s it is still %s", wait, again)
			}
			if most := l.units + l.units*float64(now.Sub(start))/float64(l.in); taken > most+1e-6 {
				t.Fatalf("%v through, at most %v", taken, most)
			}
		}
	})
}
