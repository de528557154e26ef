package alert

import (
	"fmt"
	"math"
	"strings"
	"time"

	"vakt/internal/detect"
)

// maxNew is how many new values an alert names.
const maxNew = 10

// fresh says what is new, behind what matched.
func fresh(d *detect.Detection) string {
	f := d.Rule.FirstSeen
	shown := strings.Join(d.New[:min(len(d.New), maxNew)], ", ")
	if more := len(d.New) - maxNew; more > 0 {
		shown += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf(" with %s not seen in the %s before: %s", strings.Join(f.Names, " and "), Span(f.Within), shown)
}

// grown compares two days: the numbers, and by how much the one is above the
// other, where that can be said.
func grown(d *detect.Detection) []Why {
	g, what := d.Rule.Growth, noun(d.Rule.Log)
	date := func(day int64) string { return time.Unix(day*24*60*60, 0).UTC().Format(time.DateOnly) }
	before := float64(d.Before)
	list := []Why{
		{What: what + " on " + date(d.Day), Value: d.Value, Threshold: d.Rule.Bounds[0].Number, Window: "1d"},
		{What: fmt.Sprintf("%s on %s, up to the same time of day", what, date(d.Day-int64(g.Days))), Value: before, Window: "1d"},
	}
	if before > 0 {
		percent := math.Round((d.Value-before)/before*1000) / 10
		list = append(list, Why{What: "percent more", Value: percent, Threshold: g.Percent, Window: Span(time.Duration(g.Days) * 24 * time.Hour)})
	}
	return list
}
