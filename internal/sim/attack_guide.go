package sim

import "net/netip"

// later moves an event by so many pauses beyond the attack's own time.
func (e *event) later(pauses int) { e.at += int64(pauses) * int64(pause) }

// evenly adds n events over the attack's time, each made by f.
func (st *strike) evenly(n int, f func(i int) event) {
	for i := range n {
		st.add(float64(i)/float64(max(1, n-1)), f(i))
	}
}

// createdDeleted makes an account and deletes it again; in the hard form it is
// removed from the recycle bin as well.
func createdDeleted(_ *world, a *Attack, st *strike) {
	st.add(0, event{kind: evAudit, who: st.who[0], note: "admin_add_user"})
	st.add(1, event{kind: evAudit, who: st.who[0], note: "delete_user"}).later(1)
	if a.Form == "hard" {
		st.add(1, event{kind: evAudit, who: st.who[0], note: "hard_delete_user"}).later(2)
	}
}

// promoted makes an account and gives it a privileged role.
func promoted(_ *world, _ *Attack, st *strike) {
	st.add(0, event{kind: evAudit, who: st.who[0], note: "admin_add_user"})
	st.add(1, event{kind: evAudit, who: st.who[0], note: "role_to_user"}).later(1)
}

// directoryChange returns the strike of one directory audit; the form names
// the activity.
func directoryChange(activities map[string]string) func(*world, *Attack, *strike) {
	return func(_ *world, a *Attack, st *strike) {
		st.add(0, event{kind: evAudit, who: st.who[0], note: activities[a.Form]})
	}
}

// massDelete empties a mailbox in one session, a message a record.
func massDelete(_ *world, a *Attack, st *strike) {
	var session uint64
	st.evenly(a.Attempts, func(int) event { return event{kind: evMailbox, who: st.who[0], note: "HardDelete"} })
	for i := range st.events {
		if i == 0 {
			session = st.events[0].seed
			continue
		}
		st.events[i].first = session
	}
}

// passwordChanges resets a password again and again. The directory writes each
// reset under three names, seconds apart.
func passwordChanges(_ *world, a *Attack, st *strike) {
	n := max(1, a.Attempts)
	for i := range n {
		var operation uint64
		for j, note := range []string{"reset_core", "reset_by_admin", "reset_profile"} {
			e := st.add(float64(i)/float64(max(1, n-1)), event{kind: evAudit, who: st.who[0], note: note, first: operation})
			e.at += int64(j) * int64(pause) / 5
			operation = st.events[len(st.events)-1-j].seed
		}
	}
}

// fatigue asks for the second factor until the person gives in.
func fatigue(_ *world, a *Attack, st *strike) {
	st.evenly(a.Attempts, func(int) event { return event{kind: evSignIn, who: st.who[0], code: 500121} })
	st.add(1, event{kind: evSignIn, who: st.who[0]}).later(1)
}

// notCompleted knows the password and never gets past the second factor,
// unless it succeeds in the end.
func notCompleted(_ *world, a *Attack, st *strike) {
	st.evenly(a.Attempts, func(int) event { return event{kind: evSignIn, who: st.who[0], code: 50076} })
	for range a.Success {
		st.add(1, event{kind: evSignIn, who: st.who[0]}).later(1)
	}
}

// aitmRisk is what Entra ID Protection says of a session in the middle.
const aitmRisk = "anomalousToken"

// inTheMiddle is one sign-in through a proxy: asked for the second factor,
// asked to stay signed in, and in. All are one attempt under one correlation
// id.
func inTheMiddle(_ *world, _ *Attack, st *strike) {
	var first uint64
	for i, code := range []int32{50074, 50140, 0} {
		st.add(1, event{kind: evSignIn, who: st.who[0], code: code, note: aitmRisk, to: "OfficeHome", first: first}).later(i)
		first = st.events[0].seed
	}
	st.add(1, event{kind: evRisk, who: st.who[0], note: aitmRisk, first: first}).later(2)
}

// methodAdded is a risky sign-in, and a second factor registered by it.
func methodAdded(w *world, a *Attack, st *strike) {
	detected(w, a, st)
	st.add(1, event{kind: evAudit, who: st.who[0], note: "registered_info"}).later(1)
}

// manyAddresses is from how many addresses a distributed attack comes.
const manyAddresses = 8

// manyIPs guesses at one account from many addresses, one after the other.
func manyIPs(_ *world, a *Attack, st *strike) {
	places := make([]origin, manyAddresses)
	ip := netip.MustParseAddr(a.From) // it was checked when the scenario was read
	for i := range places {
		places[i] = st.from
		places[i].ip = ip.String()
		ip = ip.Next()
	}
	st.evenly(a.Attempts, func(int) event { return event{kind: evSignIn, who: st.who[0], code: 50126} })
	for i := range st.events {
		st.events[i].from = &places[i%manyAddresses]
	}
}

// mailboxDeed returns the strike of one record of the unified log; the form
// names it.
func mailboxDeed(deeds map[string]string) func(*world, *Attack, *strike) {
	return func(_ *world, a *Attack, st *strike) {
		to := a.To
		if a.Folder != "" {
			to = a.Folder
		}
		st.add(0, event{kind: evMailbox, who: st.who[0], note: deeds[a.Form], to: to})
	}
}
