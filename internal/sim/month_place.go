package sim

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

func compareInt(a, b int64) int { return cmp.Compare(a, b) }

func lower(text string) string { return strings.ToLower(text) }

func beforeAt(upn string) string {
	alias, _, _ := strings.Cut(upn, "@")
	return alias
}

func plainName(sort string) string { return strings.ReplaceAll(sort, "_", ".") }

// dayOf is the number of a day since 1970.
func dayOf(t time.Time) int64 { return t.Unix() / 86400 }

// weekday of a day since 1970, which was a Thursday: 0 is Monday.
func weekday(day int64) int { return int((day + 3) % 7) }

// land is a country: when its clocks show what, where people are, and who
// carries their traffic.
type land struct {
	code   string
	east   int    // minutes that its clocks are ahead of UTC in winter
	summer string // eu or us: by whose rule they go to summer time; "" is never
	cities []origin
	share  float64 // of the company's people who live there
}

func cityIn(code, name, state string, lat, lon float64) origin {
	return origin{city: name, state: state, country: code, lat: lat, lon: lon}
}

// lands are the countries that people live in, and those that they go to.
var lands = []land{
	{"SE", 60, "eu", cities, 0.74},
	{"NO", 60, "eu", []origin{cityIn("NO", "Oslo", "Oslo", 59.9139, 10.7522), cityIn("NO", "Bergen", "Vestland", 60.3913, 5.3221)}, 0.07},
	{"FI", 120, "eu", []origin{cityIn("FI", "Helsinki", "Uusimaa", 60.1699, 24.9384)}, 0.05},
	{"DE", 60, "eu", []origin{cityIn("DE", "Hamburg", "Hamburg", 53.5511, 9.9937), cityIn("DE", "München", "Bayern", 48.1351, 11.582)}, 0.05},
	{"GB", 0, "eu", []origin{cityIn("GB", "London", "England", 51.5072, -0.1276)}, 0.04},
	{"US", -300, "us", []origin{cityIn("US", "Boston", "Massachusetts", 42.3601, -71.0589), cityIn("US", "New York", "New York", 40.7128, -74.006)}, 0.03},
	{"IN", 330, "", []origin{cityIn("IN", "Pune", "Maharashtra", 18.5204, 73.8567)}, 0.02},
	{"DK", 60, "eu", []origin{cityIn("DK", "København", "Hovedstaden", 55.6761, 12.5683)}, 0},
	{"NL", 60, "eu", []origin{cityIn("NL", "Rotterdam", "Zuid-Holland", 51.9244, 4.4777)}, 0},
	{"FR", 60, "eu", []origin{cityIn("FR", "Paris", "Ile-De-France", 48.8566, 2.3522)}, 0},
	{"ES", 60, "eu", []origin{cityIn("ES", "Málaga", "Andalucia", 36.7213, -4.4214), cityIn("ES", "Palma", "Islas Baleares", 39.5696, 2.6502)}, 0},
	{"IT", 60, "eu", []origin{cityIn("IT", "Milano", "Lombardia", 45.4642, 9.19)}, 0},
	{"GR", 120, "eu", []origin{cityIn("GR", "Athina", "Attiki", 37.9838, 23.7275)}, 0},
	{"PL", 60, "eu", []origin{cityIn("PL", "Gdańsk", "Pomorskie", 54.352, 18.6466)}, 0},
	{"CH", 60, "eu", []origin{cityIn("CH", "Zürich", "Zurich", 47.3769, 8.5417)}, 0},
	{"IE", 0, "eu", []origin{cityIn("IE", "Dublin", "Dublin", 53.3498, -6.2603)}, 0},
	{"TR", 180, "", []origin{cityIn("TR", "Antalya", "Antalya", 36.8969, 30.7133)}, 0},
	{"AE", 240, "", []origin{cityIn("AE", "Dubai", "Dubai", 25.2048, 55.2708)}, 0},
	{"TH", 420, "", []origin{cityIn("TH", "Phuket", "Phuket", 7.8804, 98.3923)}, 0},
	{"SG", 480, "", []origin{cityIn("SG", "Singapore", "Singapore", 1.3521, 103.8198)}, 0},
	{"JP", 540, "", []origin{cityIn("JP", "Tokyo", "Tokyo", 35.6762, 139.6503)}, 0},
	{"BR", -180, "", []origin{cityIn("BR", "São Paulo", "Sao Paulo", -23.5558, -46.6396)}, 0},
}

// Where people go: on business, and on leave.
var (
	businessLands = []string{"SE", "SE", "SE", "NO", "NO", "FI", "DK", "DK", "DE", "DE", "GB", "GB", "NL", "FR", "PL", "CH", "IT", "US", "IN", "SG", "JP", "AE"}
	holidayLands  = []string{"ES", "ES", "ES", "GR", "IT", "FR", "TH", "TR", "AE", "US", "NO", "DK", "GB"}
)

func landOf(code string) *land {
	for i := range lands {
		if lands[i].code == code {
			return &lands[i]
		}
	}
	return nil
}

// index is the land's place in the list.
func (l *land) index() int {
	for i := range lands {
		if &lands[i] == l {
			return i
		}
	}
	return 0
}

// ahead is how far the land's clocks are ahead of UTC at an instant. In the
// European Union summer time is from the last Sunday of March to the last of
// October, both at 1:00 UTC (Directive 2000/84/EC); in the United States from
// the second Sunday of March to the first of November, at 2:00 local time (15
// U.S.C. 260a).
func (l *land) ahead(t time.Time) time.Duration {
	winter := time.Duration(l.east) * time.Minute
	year := t.Year()
	var from, to time.Time
	switch l.summer {
	case "eu":
		from, to = sundayBefore(year, time.March, 32).Add(time.Hour), sundayBefore(year, time.October, 32).Add(time.Hour)
	case "us":
		from = sundayBefore(year, time.March, 15).Add(2*time.Hour - winter)
		to = sundayBefore(year, time.November, 8).Add(time.Hour - winter)
	default:
		return winter
	}
	if !t.Before(from) && t.Before(to) {
		return winter + time.Hour
	}
	return winter
}

// sundayBefore is the last Sunday before a day of a month.
func sundayBefore(year int, month time.Month, day int) time.Time {
	t := time.Date(year, month, day-1, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, -int(t.Weekday()))
}

// local is the instant at which the land's clocks show an hour of a day.
func (l *land) local(day int64, hour float64) time.Time {
	at := time.Unix(day*86400, 0).UTC().Add(time.Duration(hour * float64(time.Hour)))
	return at.Add(-l.ahead(at.Add(-time.Duration(l.east) * time.Minute)))
}

// Autonomous system numbers for private use (RFC 6996): eight for each land.
const privateASN = 64512

// asn is one of the networks of a land: 0 and 1 carry homes, 2 telephones, 3
// offices, 4 hotels.
func (l *land) asn(which int) int { return privateASN + 8*l.index() + which }

// The companies' own egress: offices, and what people reach them by.
const (
	officeNet = "192.0.2."
	vpnFirst  = 200 // of the addresses of officeNet
	serverIP  = "192.0.2.210"
	vpnASN    = 64499
	veilASN   = 64498 // a seller of private tunnels
	// Microsoft's own network, which some services of it sign in from.
	microsoftASN = 8075
)

// branch is an office. All of it is behind one or two addresses.
type branch struct {
	land    string
	city    int
	share   float64
	address int
}

var branchOffices = []branch{
	{"SE", 0, 0.30, 1}, {"SE", 1, 0.16, 3}, {"SE", 2, 0.13, 4}, {"SE", 3, 0.08, 5}, {"SE", 4, 0.07, 6},
	{"NO", 0, 0.05, 7}, {"NO", 1, 0.02, 8}, {"FI", 0, 0.05, 9}, {"DE", 0, 0.03, 10}, {"DE", 1, 0.02, 11},
	{"GB", 0, 0.04, 12}, {"US", 0, 0.02, 13}, {"US", 1, 0.01, 14}, {"IN", 0, 0.02, 15},
}

// atOffice is the place of somebody at an office. The largest has two
// addresses.
func atOffice(b *branch, n uint64) origin {
	l := landOf(b.land)
	o := l.cities[b.city%len(l.cities)]
	address := b.address
	if b.address == 1 {
		address += int(n % 2)
	}
	o.ip, o.asn, o.network = fmt.Sprint(officeNet, address), l.asn(3), "Kontor "+o.city
	return o
}

// throughVPN is where the company's tunnels leave: in Stockholm, or for few in
// Hamburg.
func throughVPN(n uint64) origin {
	o := cities[0]
	at := int(n % 4)
	if at == 3 {
		o = landOf("DE").cities[0]
	}
	o.ip, o.asn, o.network = fmt.Sprint(officeNet, vpnFirst+at), vpnASN, "VPN"
	return o
}

// throughVeil is where a bought tunnel leaves.
func throughVeil(n uint64) origin {
	l := landOf([]string{"NL", "US", "DE", "CH", "GB"}[n%5])
	o := l.cities[0]
	o.ip, o.asn = fmt.Sprintf("2001:db8:4000:%x::%x", n%5, 1+n>>8%40), veilASN
	return o
}

// throughMicrosoft is where a service of Microsoft's signs in for somebody.
func throughMicrosoft(n uint64) origin {
	l := landOf([]string{"IE", "NL", "SE", "US"}[n%4])
	o := l.cities[0]
	o.ip, o.asn = fmt.Sprintf("2001:db8:8075:%x::%x", n%4, 1+n>>8%200), microsoftASN
	return o
}

// atHome is somebody's line at home. Its last part changes from day to day.
func (p *person) atHome(day int64) origin {
	o := p.city
	o.ip = fmt.Sprintf("2001:db8:%x:%x::%x", 0x1000+p.seed>>16&0xff, p.seed&0xffff, 1+mix(p.seed, uint64(day))&0xffff)
	o.asn = p.land.asn(int(p.seed >> 40 & 1))
	return o
}

// byMobile is a telephone's network: one of a few addresses that many share.
func byMobile(l *land, city origin, n uint64) origin {
	o := city
	o.asn = l.asn(2)
	if l.code == "SE" {
		o.ip = fmt.Sprintf("198.51.100.%d", 1+n%180)
		return o
	}
	o.ip = fmt.Sprintf("2001:db8:%x::%x", 0x3000+l.index(), 1+n%120)
	return o
}

// atHotel is a line that many guests share.
func atHotel(l *land, n uint64) origin {
	o := l.cities[n%uint64(len(l.cities))]
	o.ip, o.asn = fmt.Sprintf("2001:db8:%x:%x::1", 0x2000+l.index(), n>>8%12), l.asn(4)
	return o
}
