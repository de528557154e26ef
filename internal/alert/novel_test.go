package alert_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/alert"
	"vakt/internal/rule"
)

const thirtyDays = 30 * 24 * time.Hour

// TestWhyOfSomethingNew: what is new, and for how long it was not seen.
func TestWhyOfSomethingNew(t *testing.T) {
	d := spray()
	d.Rule.Correlation, d.Rule.FirstSeen = nil, &rule.FirstSeen{Names: []string{"location.countryOrRegion", "appId"}, Within: thirtyDays}
	d.Value, d.New = 2, []string{"fr x", "no x"}
	want := []alert.Why{{What: "matching sign-ins with location.countryOrRegion and appId not seen in the 30d before: fr x, no x", Value: 2, Threshold: 1, Window: "30d"}}
	if diff := cmp.Diff(want, one(t, d).Why); diff != "" {
		t.Error(diff)
	}
	d.New = nil
	for i := range 12 {
		d.New = append(d.New, fmt.Sprint(i))
	}
	if got := one(t, d).Why[0].What; got != "matching sign-ins with location.countryOrRegion and appId not seen in the 30d before: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more" {
		t.Error(got)
	}
}

// TestWhyOfGrowth: both numbers, and how much the one is above the other.
func TestWhyOfGrowth(t *testing.T) {
	d := spray()
	d.Rule.Growth, d.Rule.Bounds = &rule.Growth{Percent: 10, Days: 7}, []rule.Bound{{Op: "gte", Number: 50}}
	day := time.Date(2026, time.March, 9, 0, 0, 0, 0, time.UTC).Unix() / 86400
	d.Day, d.Value, d.Before = day, 174, 120
	want := []alert.Why{
		{What: "sign-ins on 2026-03-09", Value: 174, Threshold: 50, Window: "1d"},
		{What: "sign-ins on 2026-03-02, up to the same time of day", Value: 120, Window: "1d"},
		{What: "percent more", Value: 45, Threshold: 10, Window: "7d"},
	}
	if diff := cmp.Diff(want, one(t, d).Why); diff != "" {
		t.Error(diff)
	}
	d.Before = 0
	if got := one(t, d).Why; len(got) != 2 || got[1].Value != 0 {
		t.Errorf("%+v", got)
	}
}
