package rig

import "vakt/internal/sim"

// residents are the accounts that cards tell of, as the logs of the same
// scenario need to know them.
func (g *maker) residents() []sim.Resident {
	var all []sim.Resident
	for i := range g.cards {
		c := &g.cards[i]
		all = append(all, sim.Resident{Sort: c.sort, ID: c.id, UPN: c.upn, Name: c.name})
	}
	return all
}

// Residents returns the accounts of a generated tenant that are no ordinary
// people, for sim.Scenario.With: so that logs name the accounts of the
// directory. Of a loaded tenant there are none.
func (s *State) Residents() []sim.Resident { return s.residents }

// WithoutLogs takes the parts out that are logs, so that an export leaves
// them to whoever writes them apart. It is for a tenant that nobody uses yet.
func (s *State) WithoutLogs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, part := range []string{SignIns, DirectoryAudits, RiskDetections} {
		s.tables[part].state, s.tables[part].why, s.tables[part].fill = Absent, "the logs are written apart", nil
	}
}
