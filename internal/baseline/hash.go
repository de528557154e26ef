package baseline

import (
	"maps"
	"slices"

	"vakt/internal/extract"
)

// Hash is the SHA-256, in hexadecimal, over the effective values as RFC 8785
// canonical JSON: declared values, defaults and what the directory gave. Two
// baselines with equal hashes answer every rule alike. Notes, comments, the
// order of a list and the spelling of a value do not count.
func (b *Baseline) Hash() string {
	effective := make(map[string]any, len(table))
	for _, p := range table {
		effective[p.Name] = b.content(p)
	}
	if b.learned != nil {
		effective[learnedKey] = b.learned.sum
	}
	return extract.Hash(effective)
}

// content is a parameter's effective value as maps, lists, texts and numbers.
func (b *Baseline) content(p Param) any {
	v := b.values[p.Name]
	switch form := shapes[p.Kind].form; {
	case form == dict, form == pair:
		m := make(map[string]any, len(v.rows))
		for _, r := range v.rows {
			m[r.key] = texts(r.texts)
		}
		return m
	case form == list, p.Live != NotLive:
		return b.expanded(p)
	}
	if n, ok := b.Number(p.Name); ok {
		return n
	}
	return v.scalar
}

// expanded is a list as it answers a rule: each item with its end (0: never)
// in the order of the items, the latest end of an item that is in twice.
func (b *Baseline) expanded(p Param) map[string]any {
	x, _ := b.Expand(p.Name)
	ends := make(map[string]int64, len(x.Items))
	for _, it := range x.Items {
		end, again := ends[it.Value]
		if !again || it.Until == 0 || end != 0 && it.Until > end {
			ends[it.Value] = it.Until
		}
	}
	items := make([]any, 0, len(ends))
	for _, name := range slices.Sorted(maps.Keys(ends)) {
		items = append(items, []any{name, float64(ends[name])})
	}
	return map[string]any{"items": items, "unread": x.Unread, "field": x.FromField}
}

func texts(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}
