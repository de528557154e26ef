package event_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/event"
)

// steppedSignIn has fields that are lists and objects.
const steppedSignIn = `{"id":"1","createdDateTime":"2026-03-02T10:00:00Z","userPrincipalName":"ann@contoso.com","appId":"b","ipAddress":"192.0.2.1","authenticationDetails":[{"authenticationMethod":"Password","succeeded":true,"x":" a  \" b "},{"a":[1,{}]}],` +
	`"appliedConditionalAccessPolicies":[{"id":"p","result":"failure"}],"networkLocationDetails":[{"networkType":"trustedNamedLocation","networkNames":["a b"]}],"status":{"errorCode":0}}`

// TestBlanksChangeNothing: a record that somebody has indented says the same,
// of every field.
func TestBlanksChangeNothing(t *testing.T) {
	layout, fields := every(t)
	for _, text := range []string{
		steppedSignIn, graphSignIn, monitorSignIn, rowSignIn, graphAudit, unifiedAudit, restActivity, monitorActivity, rowActivity(), mailRule,
	} {
		var indented bytes.Buffer
		if err := json.Indent(&indented, []byte(text), "", "\t"); err != nil {
			t.Fatal(err)
		}
		var small, large event.Record
		for r, raw := range map[*event.Record][]byte{&small: []byte(text), &large: indented.Bytes()} {
			if err := layout.Read(raw, r); err != nil {
				t.Fatal(err)
			}
		}
		var filled int
		for range 2 { // what other fields follow from may be asked for before and after
			for _, f := range fields {
				a, b := small.Field(f), large.Field(f)
				if filled += len(a.List); cmp.Diff(a, b) != "" {
					t.Errorf("%.60s: field %d: %s", text, f, cmp.Diff(a, b))
				}
			}
		}
		if filled == 0 {
			t.Errorf("%.60s: no field has a value", text)
		}
	}
}
