package plan_test

import (
	"cmp"
	"slices"
	"strings"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// look asks the tenant itself, by no code of ours, what stands about the object
// of a write.
func (s *stage) look(a *arrival) {
	u, ok := s.state.Primary().Get(rig.Users, a.object)
	if !ok {
		return
	}
	was, _ := u.Field("accountEnabled")
	a.was, a.ours = string(was), s.oursNow(a.object)
	a.protections = s.protections(u, s.lifted[a.object])
	if c := a.change(); c != nil && c.Field == "accountEnabled" {
		a.moved = s.moved(u, a, c)
		if a.value == "false" && slices.Contains(s.heads(), a.object) {
			a.doors = len(slices.DeleteFunc(s.heads(), func(id string) bool { return id == a.object }))
		}
	}
}

// oursNow tells whether the last who set an account's accountEnabled are we.
func (s *stage) oursNow(object string) bool {
	for _, x := range slices.Backward(s.state.Truth()) {
		if _, sets := rig.Object(x.After).Field("accountEnabled"); sets && x.Subject == object && x.Applied {
			return x.Ours()
		}
	}
	return false
}

// moved are the planned facts about an account that are not as they were when
// the story began. What we have set ourselves has not moved.
func (s *stage) moved(u rig.Object, a *arrival, c *plan.Change) (names []string) {
	if a.was != string(c.Before) && !a.ours {
		names = append(names, "accountEnabled")
	}
	begin := s.e.start[a.object]
	for _, name := range []string{"userType", "creationType", "onPremisesSyncEnabled", "assignedLicenses"} {
		was, _ := begin.Field(name)
		if is, _ := u.Field(name); string(was) != string(is) {
			names = append(names, name)
		}
	}
	return names
}

// teamsRooms are the products with which an account signs in a Teams Rooms
// system (Microsoft's list of product names, with room mailbox).
var teamsRooms = []string{"4cde982a-ede4-4409-9ae6-b003453c8ea6", "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}

// protections names what protects an account, as the tenant has it.
func (s *stage) protections(u rig.Object, lifted []string) (names []string) {
	id := strings.ToLower(u.Text("id"))
	if slices.Contains(s.m.sort("break_glass"), id) {
		names = append(names, "break_glass")
	}
	if strings.HasSuffix(ada.ID, id) || strings.HasSuffix(bo.ID, id) {
		names = append(names, "approver")
	}
	if u.Text("userType") == "Guest" {
		names = append(names, "guest")
	}
	if u.True("onPremisesSyncEnabled") {
		names = append(names, "synced")
	}
	box, _ := s.state.Primary().Get(rig.Mailboxes, id)
	for _, l := range u.Items("assignedLicenses") {
		if box.Text("RecipientTypeDetails") == "RoomMailbox" && slices.Contains(teamsRooms, l.Text("skuId")) {
			names = append(names, "teams_room")
		}
	}
	for _, part := range []string{rig.RoleAssignments, rig.RoleEligibilities} {
		for _, x := range s.state.Primary().All(part) {
			if holder := x.Text("principalId"); holder == id || s.memberOf(id, holder) {
				names = append(names, part+" "+x.Text("roleDefinitionId")+" "+holder)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(lifted, name) })
}

func (s *stage) memberOf(id, group string) bool {
	g, ok := s.state.Primary().Get(rig.Groups, group)
	return ok && slices.ContainsFunc(g.Items("members"), func(m rig.Object) bool { return strings.EqualFold(m.Text("id"), id) })
}

// heads are the enabled Global Administrators of the tenant.
func (s *stage) heads() (ids []string) {
	for _, x := range s.state.Primary().All(rig.RoleAssignments) {
		id := x.Text("principalId")
		if u, ok := s.state.Primary().Get(rig.Users, id); ok && x.Text("roleDefinitionId") == globalID && u.True("accountEnabled") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// sizes are those of the waves, by the protocol.
var sizes = []int{1, 5, 25}

// waveOf is the wave of the n-th account of a plan.
func waveOf(n int) int {
	for i, size := range sizes {
		if n < size {
			return i
		}
		n -= size
	}
	return len(sizes)
}

// unready names what must be through before a change and is not: everything in
// the waves before, and what comes before it on the same account.
func unready(p *plan.Plan, c *plan.Change, phases map[string]plan.Phase) (names []string) {
	if c == nil {
		return nil
	}
	through := []plan.Phase{plan.Verified, plan.Drifted, plan.Gone, plan.Protected, plan.Left, plan.Denied, plan.Rejected, plan.Ineffective}
	order := map[string]int{}
	for i := range p.Changes {
		if id := p.Changes[i].Subject.ID; !known(order, id) {
			order[id] = len(order)
		}
	}
	for i := range p.Changes {
		x := &p.Changes[i]
		if x == c {
			break
		}
		phase := phases[x.ID]
		switch {
		case x.Subject.ID == c.Subject.ID:
			if phase != plan.Acked && phase != plan.Verified {
				names = append(names, x.ID+" "+string(phase))
			}
		case waveOf(order[x.Subject.ID]) < waveOf(order[c.Subject.ID]):
			if before := sameBefore(p, x, phases); before != "" && before != plan.Acked && before != plan.Verified {
				continue // what could not be done keeps what follows it from being tried
			}
			if !slices.Contains(through, phase) {
				names = append(names, x.ID+" "+string(phase))
			}
		}
	}
	return names
}

// sameBefore is the phase of the change before x on the same account, empty
// where there is none.
func sameBefore(p *plan.Plan, x *plan.Change, phases map[string]plan.Phase) (last plan.Phase) {
	for i := range p.Changes {
		c := &p.Changes[i]
		if c == x {
			return last
		}
		if c.Subject.ID == x.Subject.ID {
			last = cmp.Or(phases[c.ID], plan.Left)
		}
	}
	return last
}

func known(order map[string]int, id string) bool {
	_, ok := order[id]
	return ok
}
