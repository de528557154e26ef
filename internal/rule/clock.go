package rule

import (
	"fmt"
	"strconv"
	"time"

	"vakt/internal/event"
)

// timeTest: a part of the time that the value holds stands in the order to
// ours. Times are read as event.ParseTime reads them and taken in UTC; what is
// no time does not match.
type timeTest struct {
	part  string // of partNames
	op    operator
	bound float64
}

func (t *timeTest) holds(_ *Matcher, v *operand) bool {
	if v.kind == event.Number || v.kind == event.Bool || v.kind == event.JSON {
		return false
	}
	seconds, ok := event.ParseTime(v.text)
	if !ok {
		return false
	}
	return t.op.ordered(float64(timePart(seconds, t.part)), t.bound)
}

// timed is false: it is about the value's time, not about the record's.
func (t *timeTest) timed() bool { return false }

// timePart takes a part of a Unix second in UTC. Weeks are those of ISO 8601:
// the first days of January may lie in week 52 or 53, and the last of December
// in week 1.
func timePart(seconds int64, part string) int {
	at := time.Unix(seconds, 0).UTC()
	switch part {
	case "minute":
		return at.Minute()
	case "hour":
		return at.Hour()
	case "day":
		return at.Day()
	case "week":
		_, week := at.ISOWeek()
		return week
	case "month":
		return int(at.Month())
	}
	return at.Year()
}

// partRanges are the numbers that a part of a time can be.
var partRanges = map[string][2]int{
	"minute": {0, 59}, "hour": {0, 23}, "day": {1, 31}, "week": {1, 53}, "month": {1, 12}, "year": {1, 9999},
}

// partFault says why a value is no such part of a time.
func partFault(part string, v *literal) string {
	limits := partRanges[part]
	n, err := strconv.Atoi(v.text)
	if v.kind != numberLiteral || err != nil || n < limits[0] || n > limits[1] {
		return fmt.Sprintf("the modifier %q needs a whole number from %d to %d, not %s", part, limits[0], limits[1], v.text)
	}
	return ""
}
