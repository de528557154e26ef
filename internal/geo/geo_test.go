package geo

import (
	"math"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// Distances that anybody can look up, in kilometres.
func TestBetweenKnownPlaces(t *testing.T) {
	for _, tt := range []struct {
		name                   string
		lat1, lon1, lat2, lon2 float64
		want                   float64
	}{
		{"Stockholm to Lagos", 59.33, 18.07, 6.45, 3.40, 5990},
		{"New York to London", 40.71, -74.01, 51.51, -0.13, 5570},
		{"across the date line", 21.3, -157.9, 35.7, 139.7, 6200},
		{"a quarter of the equator", 0, 0, 0, 90, 10007.5},
		{"pole to pole", 90, 12, -90, -70, 20015},
		{"nowhere", 59.33, 18.07, 59.33, 18.07, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Between(tt.lat1, tt.lon1, tt.lat2, tt.lon2); math.Abs(got-tt.want) > 0.01*tt.want+0.001 {
				t.Errorf("got %.1f, want %.1f", got, tt.want)
			}
		})
	}
}

// byVectors is the distance by the angle between two vectors.
func byVectors(lat1, lon1, lat2, lon2 float64) float64 {
	unit := func(lat, lon float64) [3]float64 {
		lat, lon = lat*math.Pi/180, lon*math.Pi/180
		return [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
	}
	a, b := unit(lat1, lon1), unit(lat2, lon2)
	cross := [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
	return earth * math.Atan2(math.Sqrt(cross[0]*cross[0]+cross[1]*cross[1]+cross[2]*cross[2]), a[0]*b[0]+a[1]*b[1]+a[2]*b[2])
}

func TestBetweenAgreesWithVectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(-90, 90), rapid.Float64Range(-180, 180)
		a, b, c, d := lat.Draw(t, "lat"), lon.Draw(t, "lon"), lat.Draw(t, "lat"), lon.Draw(t, "lon")
		got, want := Between(a, b, c, d), byVectors(a, b, c, d)
		if math.Abs(got-want) > 0.5 || got != Between(c, d, a, b) || got > Farthest {
			t.Fatalf("%v,%v to %v,%v: got %v and back %v, want %v", a, b, c, d, got, Between(c, d, a, b), want)
		}
	})
}

func TestAt(t *testing.T) {
	for _, tt := range []struct {
		lat, lon float64
		ok       bool
	}{
		{59.3, 18, true}, {-90, 180, true}, {0, 12, true}, {12, 0, true},
		{0, 0, false}, {90.1, 0, false}, {1, -180.5, false}, {math.NaN(), 1, false}, {1, math.Inf(1), false},
	} {
		p, ok := At(tt.lat, tt.lon)
		if ok != tt.ok || ok && p != (Place{tt.lat, tt.lon, Accuracy}) {
			t.Errorf("At(%v, %v) is %v, %v", tt.lat, tt.lon, p, ok)
		}
	}
}

func TestApart(t *testing.T) {
	stockholm, _ := At(59.33, 18.07)
	lagos, _ := At(6.45, 3.40)
	for _, tt := range []struct {
		name string
		a, b []Place
		want float64 // give or take 1 %
	}{
		{"two points", []Place{stockholm}, []Place{lagos}, 5990 - 2*Accuracy},
		{"the same point", []Place{stockholm}, []Place{stockholm}, 0},
		{"the nearest of several", []Place{lagos, stockholm}, []Place{{58, 17, 50}, {-30, 20, 10}}, 61},
		{"nobody knows", nil, []Place{lagos}, 0},
		{"inside", []Place{stockholm}, Country("SE"), 0},
		{"a point and a country", []Place{lagos}, Country("SE"), 5393},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Apart(tt.a, tt.b)
			if math.Abs(got-tt.want) > 0.01*tt.want+1 || got != Apart(tt.b, tt.a) {
				t.Errorf("got %.1f and back %.1f, want %.1f", got, Apart(tt.b, tt.a), tt.want)
			}
		})
	}
}

// Cities of the table's countries, among them those far from the middle and
// those near the border.
func TestCountriesHoldTheirCities(t *testing.T) {
	for _, tt := range []struct {
		code     string
		lat, lon float64
	}{
		{"SE", 59.33, 18.07}, {"SE", 55.6, 13}, {"SE", 67.86, 20.23}, {"NO", 70.66, 23.68}, {"NO", 59.91, 10.75}, {"FI", 60.17, 24.94},
		{"US", 40.71, -74.01}, {"US", 21.31, -157.86}, {"US", 61.22, -149.9}, {"US", 47.61, -122.33}, {"US", 25.76, -80.19},
		{"RU", 55.75, 37.62}, {"RU", 43.12, 131.89}, {"RU", 54.71, 20.51}, {"RU", 64.73, 177.5},
		{"GB", 51.51, -0.13}, {"GB", 54.6, -5.93}, {"FR", 48.86, 2.35}, {"FR", 41.92, 8.74}, {"ES", 28.12, -15.43}, {"PT", 37.74, -25.67},
		{"IN", 28.61, 77.21}, {"IN", 11.67, 92.74}, {"CN", 39.9, 116.41}, {"CN", 43.83, 87.62}, {"AU", -33.87, 151.21}, {"AU", -31.95, 115.86},
		{"BR", -23.55, -46.63}, {"CA", 43.65, -79.38}, {"CA", 49.28, -123.12}, {"CL", -53.16, -70.91}, {"ID", -6.21, 106.85}, {"JP", 26.21, 127.68},
		{"NG", 6.45, 3.4}, {"ZA", -33.92, 18.42}, {"SG", 1.35, 103.82}, {"HK", 22.3, 114.2}, {"FJ", -18.14, 178.44}, {"NZ", -36.85, 174.76},
		{"GF", 4.92, -52.31}, {"RE", -20.88, 55.45}, {"SJ", 78.22, 15.65}, {"XK", 42.66, 21.17}, {"MT", 35.9, 14.51},
	} {
		if got := Apart([]Place{{tt.lat, tt.lon, 0}}, Country(tt.code)); got != 0 {
			t.Errorf("%v, %v is %.0f km outside %s", tt.lat, tt.lon, got, tt.code)
		}
	}
}

// Countries are not larger than need be: what is far is told to be far.
func TestCountriesLeaveOthersOut(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		most float64 // what the true distance of their borders is at most
		want float64 // at least
	}{
		{"SE", "DE", 400, 0}, {"SE", "NG", 4900, 4000}, {"SE", "US", 5200, 3500}, {"US", "CA", 0, 0}, {"US", "RU", 90, 0}, {"GB", "FR", 40, 0},
		{"FR", "BR", 6150, 5000}, {"NL", "SG", 10500, 9000}, {"AU", "IN", 3850, 3000}, {"DE", "CN", 4450, 3700}, {"FI", "RU", 0, 0},
	} {
		if got := Apart(Country(tt.a), Country(tt.b)); got > tt.most || got < tt.want {
			t.Errorf("%s and %s are %.0f km apart, want %.0f to %.0f", tt.a, tt.b, got, tt.want, tt.most)
		}
	}
}

func TestTableIsWhole(t *testing.T) {
	codes := Countries()
	if len(codes) != 250 || !slices.IsSorted(codes) {
		t.Errorf("%d countries, sorted: %v", len(codes), slices.IsSorted(codes))
	}
	for _, code := range codes {
		if len(Country(code)) == 0 {
			t.Errorf("%s is nowhere", code)
		}
		for _, p := range Country(code) {
			if !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 && p.Radius > 0 && p.Radius < 7000) {
				t.Errorf("%s: no circle: %v", code, p)
			}
		}
		if zone := Zone(code); zone != "" {
			if _, err := time.LoadLocation(zone); err != nil {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
	for code, want := range map[string]string{"SE": "Europe/Stockholm", "se": "Europe/Stockholm", "DE": "Europe/Berlin", "US": "", "PT": "", "ZZ": "", "": ""} {
		if got := Zone(code); got != want {
			t.Errorf("Zone(%q) is %q, want %q", code, got, want)
		}
	}
	if Country("ZZ") != nil || Country("") != nil || len(Country("se")) == 0 {
		t.Error("a code that is none is somewhere, or case matters")
	}
}

func TestParseCountryRefuses(t *testing.T) {
	for _, line := range []string{"", "SE", "SE,Europe/Stockholm", "SWE,x,1 2 3", "SE,x,1 2", "SE,x,1 2 y"} {
		if _, err := parseCountry(line); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}
