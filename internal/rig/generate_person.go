package rig

import (
	"fmt"
	"time"

	"vakt/internal/sim"
)

var (
	departments = []string{"Ekonomi", "Inköp", "Försäljning", "Kundtjänst", "IT", "Produktion", "HR", "Logistik", "Juridik", "Marknad"}
	titles      = []string{"Handläggare", "Chef", "Utvecklare", "Säljare", "Tekniker", "Controller", "Samordnare", "Inköpare", "Jurist", "Administratör"}
	branches    = []string{"Stockholm", "Göteborg", "Malmö", "Umeå", "Örebro"}
)

// licences leads from the tenant's Entra ID licence to what its people have.
var licences = map[string]string{"p2": "SPE_E5", "p1": "SPB", "none": "O365_BUSINESS_PREMIUM"}

// personal fills the card of a person or a guest.
func (g *maker) personal(c *card, a sim.Account) {
	r := random(mix(g.seed, useTrait, uint64(a.Place)))
	c.id, c.upn, c.name, c.first, c.last, c.alias, c.mail = a.ID, a.UPN, a.Name, a.First, a.Last, a.Alias, a.SignIn
	c.enabled, c.admin = true, a.Admin
	c.created = g.ago(120 + float64(r.below(2800)))
	c.password = g.now.Add(-time.Duration(r.below(100*24*60)) * time.Minute).Truncate(time.Second)
	if c.password.Before(c.created) {
		c.password = c.created
	}
	c.validFrom = c.password
	c.quiet = g.ago(0.01 + float64(r.below(2000))/1000)
	c.attempt = g.ago(0.02 + float64(r.below(6000))/1000)
	c.success = later(c.quiet, c.attempt)
	g.methods(c, &r)
	if a.Guest {
		c.label.Kind, c.userType, c.creationType, c.external = "guest", "Guest", "Invitation", "Accepted"
		return
	}
	c.label.Kind, c.userType = "person", "Member"
	c.department, c.title, c.office = pick(&r, departments), pick(&r, titles), pick(&r, branches)
	c.employeeID, c.employeeType = employeeNumber(g.seed, c.id), "Employee"
	c.mobile = fmt.Sprintf("+46 70-174 06 %02d", 5+r.below(95)) // numbers that are given to nobody
	if a.Place > 0 {
		c.manager = g.account(superior(a.Place)).ID
	}
	c.skus = []string{licences[g.licence]}
	c.box, c.boxID, c.boxUPN, c.made = "UserMailbox", c.id, c.upn, c.created.Add(time.Minute)
}

// superior is the place of somebody's manager. The first guest is nobody's.
func superior(place int) int {
	boss := (place - 1) / 7
	if boss%20 == 13 {
		boss--
	}
	return boss
}

// methods draws what somebody registered: most have an app, some a telephone
// besides, a few a key, and one in twenty has nothing.
func (g *maker) methods(c *card, r *random) {
	since := float64(r.below(900))
	if r.chance(50) {
		return
	}
	if r.chance(850) {
		c.methods = append(c.methods, method{"authenticator", g.ago(since)})
	}
	if r.chance(400) || len(c.methods) == 0 {
		c.methods = append(c.methods, method{"phone", g.ago(since)})
	}
	if r.chance(60) {
		c.methods = append(c.methods, method{"fido2", g.ago(since / 2)})
	}
}

func employeeNumber(seed uint64, id string) string {
	return fmt.Sprintf("A%05d", mix(seed, useTrait, textSeed(id))%100000)
}
