package graph

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestWriterKeepsHalfOfTheQuota: in no span of 150 seconds more than half of
// the 3,000 writes, in no ten seconds more than the quota's 200 and the few that
// may go at once, and in no second more than 31: half of the 60 that all
// applications of the tenant have together, and the one with which it begins.
func TestWriterKeepsHalfOfTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{give: []reply{gives(204, "")}}
		w := testWriter(t, a)
		done, ones := make(chan bool), map[bool]int{true: 1}
		for range 8 {
			go func() {
				for range 400 {
					w.SetAccountEnabled(t.Context(), testAccount, false, readNow)
				}
				done <- true
			}()
		}
		for range 8 {
			<-done
		}
		for i := range a.came {
			span, ten, second := 0, 0, 0
			for _, at := range a.came[i:] {
				after := at.Sub(a.came[i])
				span += ones[after < 150*time.Second]
				ten += ones[after < 10*time.Second]
				second += ones[after < time.Second]
			}
			if span > 1500 || ten > 232 || second > 31 {
				t.Fatalf("%d writes in 150 s, %d in ten, %d in one", span, ten, second)
			}
		}
		if took := a.came[len(a.came)-1].Sub(a.came[0]); took > 330*time.Second {
			t.Errorf("3,200 writes took %s", took)
		}
	})
}

// TestWriterKeepsToTheSecond: no more than 31 writes leave in any second, however
// long each of them is made ready before.
func TestWriterKeepsToTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{give: []reply{gives(204, "")}}
		w := testWriter(t, a)
		done := make(chan bool)
		for i := range 40 {
			go func() {
				for n := range 10 {
					w.SetAccountEnabled(t.Context(), testAccount, false, func(ctx context.Context) (time.Time, error) {
						return time.Now(), sleep(ctx, time.Duration((i*7+n*3)%10)*90*time.Millisecond, nil)
					})
				}
				done <- true
			}()
		}
		for range 40 {
			<-done
		}
		for i := range a.came {
			if i+31 < len(a.came) && a.came[i+31].Sub(a.came[i]) < time.Second {
				t.Fatalf("32 writes in %s", a.came[i+31].Sub(a.came[i]))
			}
		}
		if len(a.came) != 400 {
			t.Errorf("%d writes", len(a.came))
		}
	})
}
