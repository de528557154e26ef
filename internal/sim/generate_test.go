package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// digest is a hash over all records of a scenario.
func digest(s *Scenario, seed uint64) [32]byte {
	h := sha256.New()
	for r := range s.Generate(seed) {
		h.Write([]byte(r.Log))
		h.Write(r.JSON)
	}
	return [32]byte(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	s := fewSignIns(t)
	if first, again := digest(s, 1), digest(s, 1); first != again {
		t.Error("the same seed gave different records")
	}
	if digest(s, 1) == digest(s, 2) {
		t.Error("another seed gave the same records")
	}
	if a, b := s.Truth(1), s.Truth(2); slices.Equal(a[0].Accounts, b[0].Accounts) {
		t.Error("another seed attacks the same accounts")
	}
}

func TestGenerateStopsWhenAsked(t *testing.T) {
	n := 0
	for range load(t, "busy").Generate(1) {
		if n++; n == 10 {
			break
		}
	}
	if n != 10 {
		t.Errorf("%d records", n)
	}
}

// eventTime reads the event time as the interface of the logs defines it.
func eventTime(t *testing.T, rec Record) time.Time {
	t.Helper()
	var o struct{ CreatedDateTime, ActivityDateTime, CreationTime string }
	if err := json.Unmarshal(rec.JSON, &o); err != nil {
		t.Fatalf("%v: %s", err, rec.JSON)
	}
	text := o.CreatedDateTime + o.ActivityDateTime
	if o.CreationTime != "" {
		text = o.CreationTime + "Z"
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRecordsComeInOrderWithTheirTimeAndOwnID(t *testing.T) {
	t.Parallel()
	s := fewSignIns(t)
	var last time.Time
	ids, logs := map[string]bool{}, map[string]int{}
	for rec := range s.Generate(3) {
		if at := eventTime(t, rec); !at.Equal(rec.Time) || at.Before(last) {
			t.Fatalf("%s: time is %s, JSON says %s, before it %s", rec.Log, rec.Time, at, last)
		}
		last = rec.Time
		if rec.Time.Before(s.Start) || !rec.Time.Before(s.Start.AddDate(0, 0, s.Days)) {
			t.Fatalf("%s is outside the scenario", rec.Time)
		}
		var o struct{ ID string }
		if err := json.Unmarshal(rec.JSON, &o); err != nil || o.ID == "" || ids[o.ID] {
			t.Fatalf("id %q: %v", o.ID, err)
		}
		ids[o.ID] = true
		logs[rec.Log]++
		if read, err := ParseRecord(rec.JSON); err != nil || read.Log != rec.Log || !read.Time.Equal(rec.Time) {
			t.Fatalf("ParseRecord: %v, log %s, time %s", err, read.Log, read.Time)
		}
	}
	if got := slices.Sorted(maps.Keys(logs)); !slices.Equal(got, []string{Audit, Risk, SignIn, Unified}) {
		t.Errorf("logs are %v", got)
	}
}

func TestSignInsHaveTheSizeOfRealOnes(t *testing.T) {
	t.Parallel()
	n, size := 0, 0
	for rec := range fewDays(t).Generate(1) {
		if rec.Log == SignIn {
			n++
			size += len(rec.JSON)
		}
	}
	if mean := size / n; mean < 4200 || mean > 5600 {
		t.Errorf("a sign-in has %d bytes on average", mean)
	}
}

func TestLifeIsMixed(t *testing.T) {
	t.Parallel()
	codes, kinds, names := map[int]int{}, map[bool]int{}, map[string]bool{}
	countries, guests := map[string]bool{}, 0
	for rec := range fewDays(t).Generate(1) {
		if rec.Log != SignIn {
			continue
		}
		var o signInFields
		if err := json.Unmarshal(rec.JSON, &o); err != nil {
			t.Fatal(err)
		}
		codes[o.Status.ErrorCode]++
		kinds[o.IsInteractive]++
		names[o.UserDisplayName] = true
		countries[o.Location.CountryOrRegion] = true
		if o.UserType == "guest" {
			guests++
		}
	}
	for _, code := range []int{0, 50126, 50140, 50074, 50097} {
		if codes[code] == 0 {
			t.Errorf("no sign-in with code %d: %v", code, codes)
		}
	}
	if total := kinds[true] + kinds[false]; codes[50126]*10 > total || guests == 0 || kinds[true] == 0 || kinds[false] == 0 {
		t.Errorf("codes %v, interactive %v, guests %d", codes, kinds, guests)
	}
	if len(countries) != 1 || !countries["SE"] {
		t.Errorf("life is in %v", countries)
	}
	for _, name := range hostileNames {
		if !names[name] {
			t.Errorf("nobody is named %q", name)
		}
	}
}

func TestIDsAreLowerCaseUUIDs(t *testing.T) {
	t.Parallel()
	for rec := range fewSignIns(t).Generate(9) {
		var o struct {
			ID, UserID, CorrelationID, RequestID, UserKey string
		}
		if err := json.Unmarshal(rec.JSON, &o); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{o.UserID, o.CorrelationID, o.RequestID} {
			if id != "" && rec.Log != Unified && !uuidPattern().MatchString(id) {
				t.Fatalf("%q is no UUID: %s", id, rec.JSON)
			}
		}
	}
}

func TestAccountsAreDistinct(t *testing.T) {
	s, err := load(t, "busy").WithAccounts(3000)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(s, 12345)
	ids, names := map[string]bool{}, map[string]bool{}
	for i := range s.Tenant.Accounts {
		a := w.account(i)
		ids[a.id], names[a.upn] = true, true
		if isASCII := bytes.IndexFunc([]byte(a.upn), func(r rune) bool { return r > 126 }) < 0; !isASCII {
			t.Fatalf("UPN %q", a.upn)
		}
	}
	if len(ids) != 3000 || len(names) != 3000 {
		t.Errorf("%d ids, %d UPNs of 3000 accounts", len(ids), len(names))
	}
}

func BenchmarkGenerate(b *testing.B) {
	s := load(b, "busy")
	for b.Loop() {
		n := 0
		for rec := range s.Generate(1) {
			b.SetBytes(int64(len(rec.JSON)))
			if n++; n == 5000 {
				break
			}
		}
	}
}

// TestRecordsReferToEachOther: a risk detection names the sign-in that it is
// about, and what follows an interrupt is the same attempt.
func TestRecordsReferToEachOther(t *testing.T) {
	t.Parallel()
	signIns, attempts, requests := map[string]bool{}, map[string][]int{}, []string{}
	for rec := range fewSignIns(t).Generate(1) {
		switch rec.Log {
		case SignIn:
			var o signInFields
			decode(t, rec, &o)
			signIns[o.ID] = true
			attempts[o.OriginalRequestID] = append(attempts[o.OriginalRequestID], o.Status.ErrorCode)
		case Risk:
			var o struct{ RequestID, Activity string }
			decode(t, rec, &o)
			if (o.RequestID == "") != (o.Activity == "user") {
				t.Errorf("a %s detection has the request id %q", o.Activity, o.RequestID)
			}
			if o.RequestID != "" {
				requests = append(requests, o.RequestID)
			}
		}
	}
	for _, id := range requests {
		if !signIns[id] {
			t.Errorf("there is no sign-in %s", id)
		}
	}
	interrupted := 0
	for id, codes := range attempts {
		if len(codes) > 2 || len(codes) == 2 && !slices.Contains(interrupts, int32(codes[0])) || !signIns[id] {
			t.Errorf("attempt %s has the codes %v", id, codes)
		}
		if len(codes) == 2 && codes[1] == 0 {
			interrupted++
		}
	}
	if len(requests) != 2 || interrupted == 0 {
		t.Errorf("%d detections about a sign-in, %d interrupts", len(requests), interrupted)
	}
}

func TestLifeAndAttacksUseDifferentAddresses(t *testing.T) {
	t.Parallel()
	s, err := load(t, "busy").WithAccounts(4000)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(s, 1)
	for i, e := range w.day(0) {
		place, _ := w.where(&e)
		ip, err := netip.ParseAddr(place.ip)
		if err != nil {
			t.Fatal(err)
		}
		hostile := inAny(attackerNets, ip) || sharedEgress.Contains(ip)
		if hostile != (e.attack >= 0) {
			t.Fatalf("event %d of attack %d comes from %s", i, e.attack, ip)
		}
	}
}
