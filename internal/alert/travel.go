package alert

import (
	"fmt"
	"math"
	"strings"
	"time"

	"vakt/internal/detect"
)

// travelled puts the moves of a detection into words, both ends of each.
func travelled(d *detect.Detection) []Why {
	list := make([]Why, 0, len(d.Moves))
	for i := range d.Moves {
		m := &d.Moves[i]
		took := lasting(time.Duration(m.To.Time-m.From.Time) * time.Second)
		w := Why{Value: m.Speed, AtLeast: true, Threshold: math.Round(d.Rule.Travel.Speed), Window: took}
		w.What = fmt.Sprintf("km/h from %s to %s: %s km in %s", stopped(&m.From), stopped(&m.To), number(m.Km), took)
		if m.Vouched {
			w.What += ", both on devices of the account"
		}
		list = append(list, w)
	}
	return list
}

// stopped is one end: place, address, time and what tells the place.
func stopped(s *detect.Stop) string {
	how := map[detect.Source]string{
		detect.FromRecord: "", detect.FromAddress: ", by its address", detect.FromCountry: ", somewhere in the country",
	}[s.Source]
	place := s.Country
	if city := strings.TrimSpace(s.City); city != "" {
		place = city + ", " + place
	}
	return fmt.Sprintf("%s (%s%s) at %s", place, s.IP, how, time.Unix(s.Time, 0).UTC().Format(time.RFC3339))
}

// lasting writes a duration without the parts that are zero at its end: 9h43m.
func lasting(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}
