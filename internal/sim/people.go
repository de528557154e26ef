package sim

import (
	"fmt"
	"strings"
)

// Every guestEvery-th account is a guest, from firstGuest on.
const (
	guestEvery = 20
	firstGuest = 13
)

func isGuest(i int) bool { return i%guestEvery == firstGuest }

// adminCount is how many accounts, the first ones, administer the tenant.
func adminCount(accounts int) int { return 1 + min(20, accounts/1000) }

// account is one account of the directory. It is made anew from its place in
// the tenant whenever it is needed, so that large tenants cost no memory.
type account struct {
	place   int
	id      string
	name    string // display name
	alias   string // the part of the address before the @
	upn     string // as the directory stores it
	signIn  string // as the sign-in log stores it: a guest's home address
	home    string // home tenant id
	guest   bool
	devices [2]device // a computer and a phone
}

// device is one device of a person, or of an attacker.
type device struct {
	id, name, system, browser, agent, trust string
	managed                                 bool
}

var firstNames = []string{
	"Anna", "Björn", "Åsa", "Erik", "Märta", "Göran", "Linnéa", "Sören", "Karin", "Örjan",
	"Ebba", "Nils", "Fatima", "Oskar", "Ylva", "Håkan", "Signe", "Leif", "Maja", "Per",
	"Elsa", "Jonas", "Amir", "Frida", "Tove", "Gustav", "Ida", "Mats", "Saga", "Viktor",
	"Zahra", "Lars", "Hanna", "Emil", "Siv", "Kajsa", "Rolf", "Wilma", "Arvid", "Berit",
}

var lastNames = []string{
	"Andersson", "Öberg", "Sjögren", "Ek", "Åkesson", "Lindqvist", "Nyström", "Hägg", "Berg", "Ström",
	"Dahl", "Löfgren", "Alm", "Wallin", "Björk", "Norén", "Sandberg", "Holm", "Fält", "Grahn",
	"Hellström", "Isaksson", "Kvist", "Rosén", "Skog", "Törnqvist", "Ulander", "Vik", "Ahlström", "Boman",
	"Cederlund", "Ericsson", "Forsberg", "Gren", "Hult", "Jönsson", "Käll", "Lundmark", "Mård", "Palm",
}

// hostileNames are display names that break careless output: each is legal in
// a directory.
var hostileNames = []string{
	`Anna "Ankan" Öberg`,
	`<script>alert('hej')</script>`,
	"Sören \u202egnp.exe",
	"Röd \u001b[31mText\u001b[0m",
	`=HYPERLINK("http://example.com/?x="&A1,"Klicka")`,
	`Robert'); DROP TABLE accounts;--`,
	"Ek\r\nBcc: alla@example.com",
	`C:\Temp\%s%n ${x} {{.Name}}`,
	"Zoë 👩‍💻 Ångström",
	`+46 70 | [länk](javascript:alert(1)) *fet*`,
}

// Accounts hostileFirst, +hostileEvery, … carry the hostile names in turn.
const (
	hostileFirst = 7
	hostileEvery = 11
)

var latin = strings.NewReplacer("Å", "a", "Ä", "a", "Ö", "o", "å", "a", "ä", "a", "ö", "o", "é", "e")

// account returns the account at place i.
func (w *world) account(i int) account {
	a := account{place: i, id: derivedUUID(w.seed, useAccount, uint64(i)), home: w.s.Tenant.ID, guest: isGuest(i)}
	combinations := len(firstNames) * len(lastNames)
	j := i + int(w.seed%uint64(combinations))
	first, last := firstNames[j%len(firstNames)], lastNames[j/len(firstNames)%len(lastNames)]
	a.name = first + " " + last
	a.alias = strings.ToLower(latin.Replace(first + "." + last))
	if again := i / combinations; again > 0 {
		a.alias += fmt.Sprint(again + 1)
	}
	if i%hostileEvery == hostileFirst {
		a.name = hostileNames[i/hostileEvery%len(hostileNames)]
	}
	a.upn = a.alias + "@" + w.s.Tenant.Domain
	a.signIn = a.upn
	if a.guest {
		a.home = guestTenant
		a.signIn = a.alias + "@" + guestDomain
		a.upn = a.alias + "_" + guestDomain + "#EXT#@" + w.initialDomain()
	}
	a.devices = w.devices(i)
	return a
}

// Guests come from one partner.
const (
	guestDomain = "fabrikam.com"
	guestTenant = "66666666-7777-4888-9999-000000000000"
)

func (w *world) initialDomain() string { return w.s.Tenant.Name + ".onmicrosoft.com" }

var computers = []device{
	{system: "Windows 11", browser: "Edge 145.0.0", agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36 Edg/145.0.0.0"},
	{system: "Windows 11", browser: "Chrome 145.0.0", agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36"},
	{system: "Windows 10", browser: "Rich Client 5.2.8.0", agent: "Mozilla/5.0 (compatible; MSAL 1.0)"},
	{system: "MacOs", browser: "Safari 19.2", agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.2 Safari/605.1.15"},
}

var phones = []device{
	{system: "Ios 19.3", browser: "Mobile Safari", agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 19_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"},
	{system: "Android 16", browser: "Chrome Mobile 145.0.0", agent: "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Mobile Safari/537.36"},
}

// foreign is what attackers use.
var foreign = device{system: "Linux", browser: "Firefox 128.0", agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}

func (w *world) devices(i int) [2]device {
	r := random(mix(w.seed, useDevice, uint64(i)))
	computer, phone := pick(&r, computers), pick(&r, phones)
	computer.id, computer.name = r.uuid(), fmt.Sprintf("PC-%06X", r.below(1<<24))
	computer.trust, computer.managed = "Azure AD joined", true
	phone.id, phone.name = r.uuid(), fmt.Sprintf("PHONE-%05d", r.below(100000))
	phone.trust = "Azure AD registered"
	return [2]device{computer, phone}
}

// origin is where a request comes from.
type origin struct {
	ip, city, state, country string
	lat, lon                 float64
	asn                      int
	network                  string // name of a trusted named location, "" where it is none
	hostile                  bool
}

var cities = []origin{
	{city: "Stockholm", state: "Stockholms Lan", country: "SE", lat: 59.3293, lon: 18.0686},
	{city: "Göteborg", state: "Vastra Gotalands Lan", country: "SE", lat: 57.7089, lon: 11.9746},
	{city: "Malmö", state: "Skane Lan", country: "SE", lat: 55.605, lon: 13.0038},
	{city: "Umeå", state: "Vasterbottens Lan", country: "SE", lat: 63.8258, lon: 20.263},
	{city: "Örebro", state: "Orebro Lan", country: "SE", lat: 59.2753, lon: 15.2134},
}

var farAway = []origin{
	{city: "Amsterdam", state: "Noord-Holland", country: "NL", lat: 52.3676, lon: 4.9041},
	{city: "Ashburn", state: "Virginia", country: "US", lat: 39.0438, lon: -77.4874},
	{city: "Singapore", state: "Singapore", country: "SG", lat: 1.3521, lon: 103.8198},
}

// Autonomous system numbers reserved for documentation (RFC 5398).
const (
	officeASN, homeASN, mobileASN, hostileASN = 64496, 64500, 64501, 64511
)

// offices is how many offices a tenant has; each has one egress address.
func offices(accounts int) int { return min(200, 1+accounts/60) }

// where returns the place of an event in somebody's life and whether the
// phone was used there.
func (w *world) where(e *event) (origin, bool) {
	if e.from != nil {
		return *e.from, false
	}
	who := int(e.who)
	office := who % offices(w.s.Tenant.Accounts)
	place := cities[office%len(cities)]
	r := random(mix(e.seed, usePlace))
	switch at := r.float(); {
	case at < 0.55 && !isGuest(who):
		place.ip, place.asn = fmt.Sprintf("192.0.2.%d", 1+office), officeASN
		place.network = "Kontor " + place.city
	case at < 0.8:
		place.ip, place.asn = fmt.Sprintf("2001:db8:%x:%x::%x", 0x1000+who>>16, who&0xffff, 1+who%7), homeASN
	default:
		place.ip, place.asn = fmt.Sprintf("198.51.100.%d", 1+who%250), mobileASN
		return place, true
	}
	return place, false
}

// attackOrigin is the place behind an attack's address.
func attackOrigin(a *Attack) origin {
	if a.Kind == "office_nat" {
		o := cities[0]
		o.ip, o.asn, o.network = a.From, officeASN, "Kontor "+o.city
		return o
	}
	o := farAway[textSeed(a.From)%uint64(len(farAway))]
	o.ip, o.asn, o.hostile = a.From, hostileASN, true
	return o
}
