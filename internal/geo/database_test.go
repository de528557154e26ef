package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"
)

// The writer below knows as much of the MaxMind DB format (specification 2.0)
// as these tests need: a tree of IPv4 addresses with records of 24 bits, and
// maps of texts and numbers.

type pair struct {
	key   string
	value any
}

func encode(b *bytes.Buffer, v any) {
	head := func(kind, size int) {
		if size >= 29 {
			panic("too long for this writer")
		}
		if kind < 8 {
			b.WriteByte(byte(kind<<5 | size))
			return
		}
		b.Write([]byte{byte(size), byte(kind - 7)})
	}
	switch v := v.(type) {
	case string:
		head(2, len(v))
		b.WriteString(v)
	case float64:
		head(3, 8)
		_ = binary.Write(b, binary.BigEndian, math.Float64bits(v))
	case uint16:
		head(5, 2)
		_ = binary.Write(b, binary.BigEndian, v)
	case uint32:
		head(6, 4)
		_ = binary.Write(b, binary.BigEndian, v)
	case []pair:
		head(7, len(v))
		for _, p := range v {
			encode(b, p.key)
			encode(b, p.value)
		}
	case []any:
		head(11, len(v))
		for _, x := range v {
			encode(b, x)
		}
	}
}

// database writes a file in which the addresses below 128.0.0.0 have an entry
// and the others have none.
func database(t testing.TB, entry any) string {
	t.Helper()
	var data, file bytes.Buffer
	encode(&data, entry)
	const nodes, none = 1, 1
	for _, record := range []uint32{nodes + 16, none} { // behind the tree and the gap of 16 bytes
		file.Write([]byte{byte(record >> 16), byte(record >> 8), byte(record)})
	}
	file.Write(make([]byte, 16))
	file.Write(data.Bytes())
	file.WriteString("\xab\xcd\xefMaxMind.com")
	encode(&file, []pair{
		{"node_count", uint32(nodes)}, {"record_size", uint16(24)}, {"ip_version", uint16(4)}, {"database_type", "Test"},
		{"languages", []any{"en"}}, {"binary_format_major_version", uint16(2)}, {"binary_format_minor_version", uint16(0)},
		{"build_epoch", uint32(1)}, {"description", []pair{{"en", "test"}}},
	})
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string) *Database {
	t.Helper()
	db, err := OpenDatabase(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Each publisher has its own names for the same things.
func TestLocate(t *testing.T) {
	location := func(lat, lon, radius float64) pair {
		return pair{"location", []pair{{"latitude", lat}, {"longitude", lon}, {"accuracy_radius", radius}}}
	}
	country := pair{"country", []pair{{"iso_code", "SE"}}}
	for _, tt := range []struct {
		name  string
		entry []pair
		ip    string
		code  string
		place Place
		ok    bool
	}{
		{"city", []pair{country, location(59.3, 18, 10)}, "100.64.0.1", "SE", Place{59.3, 18, Accuracy}, true},
		{"a vague city", []pair{country, location(59.3, 18, 200)}, "100.64.0.1", "SE", Place{59.3, 18, 200}, true},
		{"country alone", []pair{country}, "100.64.0.1", "SE", Place{}, true},
		{"no coordinates", []pair{country, location(0, 0, 1000)}, "100.64.0.1", "SE", Place{}, true},
		{"country as text", []pair{{"country", "SE"}}, "100.64.0.1", "SE", Place{}, true},
		{"country by name, code beside", []pair{{"country", "Sweden"}, {"country_code", "SE"}}, "100.64.0.1", "SE", Place{}, true},
		{"code alone", []pair{{"country_code", "SE"}}, "100.64.0.1", "SE", Place{}, true},
		{"no country", []pair{location(59.3, 18, 10)}, "100.64.0.1", "", Place{}, false},
		{"not in it", []pair{country}, "203.0.113.9", "", Place{}, false},
		{"of the other version", []pair{country}, "2001:db8::1", "", Place{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := open(t, database(t, tt.entry))
			code, place, ok := db.Locate(netip.MustParseAddr(tt.ip))
			if code != tt.code || place != tt.place || ok != tt.ok {
				t.Errorf("got %q %v %v, want %q %v %v", code, place, ok, tt.code, tt.place, tt.ok)
			}
		})
	}
}

func TestCheckWantsCountries(t *testing.T) {
	if err := open(t, database(t, []pair{{"country_code", "SE"}})).Check(); err != nil {
		t.Error(err)
	}
	numbers := open(t, database(t, []pair{{"autonomous_system_number", uint32(64496)}}))
	if err := numbers.Check(); !errors.Is(err, ErrNoCountries) {
		t.Errorf("a database of operators: %v", err)
	}
}

func TestOpenDatabaseRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no.mmdb")
	if err := os.WriteFile(path, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".missing"} {
		if _, err := OpenDatabase(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// FuzzDatabase: a damaged file is refused, or says that it does not know.
func FuzzDatabase(f *testing.F) {
	good, err := os.ReadFile(database(f, []pair{{"country", []pair{{"iso_code", "SE"}}}, {"location", []pair{{"latitude", 59.3}, {"longitude", 18.0}}}}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-20])
	f.Add([]byte("\xab\xcd\xefMaxMind.com"))
	f.Fuzz(func(t *testing.T, data []byte) {
		reader, err := maxminddb.OpenBytes(data)
		if err != nil {
			return
		}
		db := &Database{reader}
		for _, ip := range []string{"100.64.0.1", "203.0.113.9", "2001:db8::1"} {
			if country, place, ok := db.Locate(netip.MustParseAddr(ip)); ok && (country == "" || place.Radius < 0 || math.Abs(place.Lat) > 90) {
				t.Errorf("%s: %q %+v", ip, country, place)
			}
		}
	})
}
