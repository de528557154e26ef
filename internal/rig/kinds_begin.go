package rig

import (
	"fmt"
	"strings"
	"unicode"
)

// What resource accounts are called.
var (
	desks     = []string{"Reception", "Faktura", "Kundtjänst", "Info", "Order", "Lager", "Jour", "Ekonomi", "Support", "Styrelsen", "Växeln", "Jobba hos oss", "Press", "Säljstöd", "Inköp", "Kansli", "Vaktmästeri", "Bokslut", "Fastighet", "Kvalitet"}
	trees     = []string{"Björken", "Eken", "Granen", "Lönnen", "Rönnen", "Asken", "Tallen", "Hasseln", "Alen", "Linden", "Almen", "Boken"}
	machines  = []string{"Poolbil", "Projektor", "Släpvagn", "Kamera", "Truck", "Mötesvagn"}
	calendars = []string{"Bokning Kundmöten", "Bokning Rådgivning", "Bokning Service", "Bokning Visning"}
	voices    = []string{"Telefonsvarare", "Kö Support", "Kö Växel", "Meny"}
	towns     = []string{"", "Stockholm", "Göteborg", "Malmö", "Umeå", "Örebro", "Luleå", "Visby", "Kalmar", "Ängelholm", "Åre", "Mölndal"}
)

// hostile are display names that break careless output. Each is legal in a
// directory.
var hostile = []string{
	`=cmd|' /C calc'!A0`,
	`<img src=x onerror=alert(1)>`,
	"Faktura\u202exslx.exe",
	"Info\u001b[2J\u001b[1;1HOK",
	"Order\r\nX-Injected: 1",
	`"; DROP TABLE users;--`,
	"@SUM(1+1)*cmd",
	"{{.Name}} %s ${HOME}",
}

const hostileEvery = 23

// named gives an account its names and addresses: the next ones of a list.
func (g *maker) named(c *card, list []string) {
	k := g.used[list[0]]
	g.used[list[0]]++
	c.name = list[k%len(list)]
	if town := towns[k/len(list)%len(towns)]; town != "" {
		c.name += " " + town
	}
	if round := k / len(list) / len(towns); round > 0 {
		c.name += fmt.Sprintf(" %d", round+1)
	}
	c.alias = plain(c.name)
	if g.used["@"+c.alias]++; g.used["@"+c.alias] > 1 {
		c.alias += fmt.Sprint(g.used["@"+c.alias])
	}
	c.mail = c.alias + "@" + g.domain
	c.upn = c.mail
	c.id = uuidOf(g.seed, useID, textSeed(c.upn))
	if g.resources++; g.resources%hostileEvery == 0 {
		c.name = hostile[g.resources/hostileEvery%len(hostile)]
	}
}

// resourced is what all accounts of mailboxes have in common: they begin with
// sign-in enabled and a password that nobody knows.
func (g *maker) resourced(c *card, kind, box string, list []string) {
	g.named(c, list)
	r := random(mix(g.seed, useTrait, textSeed(c.upn)))
	c.label.Kind = kind
	c.enabled, c.userType = true, "Member"
	c.created = g.ago(200 + float64(r.below(2300)))
	c.password, c.validFrom, c.made = c.created, c.created, c.created.Add(40e9)
	c.box, c.boxID, c.boxUPN = box, c.id, c.upn
	switch r.below(7) {
	case 0: // nobody: an account without an owner
	case 1:
		c.access = []string{g.delegates}
	default:
		for range 1 + r.below(3) {
			c.access = append(c.access, g.anyone(&r).UPN)
		}
		c.sendAs = c.access[:1]
		if r.chance(300) {
			c.behalf = []string{g.anyone(&r).Alias}
		}
	}
}

func beginShared(g *maker, c *card) { g.resourced(c, "shared", "SharedMailbox", desks) }

func beginRoom(g *maker, c *card) {
	g.resourced(c, "room", "RoomMailbox", trees)
	c.name, c.resourceType = "Konferensrum "+c.name, "Room"
}

func beginEquipment(g *maker, c *card) {
	g.resourced(c, "equipment", "EquipmentMailbox", machines)
	c.resourceType = "Equipment"
}

func beginScheduling(g *maker, c *card) { g.resourced(c, "scheduling", "SchedulingMailbox", calendars) }

// beginVoice makes the account of an auto attendant or a call queue: it has a
// licence of its own and no mailbox.
func beginVoice(g *maker, c *card) {
	g.resourced(c, "teams_resource", "", voices)
	c.access, c.sendAs, c.behalf = nil, nil, nil
	c.department, c.resource, c.mail = "Microsoft Communication Application Instance", true, ""
	c.skus = []string{"PHONESYSTEM_VIRTUALUSER"}
	c.upn = c.alias + "@" + g.initial
}

// beginPerson makes a member with a mailbox whose life is in no log.
func beginPerson(g *maker, c *card) {
	a := g.account(g.spare)
	for g.spare++; a.Guest; g.spare++ {
		a = g.account(g.spare)
	}
	g.personal(c, a)
}

// beginGuest makes a guest whose life is in no log.
func beginGuest(g *maker, c *card) {
	a := g.account(g.spare)
	for g.spare++; !a.Guest; g.spare++ {
		a = g.account(g.spare)
	}
	g.personal(c, a)
}

// beginSystem makes an account that the service made for itself.
func beginSystem(g *maker, c *card) {
	g.named(c, []string{"system"})
	c.label.Kind = "system"
	c.userType, c.created = "Member", g.ago(2600)
	c.password, c.validFrom = c.created, c.created
	c.decide(NotYours, BecauseSystem)
}

// plain writes a name with the letters of an address.
func plain(name string) string {
	swap := strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e", " ", ".")
	return strings.Map(func(r rune) rune {
		if r == '.' || r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return -1
	}, swap.Replace(strings.ToLower(name)))
}
