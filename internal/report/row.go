package report

import "strings"

// Row is one row of the guide, what covers it, and whether that works in a
// tenant or on an input.
type Row struct {
	Row      string  `json:"row"` // G01 …
	ID       string  `json:"id"`
	Severity string  `json:"severity"` // as the guide has it
	Log      string  `json:"log"`
	Licence  string  `json:"licence"`
	State    string  `json:"state"` // the best of By; RowMissing where there is none
	Why      string  `json:"why,omitempty"`
	By       []Means `json:"by"`
}

// Means is one rule or check that covers a row.
type Means struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // rule or check
	Data string `json:"data"` // the logs that a rule reads; whom a check looks at
	// Records is how many records of those logs there were, or how many
	// accounts a check judged. Found is how many alerts or findings came of them.
	// Both are 0 where nothing was looked at; State says so.
	Records int    `json:"records"`
	Found   int    `json:"found"`
	State   string `json:"state"`
	Why     string `json:"why,omitempty"`
}

// The states of a row and of what covers it, the best first.
const (
	RowLive         = "live"          // it looked at data, and could decide
	RowReady        = "ready"         // it would, but neither logs nor a directory were given
	RowMuted        = "muted"         // an exception silences it as a whole
	RowBlind        = "blind"         // there is data, which lacks what it needs
	RowAsleep       = "asleep"        // a list of the baseline is empty
	RowNoPermission = "no_permission" // the service refused what it reads
	RowNoLicence    = "no_licence"    // the tenant has not got what it reads
	RowNoData       = "no_data"       // what it reads was not given
	RowMissing      = "missing"       // nothing covers the row
)

// RowStates lists the states in their fixed order, the best first.
func RowStates() []string {
	return []string{RowLive, RowReady, RowMuted, RowBlind, RowAsleep, RowNoPermission, RowNoLicence, RowNoData, RowMissing}
}

// Names lists what covers the row.
func (r *Row) Names() string {
	names := make([]string, len(r.By))
	for i := range r.By {
		names[i] = r.By[i].Name
	}
	return strings.Join(names, ", ")
}

// Settle gives the row the best state of what covers it, and says of what else
// covers it why it is no better.
func (r *Row) Settle() {
	r.State, r.Why = RowMissing, ""
	for _, state := range RowStates() {
		for i := range r.By {
			if r.By[i].State == state && r.State == RowMissing {
				r.State = state
			}
		}
	}
	var why []string
	for i := range r.By {
		m := &r.By[i]
		switch {
		case m.Why == "":
		case len(r.By) == 1:
			why = append(why, m.Why)
		default:
			why = append(why, m.Name+": "+m.Why)
		}
	}
	r.Why = strings.Join(why, "; ")
}
