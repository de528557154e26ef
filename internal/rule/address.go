package rule

import "net/netip"

const (
	maxAddresses     = 8192 // that a matcher remembers
	maxAddressLength = 128  // bytes; no address with brackets, zone and port is longer
)

// addressBook remembers what texts mean as addresses, so that a text that
// comes again costs no allocation. An invalid address is remembered too.
type addressBook map[string]netip.Addr

// address reads an IP address, with or without a port, brackets or zone. An
// IPv4 address inside an IPv6 one is taken as IPv4. The result is invalid for
// anything else.
func (m *Matcher) address(text []byte) netip.Addr {
	if len(text) > maxAddressLength {
		return netip.Addr{}
	}
	if addr, ok := m.addresses[string(text)]; ok {
		return addr
	}
	if len(m.addresses) >= maxAddresses {
		clear(m.addresses)
	}
	s := string(text)
	addr := parseAddress(s)
	m.addresses[s] = addr
	return addr
}

func parseAddress(s string) netip.Addr {
	if len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' {
		s = s[1 : len(s)-1]
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		port, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}
		}
		addr = port.Addr()
	}
	return addr.Unmap().WithZone("")
}
