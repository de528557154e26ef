package rig

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"vakt/internal/sim"
)

// accounts fills the parts that have an object for each account. Rows are
// made from cards when they are read.
func (g *maker) accounts() {
	makers := map[string]func(*card) Object{
		Users: g.user, Registrations: g.registration, Methods: g.registered, Mailboxes: g.mailbox, CASMailboxes: g.cas,
		MailboxPermissions: g.selfPermission, RecipientPermissions: g.selfTrustee, AuditBypass: g.bypass,
	}
	for part, write := range makers {
		g.state.tables[part].make = func(at int) Object { return write(g.card(at)) }
	}
	for at := range g.order {
		c := g.card(at)
		g.state.tables[Users].addCard("", at)
		g.state.tables[Methods].addCard(c.id, at)
		switch {
		case c.enabled && !c.unregistered && g.licence != "none":
			g.state.tables[Registrations].addCard("", at)
		case !c.enabled && g.licence != "none":
			g.state.hidden[c.id] = g.registration(c)
		}
		if c.box == "" {
			continue
		}
		for _, part := range []string{Mailboxes, CASMailboxes, MailboxPermissions, RecipientPermissions, AuditBypass} {
			g.state.tables[part].addCard("", at)
		}
	}
	for i := range g.cards {
		g.rights(&g.cards[i])
	}
}

// rights adds who else may open a mailbox or send as it, and its rules.
func (g *maker) rights(c *card) {
	if c.box == "" {
		return
	}
	for _, user := range c.access {
		g.state.add(MailboxPermissions, "", permission(c, user, "FullAccess"))
	}
	for _, who := range c.sendAs {
		g.state.add(RecipientPermissions, "", trustee(c, who))
	}
	if len(c.rules) > 0 {
		g.state.add(MessageRules, c.id, g.graphRules(c))
		g.state.add(InboxRules, c.id, g.exchangeRules(c))
	}
}

// others adds what no account leads to: deleted users, and mailboxes without
// a user.
func (g *maker) others() {
	for i := range 1 + len(g.order)/400 {
		c := card{sort: "deleted"}
		beginPerson(g, &c)
		c.enabled, c.skus = i%2 == 0, nil
		g.state.add(DeletedUsers, "", g.user(&c).With(Patch{"deletedDateTime": timeText(g.ago(float64(1 + i%29)))}))
	}
	arbitration := card{
		alias: "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}", name: "Microsoft Exchange", box: "ArbitrationMailbox", hidden: true, made: g.ago(2600),
	}
	lost := card{alias: "projekt.norr", name: "Projekt Norr", box: "SharedMailbox", made: g.ago(1500)}
	inactive := card{alias: "gunnar.gammal", name: "Gunnar Gammal", box: "UserMailbox", hold: true, inactive: true, made: g.ago(1800)}
	for _, c := range []*card{&arbitration, &lost, &inactive} {
		c.id, c.upn = uuidOf(g.seed, useID, textSeed(c.alias)), c.alias+"@"+g.initial
		c.boxUPN = c.upn
		g.state.add(Mailboxes, "", g.mailbox(c))
		g.state.add(CASMailboxes, "", g.cas(c))
	}
}

// logs lets the sign-ins and audits of the tenant be made when somebody asks
// for them: those of the scenario, and those that cards tell of.
func (g *maker) logs() {
	g.state.history = g.history
	g.state.residents = g.residents()
	for part, log := range map[string]string{SignIns: sim.SignIn, DirectoryAudits: sim.Audit, RiskDetections: sim.Risk} {
		g.state.tables[part].fill = func() []Object {
			var objects []Object
			for _, rec := range g.history(g.ago(g.retained())) {
				if rec.Log == log {
					objects = append(objects, Object(rec.JSON))
				}
			}
			return objects
		}
	}
}

// history returns the records since an instant in the order of time. The
// scenario's days end at the last midnight.
func (g *maker) history(since time.Time) []sim.Record {
	all := append(g.visits(), g.audited()...)
	for rec := range g.scenario.With(g.residents()).At(g.now.AddDate(0, 0, -g.scenario.Days)).Generate(g.seed) {
		rec.JSON = bytes.Clone(rec.JSON)
		all = append(all, rec)
	}
	all = slices.DeleteFunc(all, func(r sim.Record) bool { return r.Time.Before(since) })
	slices.SortStableFunc(all, func(a, b sim.Record) int { return a.Time.Compare(b.Time) })
	return all
}

// Logs returns the records of all logs of a generated tenant since an
// instant, in the order of time: what an export holds that reaches back so
// far, also beyond what the directory itself retains. Those of everyday life
// are of the scenario's days. Of a loaded tenant there are none.
func (s *State) Logs(since time.Time) []sim.Record {
	if s.history == nil {
		return nil
	}
	s.mu.Lock() // the first look-up makes an index
	defer s.mu.Unlock()
	return s.history(since)
}

// retained is how long the tenant keeps its logs (Microsoft Learn, "Microsoft
// Entra data retention").
func (g *maker) retained() float64 {
	if g.licence == "none" {
		return 7
	}
	return 30
}

func (g *maker) visits() []sim.Record {
	var all []sim.Record
	for i := range g.cards {
		c := &g.cards[i]
		for _, v := range c.visits {
			ip := "192.0.2.1"
			if v.hostile {
				ip = "203.0.113.66"
			}
			all = append(all, g.scenario.Visited(g.seed, sim.Visit{
				At: v.at, ID: c.id, UPN: c.upn, Name: c.name, Code: v.code, Quiet: v.quiet, Client: v.client, IP: ip, Hostile: v.hostile, MFA: len(c.methods) > 0 && v.code == 0,
			}))
		}
	}
	return all
}

// What the activities that cards tell of did.
var (
	operations = map[string]string{"Add user": "Add", "Disable account": "Update"}
	wasEnabled = map[string]string{"Add user": "null", "Disable account": "true"}
	isEnabled  = map[string]string{"Add user": "true", "Disable account": "false"}
)

// audited writes what the directory audits tell of cards.
func (g *maker) audited() []sim.Record {
	var all []sim.Record
	for i, t := range g.audits {
		correlation := uuidOf(g.seed, useAudit, uint64(i), 1)
		all = append(all, sim.Record{Log: sim.Audit, Time: t.at, JSON: g.state.auditRecord("Directory_"+correlation+"_1", correlation, t.at,
			Who{Principal: g.account(0).ID}, deed{
				activity: t.activity, category: "UserManagement", operation: operations[t.activity], kind: "User", target: g.user(t.card),
				changes: []change{{"AccountEnabled", json.RawMessage(wasEnabled[t.activity]), json.RawMessage(isEnabled[t.activity])}},
			})})
	}
	return all
}

// immutable is how synchronisation writes an object's id on-premises.
func immutable(id string) string {
	return base64.StdEncoding.EncodeToString([]byte(id)[:16])
}
