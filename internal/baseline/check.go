package baseline

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // time zones must be known on machines that carry no database
	"unicode"
	"unicode/utf8"
)

var (
	wholeNumber   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]*)$`) })
	decimalNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`) })
	guid          = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`) })
	attribute     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*$`) })
	hours         = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]{3})(?:-([a-z]{3}))? ([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})$`)
	})
	yearly = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{2}-[0-9]{2}$`) })
)

// refuse says that a text is not what was wanted, and what would be.
func refuse(text, wanted, advice string) error {
	return fmt.Errorf("%q is not %s: %s", short(text), wanted, advice)
}

func checkCount(text string) (string, error) {
	n, err := strconv.Atoi(text)
	if err != nil || !wholeNumber().MatchString(text) || n < 1 || n > 1_000_000_000 {
		return "", refuse(text, "a count", "write a whole number from 1, such as 10")
	}
	return text, nil
}

func checkPercent(text string) (string, error) {
	const most = 1000
	return checkDecimal(text, most, refuse(text, "a percentage", "write a number from 0.001 to 1000, without the sign, such as 10"))
}

func checkNumber(text string) (string, error) {
	const most = 1e9
	return checkDecimal(text, most, refuse(text, "a number from 0.001", "write one such as 900 or 0.5"))
}

func checkDecimal(text string, most float64, refused error) (string, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimalNumber().MatchString(text) || n < 0.001 || n > most {
		return "", refused
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

func checkDuration(text string) (string, error) {
	d, err := parseDuration(text)
	if err != nil {
		return "", refuse(text, "a duration", "write a number and a unit, such as 15m, 24h or 7d")
	}
	switch {
	case d <= 0 || d > 3660*24*time.Hour:
		return "", refuse(text, "a usable duration", "write one above 0 and up to 3660d")
	case d%time.Second != 0:
		return "", refuse(text, "a usable duration", "times in logs are compared in whole seconds")
	}
	return formatDuration(d), nil
}

// parseDuration reads Go's notation with days in front: 1d12h, 90m.
func parseDuration(text string) (time.Duration, error) {
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("days of a duration: %w", err)
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, nil
	}
	if rest[0] == '-' || rest[0] == '+' {
		return 0, errors.New("sign inside a duration")
	}
	more, err := time.ParseDuration(rest)
	return d + more, err
}

// formatDuration writes a duration in the largest units that fit, so that
// equal durations are equal texts: 7d, 24h, 1h30m.
func formatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func checkSwitch(text string) (string, error) {
	if text == "true" || text == "false" {
		return text, nil
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "", refuse(text, "true, false or a date", "write the date since which it is true as 2026-03-01")
	}
	return text, nil
}

func checkMode(text string) (string, error) {
	return oneOf(text, []string{"any", "all"})
}

func checkClassOfCount(text string) (string, error) {
	return oneOf(text, []string{"user", "admin"})
}

// checkClass accepts the kinds of account that an organisation tells apart.
func checkClass(text string) (string, error) {
	return oneOf(text, []string{"user", "admin", "guest", "resource", "service"})
}

func oneOf(text string, allowed []string) (string, error) {
	lower := strings.ToLower(text)
	if slices.Contains(allowed, lower) {
		return lower, nil
	}
	return "", fmt.Errorf("unknown %q: write one of %s", short(text), strings.Join(allowed, ", "))
}

func checkPattern(text string) (string, error) {
	_, err := regexp.Compile(text)
	var bad *syntax.Error
	switch {
	case errors.As(err, &bad):
		return "", fmt.Errorf("%q is not a regular expression (RE2): %s at %q", short(text), bad.Code, short(bad.Expr))
	case text == "":
		return "", errors.New(`"" matches everything: write a regular expression or leave the line out`)
	}
	return text, nil
}

func checkID(text string) (string, error) {
	lower := strings.ToLower(text)
	if !guid().MatchString(lower) {
		return "", refuse(text, "an id", "write it as 11111111-2222-3333-4444-555555555555")
	}
	return lower, nil
}

func checkApp(text string) (string, error) {
	id, err := checkID(text)
	if err != nil {
		return "", refuse(text, "an application id", "copy the application (client) id, such as "+substrate)
	}
	return id, nil
}

// checkRole accepts a role template id and knows the ids behind the names of
// the privileged roles.
func checkRole(text string) (string, error) {
	for _, r := range roles {
		if strings.EqualFold(r.name, text) {
			return "", refuse(text, "a role template id", "that role's is "+r.id)
		}
	}
	id, err := checkID(text)
	if err != nil {
		return "", refuse(text, "a role template id", "role names change and are translated, ids are not")
	}
	return id, nil
}

func checkAccount(text string) (string, error) {
	lower := strings.ToLower(text)
	if guid().MatchString(lower) {
		return lower, nil
	}
	local, domain, ok := strings.Cut(lower, "@")
	if _, err := checkDomain(domain); !ok || err != nil || local == "" || strings.ContainsFunc(local, unprintable) {
		return "", refuse(text, "an account", "write an object id or a user principal name such as ann@contoso.com")
	}
	return lower, nil
}

// unprintable holds for blanks too: no name of an account has one.
func unprintable(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

func checkDomain(text string) (string, error) {
	lower := strings.ToLower(text)
	labels := strings.Split(lower, ".")
	bad := func(l string) bool { return len(l) > 63 || !isLabel(l) }
	if len(labels) < 2 || len(lower) > 253 || slices.ContainsFunc(labels, bad) {
		return "", refuse(text, "a domain", "write the name alone, such as contoso.com")
	}
	return lower, nil
}

// isLabel tells whether a text is letters and digits of any script, with dashes
// and low lines within.
func isLabel(text string) bool {
	sign := func(r rune) bool { return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsNumber(r) }
	within := func(r rune) bool { return sign(r) && r != '-' && r != '_' }
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return !sign(first) && !sign(last) && !strings.ContainsFunc(text, within)
}

// checkNetwork accepts an address or a range and returns a range.
func checkNetwork(text string) (string, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()).String(), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return "", refuse(text, "a network", "write an address or a range, such as 198.51.100.0/24 or 2001:db8::/32")
	}
	if m := prefix.Masked(); m != prefix {
		return "", refuse(text, "a network", "its first address is "+m.String())
	}
	return prefix.String(), nil
}

func checkASN(text string) (string, error) {
	digits := strings.TrimPrefix(strings.ToUpper(text), "AS")
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 {
		return "", refuse(text, "an autonomous system number", "write one such as 64496")
	}
	return strconv.FormatUint(n, 10), nil
}

func checkWord(text string) (string, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return "", errors.New("an empty word is in every text: take the item out")
	case strings.TrimSpace(text) != text:
		return "", fmt.Errorf("%q begins or ends with a blank: take it away", short(text))
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", fmt.Errorf("%q holds a control character", short(text))
	}
	return text, nil
}

func checkAttribute(text string) (string, error) {
	if !attribute().MatchString(text) {
		return "", refuse(text, "an attribute", "write its name in Microsoft Graph, such as employeeId")
	}
	return text, nil
}

func checkCountry(text string) (string, error) {
	upper := strings.ToUpper(text)
	switch {
	case upper == "UK":
		return "", refuse(text, "an ISO 3166 country code", "the United Kingdom is GB")
	case len(upper) != 2 || !strings.Contains(countries, " "+upper+" "):
		return "", refuse(text, "an ISO 3166 country code", "write two letters, such as SE")
	}
	return upper, nil
}

// checkCountryOrAll also accepts "*", the countries that are not named.
func checkCountryOrAll(text string) (string, error) {
	if text == "*" {
		return text, nil
	}
	return checkCountry(text)
}

func checkPlace(text string) (string, error) {
	if country, err := checkCountry(text); err == nil {
		return country, nil
	}
	network, err := checkNetwork(text)
	if err != nil {
		return "", refuse(text, "a country or a network", "write one such as SE or 198.51.100.0/24")
	}
	return network, nil
}

func checkZone(text string) (string, error) {
	zone, err := time.LoadLocation(text)
	if err != nil || text == "" || zone == time.Local {
		return "", refuse(text, "a time zone", "write an IANA name, such as Europe/Stockholm or UTC")
	}
	return text, nil
}

// days are the weekdays in the order in which a range of them runs.
var days = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func checkHours(text string) (string, error) {
	advice := refuse(text, "working hours", "write days and hours, such as mon-fri 08:00-17:00")
	lower := strings.ToLower(text)
	m := hours().FindStringSubmatch(lower)
	if m == nil {
		return "", advice
	}
	first, last := slices.Index(days, m[1]), slices.Index(days, m[2])
	if m[2] == "" {
		last = first
	}
	from, until := minutes(m[3]), minutes(m[4])
	if first < 0 || last < first || from < 0 || until <= from || m[3] == "24:00" {
		return "", advice
	}
	return lower, nil
}

// minutes reads HH:MM from 00:00 to 24:00, or gives a negative number.
func minutes(text string) int {
	h, _ := strconv.Atoi(text[:2])
	m, _ := strconv.Atoi(text[3:])
	if m > 59 || h*60+m > 24*60 {
		return math.MinInt
	}
	return h*60 + m
}

func checkHoliday(text string) (string, error) {
	date := text
	if yearly().MatchString(text) {
		date = "2024-" + text // a leap year, so that 02-29 is a date
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return "", refuse(text, "a date", "write 2026-12-25, or 12-25 for every year")
	}
	return text, nil
}
