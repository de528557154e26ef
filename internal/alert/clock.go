package alert

import (
	"strconv"
	"time"
)

// clock writes times in RFC 3339, UTC. Those of the alerts of a run mostly are of
// one day, of which the date is written once.
type clock struct {
	day  int64
	date string // with the T behind it; empty before the first
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// stamp writes a time, in seconds since 1970.
func (c *clock) stamp(seconds int64) string {
	second := seconds % day
	if second < 0 {
		second += day
	}
	if today := (seconds - second) / day; c.date == "" || today != c.day {
		c.day, c.date = today, time.Unix(seconds, 0).UTC().Format("2006-01-02T")
	}
	var buf [32]byte
	b := append(buf[:0], c.date...)
	b = append(twoDigits(b, second/hour), ':')
	b = append(twoDigits(b, second%hour/minute), ':')
	return string(append(twoDigits(b, second%minute), 'Z'))
}

func twoDigits(b []byte, n int64) []byte {
	if n < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, n, 10)
}
