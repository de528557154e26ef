package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"vakt/internal/event"
)

// learnFields are the fields that a learner reads.
type learnFields struct {
	all []event.Field

	account, upn, userType, spID, ip                                event.Field
	code, class, country, asn, app, device                          event.Field
	client, clientClass, interactive, protocol                      event.Field
	requirement, resourceTenant, homeTenant                         event.Field
	riskState, blockedBy                                            event.Field
	activity, result, appID                                         event.Field
	propertyNames                                                   event.Field
	guestDomain                                                     event.Field
	riskAccount, riskUPN, riskRecordState, riskLevel                event.Field
	operation, resultStatus, mailboxActor, mailboxType, mailboxName event.Field
}

// find looks the fields up.
func (f *learnFields) find(schema *event.Schema) error {
	for _, want := range []struct {
		to   *event.Field
		log  event.Log
		name string
	}{
		{&f.account, event.SignIn, "account"}, {&f.upn, event.SignIn, "userPrincipalName"}, {&f.userType, event.SignIn, "userType"},
		{&f.spID, event.SignIn, "servicePrincipalId"}, {&f.ip, event.SignIn, "ip"}, {&f.code, event.SignIn, "status.errorCode"},
		{&f.class, event.SignIn, "vakt.errorClass"}, {&f.country, event.SignIn, "location.countryOrRegion"},
		{&f.asn, event.SignIn, "autonomousSystemNumber"}, {&f.app, event.SignIn, "appId"}, {&f.device, event.SignIn, "deviceDetail.deviceId"},
		{&f.client, event.SignIn, "clientAppUsed"}, {&f.clientClass, event.SignIn, "vakt.clientClass"}, {&f.interactive, event.SignIn, "isInteractive"},
		{&f.protocol, event.SignIn, "authenticationProtocol"}, {&f.requirement, event.SignIn, "authenticationRequirement"},
		{&f.resourceTenant, event.SignIn, "resourceTenantId"}, {&f.homeTenant, event.SignIn, "homeTenantId"}, {&f.riskState, event.SignIn, "riskState"},
		{&f.blockedBy, event.SignIn, "vakt.blockingPolicies"},
		{&f.activity, event.Audit, "activityDisplayName"}, {&f.result, event.Audit, "result"}, {&f.appID, event.Audit, "initiatedBy.app.appId"},
		{&f.propertyNames, event.Audit, "targetResources.modifiedProperties.displayName"}, {&f.guestDomain, event.Audit, "vakt.guestDomain"},
		{&f.riskAccount, event.Risk, "account"}, {&f.riskUPN, event.Risk, "userPrincipalName"},
		{&f.riskRecordState, event.Risk, "riskState"}, {&f.riskLevel, event.Risk, "riskLevel"},
		{&f.operation, event.Unified, "Operation"}, {&f.mailboxActor, event.Unified, "actor"}, {&f.resultStatus, event.Unified, "ResultStatus"},
		{&f.mailboxType, event.Unified, "parameters.Type"}, {&f.mailboxName, event.Unified, "parameters.Identity"},
	} {
		id, ok := schema.Lookup(want.log, want.name)
		if !ok {
			return fmt.Errorf("learn: no %v record has a field %q", want.log, want.name)
		}
		*want.to = id
		f.all = append(f.all, id)
	}
	return nil
}

// See takes a record in. once says whether it is asked for a key for the first
// time: with it, what is counted is counted once, however often a record
// comes. It must be the same for all records of a learner.
func (l *Learner) See(r *event.Record, once func(event.Key) bool) {
	if r.Time() < 0 || r.Time() > math.MaxUint32 {
		return // no time in which anybody learns
	}
	logs := r.Logs()
	if logs&event.SignIn != 0 {
		l.signIn(r, once)
	}
	if logs&event.Audit != 0 {
		l.audit(r, once)
	}
	if logs&event.Risk != 0 {
		l.risk(r)
	}
	if logs&event.Unified != 0 {
		l.mailbox(r, once)
	}
}

// firstText is the first text of a field; nil where it has none.
func firstText(r *event.Record, f event.Field) []byte { return r.Field(f).First() }

// keyOf is the key of what is counted of a record: the same for each of its
// versions, in any shape, that says the same.
func keyOf(r *event.Record, parts ...[]byte) event.Key {
	key := r.Key()
	b := binary.BigEndian.AppendUint64(append(make([]byte, 0, 160), key[:]...), uint64(r.Time()))
	for _, p := range parts {
		b = append(append(b, 0), p...)
	}
	sum := sha256.Sum256(b)
	return event.Key(sum[:16])
}

// signIn takes a sign-in of an account in. Those of applications are left out.
func (l *Learner) signIn(r *event.Record, once func(event.Key) bool) {
	f := &l.fields
	id, code := firstText(r, f.account), firstText(r, f.code)
	if len(id) == 0 || len(code) == 0 || len(firstText(r, f.upn)) == 0 && len(firstText(r, f.spID)) > 0 {
		return
	}
	success := string(code) == "0"
	counted := once(keyOf(r, []byte("signin"), id, code))
	country := bytes.ToUpper(firstText(r, f.country))
	l.tally(r, success, counted, country)

	s, a := l.account(id)
	defer s.mu.Unlock()
	a.call(firstText(r, f.upn), r.Time())
	a.guest = a.guest || strings.EqualFold(string(firstText(r, f.userType)), "guest") || bytes.Contains(bytes.ToLower(firstText(r, f.upn)), []byte("#ext#"))
	if state := string(firstText(r, f.riskState)); strings.EqualFold(state, "atRisk") || strings.EqualFold(state, "confirmedCompromised") {
		a.atRisk("a sign-in with risk state " + state)
	}
	if success {
		l.success(r, a, country, counted)
		return
	}
	for _, policy := range r.Field(f.blockedBy).List {
		l.use(a, useBlockedBy, policy.Text, uint32(r.Time()), counted)
	}
	if counted {
		l.failed(r, s, a)
	}
}

// tally counts a sign-in by its hour.
func (l *Learner) tally(r *event.Record, success, counted bool, country []byte) {
	v := &l.volume
	v.mu.Lock()
	defer v.mu.Unlock()
	v.see(r.Time())
	hour := uint32(r.Time() / 3600)
	h := v.hours[hour]
	if h == nil {
		h = &hourVolume{}
		v.hours[hour] = h
	}
	switch {
	case !counted:
	case !success:
		h.failed++
	default:
		h.success++
		if len(country) == 0 || string(firstText(r, l.fields.interactive)) == "false" {
			return
		}
		n := l.texts.put(country)
		if v.countries[n] == nil {
			v.countries[n] = map[uint32]uint32{}
		}
		v.countries[n][hour]++
	}
}

// success notes what the account used.
func (l *Learner) success(r *event.Record, a *learnedOf, country []byte, counted bool) {
	f, at := &l.fields, uint32(r.Time())
	if a.first == 0 || at < a.first {
		a.first = at
	}
	a.last = max(a.last, at)
	if counted {
		a.successes++
	}
	use := func(kind useKind, value []byte) { l.use(a, kind, value, at, counted) }
	use(useCountry, country)
	use(useASN, firstText(r, f.asn))
	use(useApp, bytes.ToLower(firstText(r, f.app)))
	use(useDevice, bytes.ToLower(firstText(r, f.device)))
	if string(firstText(r, f.clientClass)) == "legacy" {
		use(useLegacy, firstText(r, f.client))
	}
	if strings.EqualFold(string(firstText(r, f.protocol)), "deviceCode") {
		use(useDeviceCode, firstText(r, f.app))
	}
	if strings.EqualFold(string(firstText(r, f.requirement)), "singleFactorAuthentication") && string(firstText(r, f.interactive)) != "false" {
		use(useSingleFactor, bytes.ToLower(firstText(r, f.app)))
	}
	home, resource := bytes.ToLower(firstText(r, f.homeTenant)), bytes.ToLower(firstText(r, f.resourceTenant))
	l.livesIn(a, home)
	if len(home) > 0 && len(resource) > 0 && !bytes.Equal(home, resource) {
		use(usePartner, resource)
	}
	l.visit(firstText(r, f.ip), fnvOf(a.id), r.Time())
}

// livesIn notes the home tenant of an account.
func (l *Learner) livesIn(a *learnedOf, tenant []byte) {
	if n := l.texts.put(tenant); len(tenant) > 0 && (a.home == 0 || n != a.home && string(tenant) < l.textOf(a.home)) {
		a.home = n
	}
}

// failed notes a failure under all kinds that it is of.
func (l *Learner) failed(r *event.Record, s *accountShard, a *learnedOf) {
	note := func(kind failureKind) {
		n := failure{time: uint32(r.Time()), account: a.number | uint32(kind)<<failureShift}
		if ip := firstText(r, l.fields.ip); len(ip) > 0 && kind == badPassword {
			n.place = l.texts.put(ip)
		}
		s.failures = append(s.failures, n)
	}
	switch string(firstText(r, l.fields.class)) {
	case "bad_credentials":
		note(badPassword)
	case "lockout":
		note(lockedOut)
	case "mfa_failed":
		note(interrupted)
		note(mfaRefused)
	case "mfa_required", "interrupt_external", "interrupt_device", "device_failed", "ca_block":
		note(interrupted)
	}
}

// atRisk notes why an account must not be learned from.
func (a *learnedOf) atRisk(why string) {
	if a.risk == "" || why < a.risk {
		a.risk = why
	}
}

// risk notes the account of a risk detection that nobody has found harmless.
func (l *Learner) risk(r *event.Record) {
	state := strings.ToLower(string(firstText(r, l.fields.riskRecordState)))
	id := firstText(r, l.fields.riskAccount)
	if len(id) == 0 || state == "dismissed" || state == "confirmedsafe" {
		return
	}
	s, a := l.account(id)
	defer s.mu.Unlock()
	a.call(firstText(r, l.fields.riskUPN), r.Time())
	a.atRisk("a risk detection")
}
