package baseline

import (
	"maps"
	"strings"

	"go.yaml.in/yaml/v4"
)

// muteKey is the key of a change that lists what is to be muted. A baseline
// itself has none: muting is for alerts that were looked at.
const muteKey = "mute"

// Change is what somebody thinks of changing: parameters of the baseline, and
// alerts that are to be muted.
type Change struct {
	Baseline   *Baseline // with the change
	Parameters []string  // that it sets, in the order of Params
	Mutes      []Mute
}

// Mute silences the alerts of a rule, or those of it that name an entity.
type Mute struct {
	Rule   string // its name; "" is any
	Entity string // id or name of an account, address, application …, in lower case; "" is any
	Until  int64  // seconds since 1970, exclusive; 0: for ever
	Note   string
}

// Holds says whether alerts of a rule that name entities, by lower-case ids
// and names, are muted at a time.
func (m *Mute) Holds(rule string, entities []string, at int64) bool {
	if m.Rule != "" && m.Rule != rule || m.Until != 0 && at >= m.Until {
		return false
	}
	if m.Entity == "" {
		return true
	}
	for _, e := range entities {
		if e == m.Entity {
			return true
		}
	}
	return false
}

// WithChange reads a change: a baseline file whose parameters replace those of
// b, with a list under "mute" beside them. It is as strict as Parse; with
// problems the change is nil.
func (b *Baseline) WithChange(file string, data []byte) (*Change, []Problem) {
	c := &Change{}
	d := decoder{file: file, mutes: &c.Mutes}
	declared := d.decode(data)
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	if len(declared) == 0 && len(c.Mutes) == 0 {
		return nil, []Problem{{File: file, Message: "the change is empty: write a parameter of the baseline, or mute: [{rule: NAME}]"}}
	}
	changed := *b
	changed.values = maps.Clone(b.values)
	for name, v := range declared {
		v.declared = true
		changed.values[name] = v
	}
	if d.learned != "" {
		changed.learnedFile, changed.learned = d.learned, nil
	}
	for _, p := range table {
		if _, ok := declared[p.Name]; ok {
			c.Parameters = append(c.Parameters, p.Name)
		}
	}
	c.Baseline = &changed
	return c, nil
}

// muteKeys are the keys of an item of the list of mutes.
var muteKeys = []string{"rule", "entity", "until", "note"}

// muted reads the list of mutes.
func (d *decoder) muted(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n.Line, "%s: want a list such as [{rule: password-spray, entity: 203.0.113.9}], found %s", muteKey, found(n))
		return
	}
	for _, node := range n.Content {
		if node.Kind != yaml.MappingNode {
			d.fail(node.Line, "%s: want {rule: NAME, entity: ID}, found %s", muteKey, found(node))
			continue
		}
		var m Mute
		d.entries(node, muteKey, func(key, val *yaml.Node) {
			switch key.Value {
			case "rule":
				m.Rule = d.note(Param{Name: muteKey}, val)
			case "entity":
				m.Entity = strings.ToLower(d.note(Param{Name: muteKey}, val))
			case "note":
				m.Note = d.note(Param{Name: muteKey}, val)
			case "until":
				m.Until = d.until(Param{Name: muteKey}, val)
			default:
				d.fail(key.Line, "%s: unknown key %q: %s", muteKey, key.Value, meant(key.Value, muteKeys))
			}
		})
		if m.Rule == "" && m.Entity == "" {
			d.fail(node.Line, "%s: an item without rule and entity would mute everything: name one of them", muteKey)
			continue
		}
		*d.mutes = append(*d.mutes, m)
	}
}
