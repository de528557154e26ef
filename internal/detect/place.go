package detect

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"vakt/internal/event"
	"vakt/internal/geo"
	"vakt/internal/rule"
)

// Locator tells where an address is. It is asked by several workers at once.
type Locator interface {
	// Locate gives the country of an address by its code of two letters, and
	// a place where the locator knows one; ok is false for an address that it
	// does not know. A place whose Radius is 0 is not known.
	Locate(ip netip.Addr) (country string, place geo.Place, ok bool)
}

// Locate makes the detector ask a locator where records come from that do not
// say it. It is called before the first NewWorker.
func (d *Detector) Locate(l Locator) { d.locator = l }

// Source is how it is known where a record comes from.
type Source byte

// What tells a place, the best first.
const (
	FromRecord  Source = iota + 1 // the record's coordinates
	FromAddress                   // the locator, by the record's address
	FromCountry                   // the record's country, or that of its address: anywhere in it
)

// stop is where a record comes from, as far as it is known, and on what.
type stop struct {
	country   string // two letters, upper case
	source    Source
	point     geo.Place // not FromCountry
	compliant bool
	city, ip  string
	device    string
	network   string // its operator's number, else what its address begins with
}

// stopBytes is what stands before the texts of a stop that is written down.
const stopBytes = 2 + 1 + 1 + 3*8

// append writes a stop down, with texts that it need not have: a city, an
// address, a device and a network.
func (s *stop) append(b []byte, texts ...[]byte) []byte {
	b = append(append(b, s.country...), byte(s.source), 0)
	if s.compliant {
		b[len(b)-1] = 1
	}
	for _, n := range [...]float64{s.point.Lat, s.point.Lon, s.point.Radius} {
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(n))
	}
	for _, text := range texts {
		if bytes.IndexByte(text, joint[0]) >= 0 {
			text = bytes.ReplaceAll(text, []byte(joint), []byte("\ufffd"))
		}
		b = append(append(b, text...), joint...)
	}
	return b
}

// readStop is the reverse of append.
func readStop(b []byte) stop {
	number := func(i int) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b[4+8*i:])) }
	s := stop{
		country: string(b[:2]), source: Source(b[2]), compliant: b[3] == 1,
		point: geo.Place{Lat: number(0), Lon: number(1), Radius: number(2)},
	}
	texts := bytes.Split(b[stopBytes:], []byte(joint))
	s.city, s.ip, s.device, s.network = string(texts[0]), string(texts[1]), string(texts[2]), string(texts[3])
	return s
}

// at is what of a written stop says where it is.
func at(written []byte) string { return string(append(written[:3:3], written[4:stopBytes]...)) }

// places are those where the one who is at a stop may be.
func (s *stop) places() []geo.Place {
	if s.source == FromCountry {
		return geo.Country(s.country)
	}
	return []geo.Place{s.point}
}

// placeless tells whether a match comes from a network that does not tell
// where the person is, so that it counts for nothing. A shape that hides the
// network makes the target weak.
func (w *Worker) placeless(r *event.Record, u *use) bool {
	t := w.d.targets[u.target].rule.Travel
	if t == nil {
		return false
	}
	truth := w.matcher.Placeless(t)
	if truth == rule.Unknown {
		w.miss(w.weak, u.target, r.Shape(), t.ASN, "")
	}
	return truth == rule.True
}

// place appends where a record comes from, or nothing where nobody knows.
func (w *Worker) place(values []uint32, r *event.Record, target int) []uint32 {
	t := w.d.targets[target].rule.Travel
	s, ok := w.stop(r, target, t)
	if !ok {
		return values
	}
	s.compliant = bytes.EqualFold(firstText(r, t.Compliant), []byte("true"))
	ip, network := firstText(r, t.IP), firstText(r, t.ASN)
	if len(network) == 0 {
		network = []byte(networkOf(string(ip)))
	}
	w.scratch = appendLower(w.scratch[:0], firstText(r, t.Device))
	w.text = s.append(w.text[:0], firstText(r, t.City), ip, w.scratch, network)
	return append(values, w.words.arena.put(w.text)) // mostly it comes once
}

// firstText is the first value of a field, or nil.
func firstText(r *event.Record, f event.Field) []byte {
	v, is := r.Only(f)
	if is == event.Mixed {
		return r.Field(f).First()
	}
	return v.Text
}

// networkOf is what an address begins with: about as much of it as operators
// are given at once.
func networkOf(ip string) string {
	const bits4, bits6 = 16, 32
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	addr = addr.Unmap().WithZone("")
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	network, _ := addr.Prefix(bits) // fits every address of the version
	return network.String()
}

// stop finds the place: by coordinates, by address, by country. A record of
// which the country is not known is nowhere, as half of all travel is a
// carrier's address that moves within one.
func (w *Worker) stop(r *event.Record, target int, t *rule.Travel) (s stop, ok bool) {
	s.country = countryCode(firstText(r, t.Country))
	if s.point, ok = coordinates(firstText(r, t.Lat), firstText(r, t.Lon)); ok && s.country != "" {
		s.source = FromRecord
		return s, true
	}
	if w.located(firstText(r, t.IP), &s) {
		return s, true
	}
	switch {
	case w.isUnknown(r, t.Country):
		w.miss(w.blind, target, r.Shape(), t.Country, "")
	case w.isUnknown(r, t.Lat) || w.isUnknown(r, t.Lon):
		w.miss(w.weak, target, r.Shape(), t.Lat, "")
	}
	s.source, s.point = FromCountry, geo.Place{}
	return s, geo.Country(s.country) != nil
}

// located asks the locator. Where it names another country than the record,
// the record is right.
func (w *Worker) located(ip []byte, s *stop) bool {
	if w.d.locator == nil {
		return false
	}
	addr, err := netip.ParseAddr(string(ip))
	if err != nil {
		return false
	}
	country, place, ok := w.d.locator.Locate(addr.Unmap().WithZone(""))
	country = countryCode([]byte(country))
	if !ok || country == "" || s.country != "" && s.country != country {
		return false
	}
	s.country, s.point, s.source = country, place, FromAddress
	if place.Radius <= 0 {
		s.point, s.source = geo.Place{}, FromCountry
	}
	return s.source == FromAddress || geo.Country(country) != nil
}

// countryCode is a code of two letters in upper case; empty for anything else.
func countryCode(text []byte) string {
	text = bytes.TrimSpace(text)
	if len(text) != 2 {
		return ""
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	code := [2]byte{text[0] &^ 0x20, text[1] &^ 0x20} // in upper case, if it is a letter
	if strings.IndexByte(letters, code[0]) < 0 || strings.IndexByte(letters, code[1]) < 0 {
		return ""
	}
	return string(code[:])
}

// coordinates reads a point of the earth.
func coordinates(lat, lon []byte) (geo.Place, bool) {
	north, err := strconv.ParseFloat(string(lat), 64)
	if err != nil {
		return geo.Place{}, false
	}
	east, err := strconv.ParseFloat(string(lon), 64)
	if err != nil {
		return geo.Place{}, false
	}
	return geo.At(north, east)
}
