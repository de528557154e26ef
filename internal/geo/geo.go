// Package geo knows where countries are, how far places are apart and by which
// clock a country works. It reads addresses up in a database of the operator's
// (OpenDatabase), where there is one.
//
// Distances are never more than they are: what is not known about a place
// counts as nearness. The package does not know what a log is, does not decide
// what is too far, and asks nobody over the network.
//
// Where the table of countries comes from is said in countries.go.
package geo

import "math"

// Place is a part of the surface of the earth: every point within Radius
// kilometres of a point.
type Place struct {
	Lat, Lon float64 // degrees; north and east are positive
	Radius   float64 // kilometres
}

// Accuracy is how far, in kilometres, a person may be from where a database
// of addresses puts them, as those who publish such databases say of cities.
const Accuracy = 50

// At is where a person is whom a record or database puts at a point. ok is
// false for what is no point of the earth, and for 0, 0, which is how a
// database says that it does not know.
func At(lat, lon float64) (p Place, ok bool) {
	if !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180) || lat == 0 && lon == 0 {
		return Place{}, false
	}
	return Place{Lat: lat, Lon: lon, Radius: Accuracy}, true
}

// earth is the mean radius in kilometres.
const earth = 6371.0088

// Farthest is the greatest distance that two points can have, in kilometres.
const Farthest = math.Pi * earth

// Between is the great-circle distance of two points in kilometres, by the
// haversine formula on a sphere. The earth is no sphere: it is right within
// half a percent.
func Between(lat1, lon1, lat2, lon2 float64) float64 {
	const degree = math.Pi / 180
	north, east := math.Sin((lat2-lat1)*degree/2), math.Sin((lon2-lon1)*degree/2)
	h := north*north + math.Cos(lat1*degree)*math.Cos(lat2*degree)*east*east
	return 2 * earth * math.Asin(math.Sqrt(min(1, max(0, h))))
}

// Apart is the least distance in kilometres of a point of one list of places
// and a point of another: 0 where they overlap, or a list is empty.
func Apart(a, b []Place) float64 {
	least := math.Inf(1)
	for _, p := range a {
		for _, q := range b {
			least = min(least, Between(p.Lat, p.Lon, q.Lat, q.Lon)-p.Radius-q.Radius)
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return max(0, least)
}
