package sim

import "math"

// person is somebody who lives in the month, with habits of his own. They
// are drawn once, whatever the month.
type person struct {
	account
	seed    uint64
	land    *land
	city    origin // where home is
	office  *branch
	desk    float64 // share of working days at the office
	begins  float64 // local hour at which work begins
	hours   float64 // how long it lasts
	pace    float64 // sign-ins on a working day
	clumsy  float64 // chance of a wrong password
	phone   float64 // share of sign-ins on the telephone
	tunnel  float64 // share of working days at home through the company's tunnel
	veil    float64 // share of days behind a bought tunnel
	travels float64 // chance of a business trip in a week
	shifts  bool    // works in turns, nights too
	alone   bool    // no second factor is asked for
}

// gauss is a draw from the normal distribution (Box and Muller, 1958).
func (r *random) gauss(mean, deviation float64) float64 {
	u := 1 - r.float()
	return mean + deviation*math.Sqrt(-2*math.Log(u))*math.Cos(2*math.Pi*r.float())
}

// uneven is a draw from the log-normal distribution with mean 1: most are
// below it, and a few are far above.
func (r *random) uneven(sigma float64) float64 {
	return math.Exp(r.gauss(-sigma*sigma/2, sigma))
}

// times draws how often something happens that happens so often on average.
func (r *random) times(mean float64) int {
	if mean > 30 {
		return max(0, int(math.Round(r.gauss(mean, math.Sqrt(mean)))))
	}
	limit, n := math.Exp(-mean), 0
	for p := r.float(); p > limit; n++ {
		p *= r.float()
	}
	return n
}

// born gives an account its habits.
func (c *company) born(a account) person {
	p := person{account: a, seed: mix(c.w.seed, usePerson, textSeed(a.id))}
	r := random(p.seed)
	p.office = drawBranch(&r)
	p.land = landOf(p.office.land)
	p.city = p.land.cities[p.office.city%len(p.land.cities)]
	p.desk = []float64{0, 0.2, 0.4, 0.6, 0.6, 0.8, 0.95}[r.below(7)]
	p.begins, p.hours = r.gauss(7.9, 0.8), r.gauss(8.5, 0.7)
	p.pace = c.s.Life.SignIns * r.uneven(0.7)
	p.clumsy = c.s.Life.FailureRate * r.uneven(0.9)
	p.phone = 0.1 + 0.4*r.float()
	p.shifts = r.chance(0.06)
	p.alone = r.chance(0.02)
	if r.chance(0.15) {
		p.tunnel = r.float()
	}
	if r.chance(0.002) {
		p.veil = 0.4 * r.float()
	}
	p.travels = 0.003
	if r.chance(0.06) {
		p.travels = 0.05 + 0.2*r.float()
	}
	if a.guest {
		p.pace, p.desk, p.travels, p.tunnel, p.veil, p.shifts = p.pace/8, 0, 0.01, 0, 0, false
	}
	return p
}

func drawBranch(r *random) *branch {
	at := r.float()
	for i := range branchOffices {
		if at -= branchOffices[i].share; at < 0 {
			return &branchOffices[i]
		}
	}
	return &branchOffices[0]
}

// The ways to spend a day.
const (
	atWork uint8 = iota
	onTrip
	onLeave
	atRest // weekend, holiday, or not at work
)

// stay is how somebody spends a day.
type stay struct {
	kind   uint8
	land   *land
	place  uint64 // which hotel, and whose network
	leaves bool   // the day on which one goes there
	night  bool   // a night shift begins
}

// stays says how somebody spends a day: by the week, so that trips and leave
// are whole.
func (c *company) stays(p *person, day int64) stay {
	week := (day + 3) / 7
	r := random(mix(p.seed, useWeek, uint64(week)))
	s := stay{kind: atWork, land: p.land, place: r.next()}
	first, length := r.below(4), 1+r.below(3)
	on := weekday(day)
	switch goes := r.float(); {
	case goes < p.travels && on >= first && on < first+length:
		s.kind, s.land, s.leaves = onTrip, landOf(pick(&r, businessLands)), on == first
		return s
	case goes > 0.94:
		s.kind = onLeave
		if r.chance(0.4) {
			s.land = landOf(pick(&r, holidayLands))
		}
		return s
	}
	off := on >= 5 || c.holidays[p.land.code][day]
	if p.shifts {
		turn := (uint64(day) + p.seed) % 8
		off, s.night = turn >= 5, turn == 3 || turn == 4
	}
	sick := random(mix(p.seed, useDay, uint64(day), 1))
	if off || sick.chance(0.02) {
		s.kind = atRest
	}
	return s
}

// carries are the devices that somebody has on a day: about one in forty gets
// another telephone in a month, and one in a hundred another computer.
func (c *company) carries(p *person, day int64) (devices [2]device, fresh [2]bool) {
	devices = p.devices
	for i, lasts := range []int64{3000, 1200} {
		age := day + int64(p.seed>>(8*i+3)%uint64(lasts))
		n := uint64(age / lasts)
		fresh[i] = age%lasts == 0
		r := random(mix(p.seed, useDevice, n, uint64(i)))
		devices[i].id = r.uuid()
		devices[i].name = devices[i].name[:len(devices[i].name)-1] + string("0123456789ABCDEF"[n%16])
	}
	return devices, fresh
}
