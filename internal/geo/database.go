package geo

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Database tells where addresses are, from a file in MaxMind's DB format with
// countries or cities, such as GeoLite2-City or IPinfo's. It may be asked by
// several goroutines at once.
type Database struct{ reader *maxminddb.Reader }

// OpenDatabase opens a database file. It must be closed.
func OpenDatabase(path string) (*Database, error) {
	reader, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the address database %q: %w", path, err)
	}
	return &Database{reader}, nil
}

// Close releases the file.
func (d *Database) Close() error {
	if err := d.reader.Close(); err != nil {
		return fmt.Errorf("close the address database: %w", err)
	}
	return nil
}

// ErrNoCountries says that a database does not tell countries.
var ErrNoCountries = errors.New("the address database does not tell countries: give one of cities or countries")

// Check says whether the database is one that tells countries, by an entry of
// it. An empty one is none.
func (d *Database) Check() error {
	for result := range d.reader.Networks() {
		if found, err := readEntry(result); err == nil && found.code() != "" {
			return nil
		}
	}
	return ErrNoCountries
}

// entry is what publishers of such databases call the same things.
type entry struct {
	Country     any    `maxminddb:"country"`      // MaxMind, DB-IP: {iso_code}; IPinfo: the code
	CountryCode string `maxminddb:"country_code"` // IPinfo lite, ip-location-db
	Location    struct {
		Latitude  float64 `maxminddb:"latitude"`
		Longitude float64 `maxminddb:"longitude"`
		Accuracy  float64 `maxminddb:"accuracy_radius"` // kilometres
	} `maxminddb:"location"`
}

func readEntry(r maxminddb.Result) (e entry, err error) {
	if err := r.Err(); err != nil {
		return e, err
	}
	return e, r.Decode(&e)
}

// code is the country's code of two letters, as the entry writes it.
func (e *entry) code() string {
	switch c := e.Country.(type) {
	case string:
		if len(c) == 2 {
			return c
		}
	case map[string]any:
		if code, ok := c["iso_code"].(string); ok {
			return code
		}
	}
	return e.CountryCode
}

// Locate gives the country of an address, and the place where the database
// tells one; else the place's Radius is 0. ok is false for an address that it
// does not know, or that cannot be read.
func (d *Database) Locate(ip netip.Addr) (country string, place Place, ok bool) {
	result := d.reader.Lookup(ip)
	if !result.Found() {
		return "", Place{}, false
	}
	e, err := readEntry(result)
	if country = e.code(); err != nil || country == "" {
		return "", Place{}, false
	}
	if place, ok = At(e.Location.Latitude, e.Location.Longitude); ok {
		place.Radius = max(place.Radius, e.Location.Accuracy)
	}
	return country, place, true
}
