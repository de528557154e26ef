package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // whatever the system has
)

// someDays returns the month of a small company from a day on.
func someDays(t testing.TB, from string, days int) *Scenario {
	t.Helper()
	s, err := load(t, "month").WithAccounts(200)
	if err != nil {
		t.Fatal(err)
	}
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.WithoutAttacks().At(first).WithDays(days); err != nil {
		t.Fatal(err)
	}
	return s
}

// attacked returns a small company's whole month.
func attacked(t testing.TB) *Scenario {
	t.Helper()
	s, err := load(t, "month").WithAccounts(200)
	if err != nil {
		t.Fatal(err)
	}
	s.Life.SignIns, s.Life.Mailbox, s.Month.Files = 0.5, 300, 300
	return s
}

func TestMonthIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	s := someDays(t, "2026-03-12", 2)
	if first, again := digest(s, 1), digest(s, 1); first != again {
		t.Error("the same seed gave different records")
	}
	if digest(s, 1) == digest(s, 2) {
		t.Error("another seed gave the same records")
	}
}

func TestMonthOfSomeLogsIsPartOfTheWhole(t *testing.T) {
	t.Parallel()
	s := someDays(t, "2026-03-12", 2)
	whole := map[string][]string{}
	for rec := range s.Generate(1) {
		whole[rec.Log] = append(whole[rec.Log], string(rec.JSON))
	}
	for log, want := range whole {
		var got []string
		for rec := range s.Generate(1, log) {
			got = append(got, string(rec.JSON))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d records alone, %d among all", log, len(got), len(want))
		}
	}
}

// TestMonthGoesOn: a day is the same day whichever month it is part of, so
// that what is learned from the weeks before is of the same company.
func TestMonthGoesOn(t *testing.T) {
	t.Parallel()
	day := func(s *Scenario) (ids []string) {
		for rec := range s.Generate(3) {
			if rec.Time.Format(time.DateOnly) == "2026-03-17" {
				ids = append(ids, rec.Time.Format(time.RFC3339)+rec.Log+string(rec.JSON))
			}
		}
		slices.Sort(ids)
		return ids
	}
	late, early := day(someDays(t, "2026-03-17", 1)), day(someDays(t, "2026-03-09", 10))
	if len(late) < 300 || !slices.Equal(late, early) {
		t.Errorf("17 March has %d records in the month that begins then, %d in the one before", len(late), len(early))
	}
}

func TestMonthComesInOrderWithItsTimesAndIDs(t *testing.T) {
	t.Parallel()
	s := attacked(t)
	var last time.Time
	ids, logs := map[string]bool{}, map[string]int{}
	for rec := range s.Generate(3) {
		if at := eventTime(t, rec); !at.Equal(rec.Time) || at.Before(last) {
			t.Fatalf("%s: time is %s, JSON says %s, before it %s", rec.Log, rec.Time, at, last)
		}
		last = rec.Time
		var o struct{ ID string }
		if err := json.Unmarshal(rec.JSON, &o); err != nil {
			t.Fatal(err)
		}
		if o.ID == "" || ids[rec.Log+o.ID] {
			t.Fatalf("id %q twice: %s", o.ID, rec.JSON)
		}
		ids[rec.Log+o.ID] = true
		logs[rec.Log]++
	}
	end := s.Start.AddDate(0, 0, s.Days)
	if last.After(end) || last.Before(end.Add(-3*time.Hour)) || len(logs) != 4 {
		t.Errorf("the last record is of %s, and there are %v", last, logs)
	}
}

// TestMonthFollowsTheGraphMetadata looks at every record that no other one of
// the month is like.
func TestMonthFollowsTheGraphMetadata(t *testing.T) {
	t.Parallel()
	contracts := map[string]csdl{SignIn: readCSDL(t, "graph-beta-delta.csdl"), Audit: readCSDL(t, "graph-v1.0-trimmed.csdl")}
	contracts[Risk] = contracts[Audit] // audits and risk detections are the same in both
	seen := map[string]bool{}
	for rec := range attacked(t).Generate(11) {
		var o struct {
			ActivityDisplayName, RiskEventType, RiskState, AuthenticationProtocol string
			IsInteractive                                                         bool
			Status                                                                struct{ ErrorCode int }
		}
		decode(t, rec, &o)
		kind := fmt.Sprint(rec.Log, o)
		if rec.Log == Unified || seen[kind] {
			continue
		}
		seen[kind] = true
		var value map[string]any
		decode(t, rec, &value)
		contracts[rec.Log].check(t, kind, graphTypes[rec.Log], value, beyondCSDL)
	}
	if len(seen) < 60 {
		t.Errorf("only %d kinds of records", len(seen))
	}
}

func TestMonthUsesNoAddressOfAttackers(t *testing.T) {
	t.Parallel()
	for rec := range someDays(t, "2026-03-09", 4).Generate(5) {
		for _, net := range []string{`"203.0.113.`, `"2001:db8:bad:`} {
			if bytes.Contains(rec.JSON, []byte(net)) {
				t.Fatalf("life uses an attacker's address: %s", rec.JSON)
			}
		}
	}
}

// TestSummerTime compares the clocks of the lands with the time zone database.
func TestSummerTime(t *testing.T) {
	for code, zone := range map[string]string{"SE": "Europe/Stockholm", "FI": "Europe/Helsinki", "GB": "Europe/London", "US": "America/New_York", "IN": "Asia/Kolkata", "TH": "Asia/Bangkok"} {
		there, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		l := landOf(code)
		for at := time.Date(2024, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2029; at = at.Add(time.Hour) {
			if _, want := at.In(there).Zone(); l.ahead(at) != time.Duration(want)*time.Second {
				t.Fatalf("%s at %s: %s ahead, want %d s", code, at, l.ahead(at), want)
			}
		}
		for day := dayOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)); weekday(day) != 6 || time.Unix(day*86400, 0).UTC().Month() != time.May; day++ {
			if at := l.local(day, 9).In(there); at.Hour() != 9 || dayOf(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)) != day {
				t.Fatalf("%s: nine o'clock of day %d is %s", code, day, at)
			}
		}
	}
}

// TestMonthHasWeekendsAndHolidays: people work on working days, by the clock.
func TestMonthHasWeekendsAndHolidays(t *testing.T) {
	t.Parallel()
	perDay, hours := map[string]int{}, map[bool][24]int{}
	stockholm := landOf("SE")
	s := someDays(t, "2026-03-23", 14)
	s.Life.SignIns = 2
	for rec := range s.Generate(1, SignIn) {
		var o struct {
			IPAddress string
			Status    struct{ ErrorCode int }
			Location  struct{ City string }
		}
		decode(t, rec, &o)
		if o.IPAddress == serverIP || o.Location.City != "Stockholm" && o.Location.City != "Göteborg" {
			continue
		}
		perDay[rec.Time.Format(time.DateOnly)]++
		if o.Status.ErrorCode == 0 && strings.HasPrefix(o.IPAddress, officeNet) {
			summer := rec.Time.After(time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC))
			by := hours[summer]
			by[rec.Time.Add(stockholm.ahead(rec.Time)).Hour()]++
			hours[summer] = by
		}
	}
	for _, quiet := range []string{"2026-03-28", "2026-03-29", "2026-04-03", "2026-04-05"} {
		if perDay[quiet]*2 > perDay["2026-03-25"] {
			t.Errorf("%s has %d sign-ins, an ordinary Wednesday %d", quiet, perDay[quiet], perDay["2026-03-25"])
		}
	}
	for summer, by := range hours {
		total, work := 0, 0
		for hour, n := range by {
			total += n
			if hour >= 6 && hour < 18 {
				work += n
			}
		}
		if total < 200 || work*100 < total*80 {
			t.Errorf("summer time %v: %d of %d sign-ins at the office between 6 and 18: %v", summer, work, total, by)
		}
	}
}

// TestMonthIsMixed: what every tenant's log is full of is there.
func TestMonthIsMixed(t *testing.T) {
	t.Parallel()
	codes, countries, clients, asns := map[int]int{}, map[string]int{}, map[string]bool{}, map[int]bool{}
	audits, operations := map[string]int{}, map[string]int{}
	s, err := someDays(t, "2026-03-09", 21).WithAccounts(900)
	if err != nil {
		t.Fatal(err)
	}
	s.Life.SignIns, s.Life.Mailbox = 0.4, 600
	for rec := range s.Generate(1) {
		var o struct {
			ActivityDisplayName, Operation, ClientAppUsed string
			AutonomousSystemNumber                        int
			Status                                        struct{ ErrorCode int }
			Location                                      struct{ CountryOrRegion string }
		}
		decode(t, rec, &o)
		switch rec.Log {
		case SignIn:
			codes[o.Status.ErrorCode]++
			countries[o.Location.CountryOrRegion]++
			clients[o.ClientAppUsed], asns[o.AutonomousSystemNumber] = true, true
		case Audit:
			audits[o.ActivityDisplayName]++
		case Unified:
			operations[o.Operation]++
		}
	}
	for _, code := range []int{50126, 50140, 50058, 16000, 50199, 70044, 700082, 50173, 50074, 50076, 500121, 50055, 50097} {
		if codes[code] == 0 {
			t.Errorf("no sign-in with code %d: %v", code, codes)
		}
	}
	if codes[0]*10 < 6*sumOf(codes) {
		t.Errorf("fewer than seven in ten sign-ins succeed: %v", codes)
	}
	if len(countries) < 6 || countries["SE"]*2 < sumOf(countries) || !clients["Authenticated SMTP"] || !asns[microsoftASN] || !asns[vpnASN] {
		t.Errorf("countries %v, clients %v, networks %v", countries, clients, asns)
	}
	for _, name := range []string{"Update user", "Add member to group", "Add user", "Disable account", "Invite external user", "Reset password (by admin)", "User registered security info", "Add member to role completed (PIM activation)"} {
		if audits[name] == 0 {
			t.Errorf("no audit %q: %v", name, audits)
		}
	}
	for _, name := range []string{"MailItemsAccessed", "Send", "New-InboxRule", "HardDelete", "FileAccessed", "FileSyncDownloadedFull", "AnonymousLinkCreated", "Add-MailboxPermission"} {
		if operations[name] == 0 {
			t.Errorf("no record of %q: %v", name, operations)
		}
	}
}

func sumOf[K comparable](m map[K]int) int {
	n := 0
	for _, v := range m {
		n += v
	}
	return n
}

// TestIncidentsAreInTheLogs: what an incident names is in the records of its
// time, and every attack of the scenario is one.
func TestIncidentsAreInTheLogs(t *testing.T) {
	t.Parallel()
	s := attacked(t)
	all := s.Incidents(9)
	if len(all) != len(s.Attacks) {
		t.Fatalf("%d incidents of %d attacks", len(all), len(s.Attacks))
	}
	addresses, accounts := make([]map[string]bool, len(all)), make([]map[string]bool, len(all))
	for i := range all {
		addresses[i], accounts[i] = map[string]bool{}, map[string]bool{}
	}
	for rec := range s.Generate(9) {
		text := bytes.ToLower(rec.JSON)
		for i := range all {
			if rec.Time.Before(all[i].First) || rec.Time.After(all[i].Last) {
				continue
			}
			for _, name := range all[i].Addresses {
				addresses[i][name] = addresses[i][name] || bytes.Contains(text, []byte(name))
			}
			for _, name := range all[i].Accounts {
				accounts[i][name] = accounts[i][name] || bytes.Contains(text, []byte(name))
			}
		}
	}
	for i, is := range all {
		if is.Records == 0 || len(is.Rows) == 0 || len(is.Accounts) == 0 || len(is.Addresses) == 0 || is.Last.Before(is.First) {
			t.Errorf("%s: %+v", is, is)
		}
		for _, name := range is.Addresses {
			if _, err := netip.ParseAddr(name); err != nil || !addresses[i][name] {
				t.Errorf("%s: nothing in its time has the address %s", is, name)
			}
		}
		found := 0
		for _, name := range is.Accounts {
			if accounts[i][name] {
				found++
			}
		}
		if found*2 < len(is.Accounts) { // guests' addresses have another form in some logs
			t.Errorf("%s: only %d of %d names of accounts are in the records of its time", is, found, len(is.Accounts))
		}
	}
}

func TestMonthHasEveryStory(t *testing.T) {
	played := map[string]bool{}
	for _, a := range load(t, "month").Attacks {
		played[a.Kind] = true
	}
	for name := range stories {
		if !played[name] {
			t.Errorf("%s is not in it", name)
		}
	}
	if len(played) < 30 {
		t.Errorf("it has only %d kinds of attacks", len(played))
	}
	for _, kinds := range []map[string]attackKind{attackKinds, stories} {
		for name := range kinds {
			if len(rowsOf[name]) == 0 && name != "office_nat" {
				t.Errorf("%s is about no row", name)
			}
		}
	}
}

func TestExplains(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 9, 8, minute, 0, 0, time.UTC) }
	is := Incident{First: at(10), Last: at(20), Accounts: []string{"a", "ann@contoso.com"}, Addresses: []string{"203.0.113.9"}, Rows: []string{"P01"}}
	for _, c := range []struct {
		alert Alert
		want  bool
	}{
		{Alert{First: at(12), Last: at(13), Names: []string{"ANN@contoso.com"}}, true},
		{Alert{First: at(20), Last: at(40), Names: []string{"203.0.113.9"}}, true},
		{Alert{First: at(21), Last: at(40), Names: []string{"203.0.113.9"}}, false},
		{Alert{First: at(1), Last: at(9), Names: []string{"a"}}, false},
		{Alert{First: at(12), Last: at(13), Names: []string{"b"}, Rows: []string{"P01"}}, false},
		{Alert{First: at(0), Last: at(50), Rows: []string{"P01"}, Whole: true}, true},
		{Alert{First: at(0), Last: at(50), Rows: []string{"P02"}, Whole: true}, false},
	} {
		if got := is.Explains(c.alert); got != c.want {
			t.Errorf("%+v: %v", c.alert, got)
		}
	}
}

// TestMonthTakesTheDirectorysAccounts: residents that are handed in are those
// in the records.
func TestMonthTakesTheDirectorysAccounts(t *testing.T) {
	t.Parallel()
	const id = "cccccccc-0000-4000-8000-000000000001"
	s := someDays(t, "2026-03-10", 1).With([]Resident{{Sort: "teams_room", ID: id, UPN: "Eken@contoso.com", Name: "Eken"}})
	n := 0
	for rec := range s.Generate(1, SignIn) {
		if bytes.Contains(rec.JSON, []byte(id)) {
			n++
		}
		if bytes.Contains(rec.JSON, []byte("service.account")) {
			t.Fatalf("an account that nobody handed in: %s", rec.JSON)
		}
	}
	if n == 0 {
		t.Error("the room never signs in")
	}
}

func TestBadMonthsAreRefused(t *testing.T) {
	head, _, _ := strings.Cut(good, "attacks:")
	for text, want := range map[string]string{
		"month: {files_per_day: -1}\n":                                    "files_per_day",
		"month: {holidays: {XX: [2026-04-03]}}\n":                         `nobody is in "XX"`,
		"month: {holidays: {SE: [3 April]}}\n":                            "is no day",
		"month: {parties: 3}\n":                                           `unknown key "parties"`,
		"attacks: [{kind: resource_signin, at: 1h, from: 203.0.113.9}]\n": "needs the scenario to have a month",
	} {
		if _, err := parseScenario("x.yml", []byte(head+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
