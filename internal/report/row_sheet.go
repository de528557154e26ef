package report

import "strconv"

// rowSheet has a line for each rule and check that covers a row of the guide,
// and one for a row that nothing covers.
func (r *Report) rowSheet(v voice) sheet {
	s := sheet{id: "rows", name: v.Say("sheet.rows"),
		Head: v.head("row", "id", "severity", "state", "by", "kind", "data", "records", "found", "licence", "why")}
	for i := range r.Rows {
		row := &r.Rows[i]
		if len(row.By) == 0 {
			s.Rows = append(s.Rows, []string{row.Row, row.ID, row.Severity, v.Say("row." + row.State), "", "", row.Log, "", "", row.Licence, ""})
		}
		for j := range row.By {
			m := &row.By[j]
			s.Rows = append(s.Rows, []string{row.Row, row.ID, row.Severity, v.Say("row." + m.State), m.Name, v.Say("means." + m.Kind), m.Data,
				looked(m, m.Records), looked(m, m.Found), row.Licence, v.sentence(m.Why)})
		}
	}
	return s
}

// looked is a number of things that were looked at; nothing where nothing
// was, which is not the same as none.
func looked(m *Means, n int) string {
	if m.State != RowLive {
		return ""
	}
	return strconv.Itoa(n)
}

func (r *Report) effectSheet(v voice) sheet {
	s := sheet{id: "ca_effect", name: v.Say("sheet.ca_effect"), Head: v.head("period", "name", "policy", "result", "device", "sign_ins", "accounts")}
	if r.Effect == nil {
		return s
	}
	for _, e := range r.Effect.Rows {
		accounts := ""
		if Stops(e.Result) {
			accounts = strconv.Itoa(e.Accounts)
		}
		s.Rows = append(s.Rows, []string{e.Period, e.Name, e.Policy, e.Result, v.Say("device." + e.Device), strconv.Itoa(e.SignIns), accounts})
	}
	return s
}

// effectWords says over what the effect of policies was counted; nothing where
// there were no sign-ins.
func (r *Report) effectWords(v voice) string {
	if r.Effect == nil || r.Effect.SignIns+r.Effect.Unknown == 0 {
		return ""
	}
	words := v.Say("effect.words") + " " + v.Count("effect.counted", r.Effect.SignIns)
	if r.Effect.Unknown > 0 {
		words += " " + v.Count("effect.unknown", r.Effect.Unknown)
	}
	return words
}

// scope is something that is left alone on purpose.
type scope struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// scopes are what the guide's neighbourhood holds and Vakt does not look at.
var scopes = []scope{
	{"workload_identity", "risk of service principals needs Workload Identities Premium, and the guide is about accounts of people"},
	{"cloud_apps", "Defender for Cloud Apps has an API and a licence of its own; what Entra ID Protection passes on of it is read"},
}

func (r *Report) scopeSheet(v voice) sheet {
	s := sheet{id: "scope", name: v.Say("sheet.scope"), Head: v.head("name", "why")}
	for _, x := range scopes {
		s.Rows = append(s.Rows, []string{v.Say("scope." + x.ID), v.Say("scope." + x.ID + ".why")})
	}
	return s
}
