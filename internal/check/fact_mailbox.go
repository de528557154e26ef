package check

import (
	"slices"
	"strings"

	"vakt/internal/directory"
)

// audit is that of the mailbox unless the organization has turned all of it off.
func (v *view) audit() value {
	if directory.Is(v.j.s.AuditOff, true) {
		return v.box(func(*directory.Mailbox) value { return flag(false) })
	}
	return v.box(func(m *directory.Mailbox) value { return flagOf(m.Audit) })
}

// protocols are those old ones that are switched on. It is unknown where one
// of them is and none of the others is on.
func (v *view) protocols() value {
	return v.box(func(m *directory.Mailbox) value {
		if !m.Protocols.Known || m.Protocols.Value == nil {
			return unknown(m.Protocols.Why)
		}
		p := m.Protocols.Value
		off := p.SMTPAuthOff
		smtp := directory.Fact[bool]{Value: !off.Value, Known: off.Known, Why: off.Why}
		var on []string
		unread := ""
		for _, x := range []struct {
			name string
			is   directory.Fact[bool]
		}{{"imap", p.IMAP}, {"pop", p.POP}, {"activesync", p.ActiveSync}, {"smtp_auth", smtp}} {
			switch {
			case !x.is.Known:
				unread = x.name + ": " + x.is.Why
			case x.is.Value:
				on = append(on, x.name)
			}
		}
		if len(on) == 0 && unread != "" {
			return unknown(unread)
		}
		return words(on...)
	})
}

func (v *view) forward() value {
	return v.box(func(m *directory.Mailbox) value {
		if !m.ForwardingSMTP.Known && !m.ForwardingAddress.Known {
			return unknown(m.ForwardingSMTP.Why)
		}
		return words(m.ForwardingSMTP.Value, m.ForwardingAddress.Value)
	})
}

// forwardDomain is the domain that a mailbox forwards to, where it is foreign.
// A ForwardingAddress names a recipient of the organization, which may be a
// contact with an address elsewhere: it counts where it is an address.
func (v *view) forwardDomain() value {
	return v.box(func(m *directory.Mailbox) value {
		if !m.ForwardingSMTP.Known {
			return unknown(m.ForwardingSMTP.Why)
		}
		return v.foreign([]string{m.ForwardingSMTP.Value, m.ForwardingAddress.Value})
	})
}

func (v *view) ruleDomains() value {
	return v.box(func(m *directory.Mailbox) value {
		if !m.Rules.Known {
			return unknown(m.Rules.Why)
		}
		var to []string
		for _, r := range m.Rules.Value {
			if r.Enabled {
				to = append(to, r.ForwardTo...)
			}
		}
		return v.foreign(to)
	})
}

// foreign are the domains of some addresses that are not the tenant's own.
func (v *view) foreign(addresses []string) value {
	var list []string
	for _, address := range addresses {
		if d := strings.Trim(domainOf(address), "<>\"' ]"); d != "" && !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		return none()
	}
	own := v.j.ownDomains
	if !own.Known {
		return unknown(own.Why)
	}
	return words(slices.DeleteFunc(list, func(d string) bool { return own.Value[d] })...)
}

func delegates(m *directory.Mailbox) value {
	return atLeast(m.FullAccess, func(d directory.Delegate) string {
		if d.Deny {
			return ""
		}
		return d.Name
	})
}
