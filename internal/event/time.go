package event

import (
	"errors"
	"fmt"
	"time"
)

// DateOrder is how dates with slashes are read.
type DateOrder uint8

// The orders. AnyOrder reads month first, as the products write; a CSV file
// that looks otherwise is then refused by those who read files.
const (
	AnyOrder DateOrder = iota
	MonthFirst
	DayFirst
)

// DateOrderNamed reads "month-first" and "day-first".
func DateOrderNamed(name string) (order DateOrder, ok bool) {
	switch name {
	case "month-first":
		return MonthFirst, true
	case "day-first":
		return DayFirst, true
	}
	return AnyOrder, false
}

// ParseTime is ParseTimeAs with dates with slashes month first.
func ParseTime(text []byte) (seconds int64, ok bool) { return ParseTimeAs(text, MonthFirst) }

// ParseTimeAs reads a time as logs write it and returns whole seconds since
// 1970 in UTC, the fraction cut off. Accepted: ISO 8601 with "T" or a blank,
// 0 to 9 fraction digits, "Z", an offset or nothing (UTC), a one-digit hour;
// the US form "3/5/2026 7:08:09 PM", month first unless the order says
// otherwise, with or without leading zeros, comma, AM/PM and fraction, UTC
// unless an offset follows; and PowerShell's /Date(1700000000000)/.
func ParseTimeAs(text []byte, order DateOrder) (seconds int64, ok bool) {
	p := timeParser{rest: text, dayFirst: order == DayFirst}
	p.skip(' ')
	switch {
	case p.word(`/Date(`) || p.word(`\/Date(`):
		return p.powershell()
	case len(p.rest) > 4 && p.rest[4] == '-':
		ok = p.isoDate()
	default:
		ok = p.usDate()
	}
	if !ok || !p.clock() || !p.zone() {
		return 0, false
	}
	if p.skip(' '); len(p.rest) > 0 {
		return 0, false
	}
	return p.unix()
}

// timeParser eats a time from the front of rest.
type timeParser struct {
	rest                                   []byte
	year, month, day, hour, minute, second int
	offset                                 int // seconds east of UTC
	dayFirst                               bool
}

// SlashDate reads the first two numbers of a date with slashes, in the order
// in which they stand; ok is false for any other form.
func SlashDate(text []byte) (first, second int, ok bool) {
	p := timeParser{rest: text}
	p.skip(' ')
	ok = p.usDate()
	return p.month, p.day, ok
}

func (p *timeParser) skip(c byte) {
	for len(p.rest) > 0 && p.rest[0] == c {
		p.rest = p.rest[1:]
	}
}

func (p *timeParser) word(w string) bool {
	if len(p.rest) < len(w) || string(p.rest[:len(w)]) != w {
		return false
	}
	p.rest = p.rest[len(w):]
	return true
}

// digits eats between low and high digits.
func (p *timeParser) digits(low, high int) (n int, ok bool) {
	i := 0
	for ; i < high && i < len(p.rest) && p.rest[i] >= '0' && p.rest[i] <= '9'; i++ {
		n = n*10 + int(p.rest[i]-'0')
	}
	p.rest = p.rest[i:]
	return n, i >= low
}

func (p *timeParser) number(into *int, low, high int) bool {
	n, ok := p.digits(low, high)
	*into = n
	return ok
}

func (p *timeParser) isoDate() bool {
	return p.number(&p.year, 4, 4) && p.word("-") && p.number(&p.month, 1, 2) && p.word("-") &&
		p.number(&p.day, 1, 2) && (p.word("T") || p.word("t") || p.word(" "))
}

func (p *timeParser) usDate() bool {
	if !p.number(&p.month, 1, 2) || !p.word("/") || !p.number(&p.day, 1, 2) || !p.word("/") || !p.number(&p.year, 4, 4) {
		return false
	}
	if p.dayFirst {
		p.month, p.day = p.day, p.month
	}
	p.word(",")
	return p.word(" ")
}

func (p *timeParser) clock() bool {
	p.skip(' ')
	if !p.number(&p.hour, 1, 2) || !p.word(":") || !p.number(&p.minute, 2, 2) || !p.word(":") || !p.number(&p.second, 2, 2) {
		return false
	}
	if p.word(".") {
		if _, ok := p.digits(1, 9); !ok {
			return false
		}
	}
	return p.half()
}

// half reads AM or PM.
func (p *timeParser) half() bool {
	before := p.rest
	p.skip(' ')
	switch {
	case p.word("PM") || p.word("pm"):
		if p.hour < 12 {
			p.hour += 12
		}
		return p.hour >= 12
	case p.word("AM") || p.word("am"):
		if p.hour == 12 {
			p.hour = 0
		}
		return p.hour < 12
	}
	p.rest = before
	return true
}

// zone reads "Z", "+hh:mm", "+hhmm" or nothing, which is UTC.
func (p *timeParser) zone() bool {
	p.skip(' ')
	sign := 0
	switch {
	case len(p.rest) == 0 || p.word("Z") || p.word("z") || p.word("UTC"):
		return true
	case p.word("+"):
		sign = 1
	case p.word("-"):
		sign = -1
	default:
		return false
	}
	var hours, minutes int
	if !p.number(&hours, 2, 2) {
		return false
	}
	p.word(":")
	if !p.number(&minutes, 2, 2) || hours > 14 || minutes > 59 {
		return false
	}
	p.offset = sign * (hours*3600 + minutes*60)
	return true
}

// unix checks the ranges: a day or second that does not exist is no time.
func (p *timeParser) unix() (int64, bool) {
	if p.hour > 23 || p.minute > 59 || p.second > 59 || p.month < 1 || p.month > 12 || p.day < 1 || p.year < 1 {
		return 0, false
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, 0, time.UTC)
	if t.Day() != p.day {
		return 0, false
	}
	return t.Unix() - int64(p.offset), true
}

func (p *timeParser) powershell() (int64, bool) {
	sign := int64(1)
	if p.word("-") {
		sign = -1
	}
	ms, ok := int64(0), len(p.rest) > 0 && p.rest[0] != ')' && p.rest[0] != '\\'
	for len(p.rest) > 0 && p.rest[0] >= '0' && p.rest[0] <= '9' {
		if ms = ms*10 + int64(p.rest[0]-'0'); ms > 1e15 {
			return 0, false
		}
		p.rest = p.rest[1:]
	}
	if !ok || !(p.word(")/") || p.word(`)\/`)) || len(p.rest) > 0 {
		return 0, false
	}
	return sign * ms / 1000, true
}

// Check reads the event time of a record in scope. A record without a
// readable one is to be quarantined, with the error as the reason.
func (r *Record) Check() error {
	if r.refused != "" {
		return errors.New(r.refused)
	}
	fields := timeFields.of(r.logs)
	for _, c := range fields {
		text := r.coreText(c)
		if len(text) == 0 {
			continue
		}
		seconds, ok := r.day.time(text, r.layout.schema.Dates)
		if !ok {
			return fmt.Errorf("no readable event time: %s is %.40q", r.pathOf(c), text)
		}
		r.seconds, r.keyed = seconds, 0 // a key may be made of the time
		return nil
	}
	return fmt.Errorf("no readable event time: %s is missing", r.pathOf(fields[0]))
}

// pathOf is where a core column stands in the record's shape, for messages.
func (r *Record) pathOf(c coreField) string {
	f := r.layout.fields[r.layout.core[c]]
	if sources := f.sources[r.shape]; len(sources) > 0 {
		return r.layout.schema.paths[sources[0].path].Path
	}
	return f.name
}

// Time is the event time in seconds since 1970, UTC.
func (r *Record) Time() int64 { return r.seconds }
