package alert

import (
	"slices"
	"strings"
	"unicode/utf8"

	"vakt/internal/detect"
	"vakt/internal/event"
)

// listed are the entities of an alert: first those that it is grouped by,
// then the others by kind and id, at most MaxListed of a kind. They are the
// detection's own list where that stands so.
func listed(d *detect.Detection) []event.Entity {
	list := groupedFirst(d.Entities, d.Group)
	switch {
	case list == nil:
		return []event.Entity{}
	case len(list) <= MaxListed:
		return list
	}
	counts := map[string]int{}
	return slices.DeleteFunc(slices.Clone(list), func(e event.Entity) bool {
		counts[e.Kind]++
		return counts[e.Kind] > MaxListed
	})
}

// groupedFirst puts those entities first that a group names. It changes no
// list.
func groupedFirst(all []event.Entity, group []string) []event.Entity {
	first := 0 // how many of them stand first already
	for first < len(all) && inGroup(group, all[first].ID) {
		first++
	}
	rest := all[first:]
	if !slices.ContainsFunc(rest, func(e event.Entity) bool { return inGroup(group, e.ID) }) {
		return all
	}
	list := append(make([]event.Entity, 0, len(all)), all[:first]...)
	for _, named := range []bool{true, false} {
		for i := range rest {
			if inGroup(group, rest[i].ID) == named {
				list = append(list, rest[i])
			}
		}
	}
	return list
}

// inGroup tells whether an id is one of the values of a group, which are lower
// case.
func inGroup(group []string, id string) bool {
	for _, value := range group {
		if isLower(value, id) {
			return true
		}
	}
	return false
}

// isLower tells whether a text is another one in lower case.
func isLower(lower, text string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			return lower == strings.ToLower(text)
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		}
		if i >= len(lower) || lower[i] != c {
			return false
		}
	}
	return len(lower) == len(text)
}
