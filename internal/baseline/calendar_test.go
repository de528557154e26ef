package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vakt/internal/rule"
)

func workHours(t interface {
	Helper()
	Fatal(...any)
}, yaml string) rule.WorkHours {
	t.Helper()
	b, problems := Parse("b.yaml", []byte(yaml))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	w, ok := b.WorkHours("business_hours", "holidays", "country_timezones")
	if !ok {
		t.Fatal("the three parameters are not taken")
	}
	return w
}

func unix(text string) int64 {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at.Unix()
}

func TestOutsideWorkingHours(t *testing.T) {
	const office = `
business_hours: {SE: mon-fri 08:00-17:00, NO: [mon-thu 08:00-16:00, fri 08:00-12:00], US: mon-fri 09:00-17:00, "*": mon-fri 06:00-20:00}
holidays: {SE: [06-06, 2026-06-19], "*": [12-25]}
country_timezones: {US: America/New_York}
`
	for _, tt := range []struct {
		name, at, country string
		want              rule.Truth
	}{
		{"the first minute", "2026-03-03T07:00:00Z", "SE", rule.False},
		{"a second before", "2026-03-03T06:59:59Z", "SE", rule.True},
		{"the last second", "2026-03-03T15:59:59Z", "SE", rule.False},
		{"the hour is over", "2026-03-03T16:00:00Z", "SE", rule.True},
		{"saturday", "2026-03-07T10:00:00Z", "SE", rule.True},
		{"summer: an hour earlier", "2026-07-01T06:00:00Z", "SE", rule.False},
		{"summer: too early", "2026-07-01T05:59:59Z", "SE", rule.True},
		{"the monday after the clock went forward", "2026-03-30T06:00:00Z", "SE", rule.False},
		{"the friday before", "2026-03-27T06:00:00Z", "SE", rule.True},
		{"a country in small letters", "2026-03-03T10:00:00Z", "se", rule.False},
		{"a holiday of every year", "2025-06-06T10:00:00Z", "SE", rule.True},
		{"a holiday of one year", "2026-06-19T10:00:00Z", "SE", rule.True},
		{"the same day a year earlier", "2025-06-19T10:00:00Z", "SE", rule.False},
		{"the holiday begins at local midnight", "2026-06-05T22:30:00Z", "SE", rule.True},
		{"christmas where the country has days of its own", "2025-12-25T10:00:00Z", "SE", rule.False},
		{"christmas elsewhere", "2025-12-25T10:00:00Z", "NO", rule.True},
		{"two lines of hours", "2026-03-06T11:30:00Z", "NO", rule.True},
		{"two lines of hours, within", "2026-03-05T11:30:00Z", "NO", rule.False},
		{"a declared zone", "2026-03-03T14:00:00Z", "US", rule.False},
		{"a declared zone, outside", "2026-03-03T13:59:00Z", "US", rule.True},
		{"any other country, by its own clock", "2026-03-03T05:00:00Z", "FI", rule.False},
		{"any other country, too early", "2026-03-03T03:59:00Z", "FI", rule.True},
		{"any other country of several clocks", "2026-03-03T10:00:00Z", "BR", rule.Unknown},
		{"nobody knows where", "2026-03-03T10:00:00Z", "", rule.Unknown},
		{"no country", "2026-03-03T10:00:00Z", "Sweden", rule.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := workHours(t, office)
			if got := w.Outside(unix(tt.at), tt.country); got != tt.want || w.Known(tt.country) != (tt.want != rule.Unknown) {
				t.Errorf("got %v (known: %v), want %v", got, w.Known(tt.country), tt.want)
			}
		})
	}
}

// One clock for all, and hours for all: then everybody's are known.
func TestOutsideWithOneClockForAll(t *testing.T) {
	w := workHours(t, `{business_hours: {"*": mon-fri 08:00-17:00}, country_timezones: {"*": Europe/Stockholm, JP: Asia/Tokyo}}`)
	for country, want := range map[string]rule.Truth{"SE": rule.False, "BR": rule.False, "": rule.False, "Sweden": rule.False, "JP": rule.True} {
		if got := w.Outside(unix("2026-03-03T10:00:00Z"), country); got != want {
			t.Errorf("%q: got %v, want %v", country, got, want)
		}
	}
}

func TestWorkHoursInWords(t *testing.T) {
	w := workHours(t, `{business_hours: {"*": mon-fri 08:00-17:00, SE: [mon-thu 08:00-17:00, fri 08:00-15:00], US: mon 09:00-10:00}}`)
	want := []string{
		"* mon-fri 08:00-17:00 (by the clock of each country)", "SE fri 08:00-15:00, mon-thu 08:00-17:00 (Europe/Stockholm)", "US mon 09:00-10:00 (clock not known)",
	}
	if got := w.Words(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := workHours(t, "").Words(); len(got) != 0 {
		t.Errorf("nobody has declared hours: %q", got)
	}
}

func TestWorkHoursRefusesOtherParameters(t *testing.T) {
	for _, names := range [][3]string{
		{"holidays", "holidays", "country_timezones"}, {"business_hours", "business_hours", "country_timezones"},
		{"business_hours", "holidays", "volume_timezone"}, {"", "holidays", "country_timezones"}, {"hours", "", ""},
	} {
		if _, ok := Default().WorkHours(names[0], names[1], names[2]); ok {
			t.Errorf("%q are taken", names)
		}
	}
	if _, ok := Default().WorkHours("business_hours", "", ""); !ok {
		t.Error("hours alone are not taken")
	}
}

func TestHoliday(t *testing.T) {
	b, problems := Parse("b.yaml", []byte(`holidays: {SE: [06-06, 2026-06-19], "*": [12-25]}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, tt := range []struct {
		country string
		year    int
		month   time.Month
		day     int
		want    bool
	}{
		{"SE", 2024, time.June, 6, true}, {"se", 2026, time.June, 19, true}, {"SE", 2025, time.June, 19, false}, {"SE", 2025, time.December, 25, false},
		{"NO", 2025, time.December, 25, true}, {"NO", 2025, time.June, 6, false}, {"", 2025, time.December, 25, true}, {"", 2025, time.June, 6, true}, {"", 2025, time.June, 7, false},
	} {
		if got := b.Holiday("holidays", tt.country, tt.year, tt.month, tt.day); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	if Default().Holiday("holidays", "SE", 2025, time.December, 25) || b.Holiday("business_hours", "SE", 2025, time.December, 25) {
		t.Error("a day is a holiday though nobody said so")
	}
}

func TestZone(t *testing.T) {
	b, _ := Parse("b.yaml", []byte("volume_timezone: Asia/Tokyo"))
	if zone, ok := b.Zone("volume_timezone"); !ok || zone.String() != "Asia/Tokyo" {
		t.Errorf("got %v, %v", zone, ok)
	}
	if zone, ok := Default().Zone("volume_timezone"); !ok || zone != time.UTC {
		t.Errorf("by default %v, %v", zone, ok)
	}
	if _, ok := b.Zone("country_timezones"); ok {
		t.Error("a mapping is a zone")
	}
}

// minuteByMinute reads the declared texts anew for every minute: it writes the
// local time out and compares words, and computes nothing.
func minuteByMinute(at int64, zone *time.Location, hours, holidays []string) bool {
	local := strings.ToLower(time.Unix(at, 0).In(zone).Format("Mon 15:04 2006-01-02"))
	weekday, clock, date := local[:3], local[4:9], local[10:]
	for _, day := range holidays {
		if strings.HasSuffix(date, day) {
			return true
		}
	}
	for _, text := range hours {
		span, times, _ := strings.Cut(text, " ")
		first, last, isRange := strings.Cut(span, "-")
		if !isRange {
			last = first
		}
		in := false
		for _, d := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			if in = in || d == first; in && d == weekday && times[:5] <= clock && clock < times[6:] {
				return false
			}
			in = in && d != last
		}
	}
	return true
}

// Every minute of weeks in which clocks go forward and back, in zones that are
// whole, half and quarter hours from UTC, and in one that skipped a day.
func TestOutsideAgreesMinuteByMinute(t *testing.T) {
	names := []string{"Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "UTC", "Africa/Casablanca"}
	weeks := []string{"2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z", "2026-03-06T00:00:00Z", "2026-10-30T00:00:00Z", "2026-04-03T00:00:00Z", "2026-12-28T00:00:00Z", "2011-12-28T00:00:00Z", "2024-02-27T00:00:00Z"}
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(names).Draw(t, "zone")
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		var hours, holidays []string
		for range rapid.IntRange(1, 3).Draw(t, "lines") {
			first := rapid.IntRange(0, 6).Draw(t, "first")
			last := rapid.IntRange(first, 6).Draw(t, "last")
			from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
			until := rapid.IntRange(from+1, 24*60).Draw(t, "until")
			span := days[first]
			if last > first {
				span += "-" + days[last]
			}
			hours = append(hours, fmt.Sprintf("%s %02d:%02d-%02d:%02d", span, from/60, from%60, until/60, until%60))
		}
		start := unix(rapid.SampledFrom(weeks).Draw(t, "week"))
		for range rapid.IntRange(0, 2).Draw(t, "holidays") {
			day := time.Unix(start, 0).UTC().AddDate(0, 0, rapid.IntRange(0, 4).Draw(t, "day"))
			holidays = append(holidays, day.Format(rapid.SampledFrom([]string{time.DateOnly, "01-02"}).Draw(t, "form")))
		}
		slices.Sort(holidays)
		holidays = slices.Compact(holidays)
		list := func(l []string) string { return `["` + strings.Join(l, `", "`) + `"]` }
		yaml := fmt.Sprintf("business_hours: {SE: %s}\ncountry_timezones: {SE: %s}\n", list(hours), zone)
		if len(holidays) > 0 {
			yaml += fmt.Sprintf("holidays: {SE: %s}\n", list(holidays))
		}
		w := workHours(t, yaml)
		for at := start; at < start+4*24*60*60; at += 60 {
			second := at + at/60%60 // another second of each minute
			want := minuteByMinute(second, location, hours, holidays)
			if got := w.Outside(second, "SE"); (got == rule.True) != want || got == rule.Unknown {
				t.Fatalf("%s\n%s: got %v, want %v", yaml, time.Unix(second, 0).In(location), got, want)
			}
		}
	})
}
