package geo

import (
	_ "embed" // the table of countries
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The table has a line for each code of ISO 3166-1, and XK for Kosovo: the
// code, the one time zone where the whole country goes by one clock, and
// circles that together cover its land, each as latitude, longitude and radius
// in kilometres. An overseas part with a code of its own is not in its
// country's circles.
//
// The circles were computed from the country shapes of Natural Earth at
// 1:50,000,000 (public domain, naturalearthdata.com), as packaged by Mike
// Bostock's world-atlas 2.0.2 (ISC licence): the vertices of the borders and a
// grid of points within them, in as few circles of about 450 km at most as
// would do, and some more for the distance between these points. Countries that
// are too small for these shapes are circles around the place that the time
// zone database (public domain, IANA) gives for them; the zones are from there
// as well. Borders in dispute are drawn as Natural Earth draws them, which is
// nobody's opinion here.
//
//go:embed countries.csv
var table string

// country is a line of the table.
type country struct {
	code, zone string
	places     []Place
}

// countries is the table by code, in order.
var countries = sync.OnceValue(func() []country {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	list := make([]country, 0, len(lines))
	for _, line := range lines {
		c, err := parseCountry(line)
		if err != nil {
			panic(fmt.Sprintf("geo: the table of countries is damaged: %v", err))
		}
		list = append(list, c)
	}
	return list
})

func parseCountry(line string) (country, error) {
	cells := strings.Split(line, ",")
	if len(cells) < 3 || len(cells[0]) != 2 {
		return country{}, fmt.Errorf("line %q", line)
	}
	c := country{code: cells[0], zone: cells[1]}
	for _, cell := range cells[2:] {
		var numbers [3]float64
		words := strings.Fields(cell)
		if len(words) != len(numbers) {
			return country{}, fmt.Errorf("circle %q of %s", cell, c.code)
		}
		for i, word := range words {
			n, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return country{}, fmt.Errorf("circle %q of %s: %w", cell, c.code, err)
			}
			numbers[i] = n
		}
		c.places = append(c.places, Place{Lat: numbers[0], Lon: numbers[1], Radius: numbers[2]})
	}
	return c, nil
}

func find(code string) (country, bool) {
	list := countries()
	code = strings.ToUpper(code)
	i, ok := slices.BinarySearchFunc(list, code, func(c country, code string) int { return strings.Compare(c.code, code) })
	if !ok {
		return country{}, false
	}
	return list[i], true
}

// Countries lists the codes of all countries of the table, in order. The slice
// is the caller's own.
func Countries() []string {
	list := make([]string, 0, len(countries()))
	for _, c := range countries() {
		list = append(list, c.code)
	}
	return list
}

// Country is where somebody is who is in a country, by its code of two letters
// in any case: places that together cover it. It is nil for a code that is
// none. The caller must not change it.
func Country(code string) []Place {
	c, _ := find(code)
	return c.places
}

// Zone is the time zone by which a whole country goes, by its name in the time
// zone database; empty where it has several, or the code is none.
func Zone(code string) string {
	c, _ := find(code)
	return c.zone
}
