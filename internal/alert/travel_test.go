package alert_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/alert"
	"vakt/internal/detect"
	"vakt/internal/rule"
)

// TestWhyOfTravel: both ends of every move, how their places are known, and
// how long there was.
func TestWhyOfTravel(t *testing.T) {
	at := func(text string) int64 {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when.Unix()
	}
	d := spray()
	d.Rule.Correlation, d.Rule.Travel = nil, &rule.Travel{Speed: 900, Distance: 500}
	home := detect.Stop{Time: at("2026-03-03T08:00:00Z"), Country: "SE", City: "Stockholm", IP: "198.51.100.7", Source: detect.FromRecord}
	d.Value = 7881
	d.Moves = []detect.Move{
		{From: home, To: detect.Stop{Time: at("2026-03-03T08:45:00Z"), Country: "NG", IP: "203.0.113.9", Source: detect.FromAddress}, Km: 5911, Speed: 7881},
		{From: home, To: detect.Stop{Time: at("2026-03-03T10:00:01Z"), Country: "BR", IP: "203.0.113.10", Source: detect.FromCountry}, Km: 7000, Speed: 3500, Vouched: true},
	}
	want := []alert.Why{
		{What: "km/h from Stockholm, SE (198.51.100.7) at 2026-03-03T08:00:00Z to NG (203.0.113.9, by its address) at 2026-03-03T08:45:00Z: 5911 km in 45m",
			Value: 7881, AtLeast: true, Threshold: 900, Window: "45m"},
		{What: "km/h from Stockholm, SE (198.51.100.7) at 2026-03-03T08:00:00Z to BR (203.0.113.10, somewhere in the country) at 2026-03-03T10:00:01Z: 7000 km in 2h0m1s, both on devices of the account",
			Value: 3500, AtLeast: true, Threshold: 900, Window: "2h0m1s"},
	}
	if diff := cmp.Diff(want, one(t, d).Why); diff != "" {
		t.Error(diff)
	}
}

// offices is a calendar of two lines.
type offices struct{}

func (offices) Known(string) bool                { return true }
func (offices) Outside(int64, string) rule.Truth { return rule.True }
func (offices) Words() []string {
	return []string{"SE mon-fri 08:00-17:00 (Europe/Stockholm)", "NO mon 08:00-09:00 (Europe/Oslo)"}
}

func TestWhyOfWorkingHours(t *testing.T) {
	d := spray()
	d.Rule.Correlation, d.Rule.Hours = nil, offices{}
	d.Value = 2
	want := []alert.Why{{
		What:  "matching sign-ins outside working hours: SE mon-fri 08:00-17:00 (Europe/Stockholm); NO mon 08:00-09:00 (Europe/Oslo)",
		Value: 2, Threshold: 1, Window: "1d",
	}}
	if diff := cmp.Diff(want, one(t, d).Why); diff != "" {
		t.Error(diff)
	}
}
