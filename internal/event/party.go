package event

import (
	"bytes"
	"iter"

	"vakt/internal/extract"
)

// party is an actor or target of an audit. Texts live as long as the record.
type party struct {
	ID, UPN, Name, Type []byte
	app                 bool
	account             []byte // its account id, where it is a user; nil for another
}

// accountOf is the account id of a user target, or nil.
func (r *Record) accountOf(p *party) []byte {
	if len(p.Type) > 0 && !bytes.EqualFold(p.Type, []byte("User")) {
		return nil
	}
	if len(p.ID) > 0 {
		return p.ID
	}
	if len(p.UPN) > 0 {
		return plainUPN(r.lower(p.UPN))
	}
	return nil
}

// Targets are what an audit acted on, in the record's order.
func (r *Record) Targets() []party {
	r.parseParties()
	return r.targets
}

// Actor is who started an audited operation.
func (r *Record) Actor() party {
	r.parseParties()
	return r.actor
}

func (r *Record) parseParties() {
	if r.parsed == r.number {
		return
	}
	r.parsed = r.number
	r.targets, r.actor = r.targets[:0], party{}
	list := r.core(auditTargets).First()
	if r.unified() {
		r.targets = r.listedAll(r.targets, list)
		r.actor = r.listed(r.core(auditActorList).First())
		if r.actor.UPN == nil && !r.actor.app {
			r.actor.UPN = r.core(auditUPN).First()
		}
	} else {
		r.eachTarget(list, func(t target) {
			r.targets = append(r.targets, party{ID: r.idText(t.id), UPN: r.filledText(t.upn), Name: r.filledText(t.name), Type: r.filledText(t.typ)})
		})
		r.actor = r.initiator()
	}
	for i := range r.targets {
		r.targets[i].account = r.accountOf(&r.targets[i])
	}
}

// eachTarget visits the entries of a list of targets, or of one of the unified
// log.
func (r *Record) eachTarget(list []byte, visit func(target)) {
	if s := r.scanTargets(list); s.ok {
		for _, t := range s.targets {
			visit(t)
		}
		return
	}
	for e := range extract.Elements(list) {
		visit(targetOf(e))
	}
}

// initiator reads Graph's initiatedBy: exactly one of user and app is set.
func (r *Record) initiator() party {
	p := party{ID: r.core(auditUser).First(), UPN: r.core(auditUPN).First()}
	if len(p.ID) == 0 && len(p.UPN) == 0 {
		p = party{ID: r.core(auditServicePrincipal).First(), Name: r.core(auditAppName).First(), app: true}
	}
	return p
}

func (r *Record) member(e []byte, key string) []byte {
	return r.filledText(extract.Member(e, key))
}

// filledText is the text of a raw value; nil where it is null or not there.
func (r *Record) filledText(raw []byte) []byte {
	if raw == nil || extract.IsNull(raw) {
		return nil
	}
	return r.textOf(raw)
}

func (r *Record) idMember(e []byte, key string) []byte { return r.idText(extract.Member(e, key)) }

// idText is the same of an id; nil where it stands for none.
func (r *Record) idText(raw []byte) []byte {
	text := r.lower(r.filledText(raw))
	if noID(text) {
		return nil
	}
	return text
}

// listed reads an Actor list of the unified log, which is one party.
func (r *Record) listed(list []byte) party {
	if all := r.listedAll(nil, list); len(all) > 0 {
		return all[0]
	}
	return party{}
}

// listedAll appends the parties of a Target list of the unified log. Entries
// are {"ID":…,"Type":…}: type 5 is a UPN, 1 a display name, 3 a legacy id; an
// object id stands bare behind its prefixed twin ("User_<id>"), with which
// each party begins, and before the word for its kind ("User").
func (r *Record) listedAll(all []party, list []byte) []party {
	var p party
	flush := func() {
		if p.ID != nil || p.UPN != nil || p.Name != nil {
			all = append(all, p)
		}
		p = party{}
	}
	r.eachTarget(list, func(t target) {
		text := r.filledText(t.id)
		if p.Type != nil && isPrefixed(text) {
			flush()
		}
		r.listedPart(&p, text, r.filledText(t.typ))
	})
	flush()
	return all
}

// listedPart adds what one entry says to a party.
func (r *Record) listedPart(p *party, text, typ []byte) {
	switch {
	case len(text) == 0:
	case string(typ) == "5":
		p.UPN = text
	case string(typ) == "1":
		p.Name = text
	case isGUID(text) && p.ID == nil:
		if id := r.lower(text); !noID(id) {
			p.ID = id
		}
	case isKindWord(text):
		p.Type = text
		p.app = string(text) == "ServicePrincipal"
	}
}

// isPrefixed says whether a text is a kind and an object id: "User_<id>".
func isPrefixed(text []byte) bool {
	kind, id, ok := bytes.Cut(text, []byte("_"))
	return ok && isKindWord(kind) && isGUID(id)
}

// kindWords are the words by which the unified log names the kind of a party.
var kindWords = []string{"User", "ServicePrincipal", "Group", "Role", "Application", "Device", "Policy", "Directory", "Other"}

func isKindWord(text []byte) bool {
	for _, w := range kindWords {
		if string(text) == w {
			return true
		}
	}
	return false
}

func isGUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (r *Record) partyValues(pick func(party) []byte) Values {
	return r.values(func(yield func(Value) bool) {
		for _, t := range r.Targets() {
			if text := pick(t); text != nil && !yield(Value{Text: text}) {
				return
			}
		}
	})
}

func targetIDs(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte { return p.ID })
}
func targetNames(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte { return p.Name })
}
func targetTypes(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte { return p.Type })
}
func targetUPNs(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte { return p.UPN })
}

func targetDomains(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte { return domain(r.lower(p.UPN)) })
}

func targetGuestDomains(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte { return guestDomain(r.lower(p.UPN)) })
}

// detailsName is the extended property that has the additional details of an
// audit in the unified log.
var detailsName = newName("additionalDetails")

// additionalDetail reads one key of an audit's additional details. In the
// unified log they are JSON text in the extended property of that name.
func additionalDetail(r *Record, f *field) Values {
	list := r.base(f, 0).First()
	if !r.unified() {
		return orCut(pairNamed(r, f), r.cutDetails)
	}
	document, ok := r.embedded(r.pairsOf(list).value(&detailsName))
	if !ok {
		return Values{}
	}
	raw := extract.Member(document, f.param)
	if raw == nil {
		return Values{}
	}
	return r.decode(asText, raw)
}

// orCut makes a value that was not found unknown where it may have been cut.
func orCut(v Values, cut bool) Values {
	return Values{Unknown: v.Unknown || cut && len(v.List) == 0, List: v.List}
}

func modifiedOld(r *Record, f *field) Values { return r.modified(f, "oldValue") }
func modifiedNew(r *Record, f *field) Values { return r.modified(f, "newValue") }

// modified reads one side of a modified property, decoded twice: the value is
// JSON text inside a string, an array for directory attributes ("[\"Guest\"]"),
// a quoted text for computed ones ("\"Member\""), and sometimes plain.
func (r *Record) modified(f *field, side string) Values {
	v := r.modifiedSides(f, &f.named, side)
	return orCut(v, r.cutTargets)
}

// modifiedSides is a side of the properties of one name.
func (r *Record) modifiedSides(f *field, of *name, side string) Values {
	return r.values(func(yield func(Value) bool) {
		for _, p := range r.properties(f).named(of) {
			if !of.is(p.name, p.mark) {
				continue
			}
			for v := range r.twice(p.side(side)) {
				if !yield(v) {
					return
				}
			}
		}
	})
}

// twice decodes JSON text inside a string into its scalars.
func (r *Record) twice(raw []byte) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if raw == nil || extract.IsNull(raw) {
			return
		}
		inner, ok := extract.Embedded(raw, nil)
		if !ok {
			yield(Value{Text: r.textOf(raw)})
			return
		}
		for e := range leaves(inner) {
			if v, ok := r.scalar(asText, e); ok && !extract.IsNull(e) && !yield(v) {
				return
			}
		}
	}
}

// unified says whether the record came in a shape of the unified log.
func (r *Record) unified() bool {
	return r.shape == UnifiedAudit || r.shape == AuditLogRecord || r.shape == UnifiedExport
}
