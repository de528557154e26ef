package event

// day remembers the date of the time that was read last. The records of a log
// are near each other in time: most times differ from the one before behind the
// date only.
type day struct {
	date    [len("2026-03-02T")]byte
	seconds int64 // since 1970, at midnight
}

// time is ParseTimeAs with a memory.
func (d *day) time(text []byte, order DateOrder) (seconds int64, ok bool) {
	n := len(d.date)
	if len(text) > n && string(text[:n]) == string(d.date[:]) {
		if clock, ok := clockOf(text[n:]); ok {
			return d.seconds + clock, true
		}
	}
	if seconds, ok = ParseTimeAs(text, order); !ok || len(text) <= n || text[n-1] != 'T' {
		return seconds, ok
	}
	if clock, utc := clockOf(text[n:]); utc {
		copy(d.date[:], text)
		d.seconds = seconds - clock
	}
	return seconds, true
}

// clockOf reads "hh:mm:ss", a fraction and "Z", as seconds since midnight. It is
// false for every other form.
func clockOf(text []byte) (seconds int64, ok bool) {
	if len(text) < len("00:00:00Z") || text[2] != ':' || text[5] != ':' {
		return 0, false
	}
	hour, minute, second := twoDigits(text[0:]), twoDigits(text[3:]), twoDigits(text[6:])
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	rest := text[len("00:00:00"):]
	if rest[0] == '.' {
		n := 1
		for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
			n++
		}
		if n == 1 || n > 1+9 {
			return 0, false
		}
		rest = rest[n:]
	}
	return int64(3600*hour + 60*minute + second), len(rest) == 1 && rest[0] == 'Z'
}

// twoDigits reads a number of two digits; what is none is 100 or more.
func twoDigits(b []byte) int {
	tens, ones := b[0]-'0', b[1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return int(10*tens + ones)
}
