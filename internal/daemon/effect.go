package daemon

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/report"
)

// PolicyEffect is a Watcher that counts what Conditional Access policies did
// to sign-ins: by week, policy, result and state of the device. A record that
// comes twice counts once. It keeps the keys of all sign-ins, a counter for each
// row, and the accounts of the rows that stop somebody.
type PolicyEffect struct {
	policies, compliant, managed, trust, device, account event.Field

	mu      sync.Mutex
	keys    *keySet
	seed    maphash.Seed
	signIns int
	unknown int
	rows    map[effectKey]*effectCount
	names   map[string]effectName
}

type effectKey struct {
	week                   int64 // second at which it begins
	policy, result, device string
}

type effectCount struct {
	signIns  int
	accounts map[uint64]struct{}
}

// effectName is what a policy is called, since when.
type effectName struct {
	name string
	at   int64
}

// Want names the fields of a sign-in that tell of policies and devices.
func (e *PolicyEffect) Want(schema *event.Schema) []event.Field {
	e.keys = newKeySet(func(int, int) int { return 0 })
	e.seed = maphash.MakeSeed()
	e.rows, e.names = map[effectKey]*effectCount{}, map[string]effectName{}
	var fields []event.Field
	for _, w := range []struct {
		field *event.Field
		name  string
	}{
		{&e.policies, "appliedConditionalAccessPolicies"}, {&e.compliant, "deviceDetail.isCompliant"}, {&e.managed, "deviceDetail.isManaged"},
		{&e.trust, "deviceDetail.trustType"}, {&e.device, "deviceDetail.deviceId"}, {&e.account, "account"},
	} {
		*w.field, _ = schema.Lookup(event.SignIn, w.name) // all of them are in its table
		fields = append(fields, *w.field)
	}
	return fields
}

// See counts a sign-in.
func (e *PolicyEffect) See(r *event.Record) {
	if r.Logs()&event.SignIn == 0 {
		return
	}
	policies, device := r.Field(e.policies), e.deviceOf(r)
	account := maphash.Bytes(e.seed, r.Field(e.account).First())
	e.mu.Lock()
	defer e.mu.Unlock()
	key := r.Key()
	slot, found := e.keys.place(&key)
	if found {
		return
	}
	slot.set(&key, 0, false)
	if policies.Unknown {
		e.unknown++
		return
	}
	e.signIns++
	for p := range extract.Elements(policies.First()) {
		e.count(p, weekOf(r.Time()), device, account, r.Time())
	}
}

// count counts one policy of a sign-in.
func (e *PolicyEffect) count(policy []byte, week int64, device string, account uint64, at int64) {
	text := func(key string) string {
		raw := extract.Member(policy, key)
		if raw == nil || extract.IsNull(raw) {
			return ""
		}
		return string(extract.AppendText(nil, raw))
	}
	id, result := text("id"), text("result")
	if id == "" || result == "" {
		return
	}
	if name := text("displayName"); name != "" {
		if before, known := e.names[id]; !known || at > before.at || at == before.at && name > before.name {
			e.names[id] = effectName{name, at}
		}
	}
	key := effectKey{week, id, result, device}
	c := e.rows[key]
	if c == nil {
		c = &effectCount{accounts: map[uint64]struct{}{}}
		e.rows[key] = c
	}
	c.signIns++
	if report.Stops(result) {
		c.accounts[account] = struct{}{}
	}
}

// deviceOf says what is known of the device of a sign-in.
func (e *PolicyEffect) deviceOf(r *event.Record) string {
	is := func(f event.Field) bool { return string(r.Field(f).First()) == "true" }
	trust := strings.ToLower(string(r.Field(e.trust).First()))
	switch {
	case is(e.compliant):
		return "compliant"
	case is(e.managed), trust != "" && trust != "workplace" && !strings.HasSuffix(trust, "registered"):
		return "managed"
	case trust != "", len(r.Field(e.device).First()) > 0:
		return "registered"
	case r.Field(e.device).Unknown:
		return "unknown"
	}
	return "unregistered"
}

// weekOf is the second at which the week of a time begins: Monday, UTC. The
// first day of 1970 was a Thursday.
func weekOf(seconds int64) int64 {
	const week, thursday = 7 * 86400, 3 * 86400
	at := (seconds + thursday) % week
	if at < 0 {
		at += week
	}
	return seconds - at
}

// Effect is what was counted.
func (e *PolicyEffect) Effect() *report.Effect {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := &report.Effect{SignIns: e.signIns, Unknown: e.unknown, Rows: []report.EffectRow{}}
	for key, c := range e.rows {
		out.Rows = append(out.Rows, report.EffectRow{
			Period: time.Unix(key.week, 0).UTC().Format(time.DateOnly), Policy: key.policy, Name: e.names[key.policy].name, Result: key.result,
			Device: key.device, SignIns: c.signIns, Accounts: len(c.accounts),
		})
	}
	slices.SortFunc(out.Rows, func(a, b report.EffectRow) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Result, b.Result), cmp.Compare(a.Device, b.Device))
	})
	return out
}
