package baseline

import (
	"strings"

	"vakt/internal/rule"
)

var _ rule.Places = (*Baseline)(nil)

// Places gives the mapping of groups to the countries and networks where their
// members stay, by group, with the members that the directory knows. It answers
// false for every parameter that is no such mapping.
func (b *Baseline) Places(name string) ([]rule.Place, bool) {
	p, ok := lookup(name)
	if !ok || p.Kind != Places {
		return nil, false
	}
	list := make([]rule.Place, 0, len(b.values[name].rows))
	for _, r := range b.values[name].rows {
		members, why := b.members("group:" + r.key)
		place := rule.Place{Group: r.key, Members: rule.Expansion{Items: asItems(members, 0), Unread: why}}
		for _, text := range r.texts {
			if strings.ContainsAny(text, ".:/") { // as checkPlace spells a network
				place.Networks = append(place.Networks, text)
			} else {
				place.Countries = append(place.Countries, text)
			}
		}
		list = append(list, place)
	}
	return list, true
}
