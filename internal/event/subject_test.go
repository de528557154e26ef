package event_test

import (
	"testing"

	"vakt/internal/event"
)

func graphTargets(targets string) string {
	return `{"id":"Directory_1","category":"x","correlationId":"77d0bfbc-42a9-49ee-a729-c894538c0140","result":"success","activityDisplayName":"x","activityDateTime":"2026-03-03T08:00:00Z","loggedByService":"Core Directory","initiatedBy":{"user":{"id":"3cd9f413-823a-4487-a181-aa4fd3b153da"}},"targetResources":[` + targets + `]}`
}

func TestSubject(t *testing.T) {
	const (
		user  = `{"id":"77D0BFBC-42a9-49ee-a729-c894538c014b","type":"User"}`
		named = `{"type":"User","userPrincipalName":"Ann@contoso.com"}`
		app   = `{"id":"2e5c2fd0-cca4-452c-9891-a07c0dafd964","type":"ServicePrincipal"}`
		role  = `{"id":"38bf5baf-7ec7-4bc2-8920-6d4044da12c2","type":"Role"}`
		group = `{"id":"5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e","type":"Group"}`
		given = `{"id":"8429eb5c-faeb-4ade-8eac-acc003790769","type":"ServicePrincipal","modifiedProperties":[{"displayName":"ServicePrincipal.ObjectID","newValue":"\"2E5C2FD0-cca4-452c-9891-a07c0dafd964\""}]}`
	)
	for targets, want := range map[string]string{
		role + "," + user: "77d0bfbc-42a9-49ee-a729-c894538c014b", named: "ann@contoso.com",
		role + "," + app: "2e5c2fd0-cca4-452c-9891-a07c0dafd964", role + "," + group: "5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e",
		given: "2e5c2fd0-cca4-452c-9891-a07c0dafd964", given + "," + user: "77d0bfbc-42a9-49ee-a729-c894538c014b",
		role: "38bf5baf-7ec7-4bc2-8920-6d4044da12c2", `{"displayName":"Defaults","type":"Policy"}`: "defaults", "": "(none)",
	} {
		if got := show(t, event.Audit, graphTargets(targets), "vakt.subject"); got != want {
			t.Errorf("%s: %q, want %q", targets, got, want)
		}
	}
	if got := show(t, event.Audit, graphTargets(group+","+user), "vakt.targetGroup"); got != "5b0c7d1e-2f3a-4b4c-8d5e-6f7a8b9c0d1e" {
		t.Errorf("vakt.targetGroup: %q", got)
	}
}

func TestModifiedAdded(t *testing.T) {
	for change, want := range map[string]string{
		`"oldValue":"[\"a\"]","newValue":"[\"a\",\"b\"]"`:       "b",
		`"oldValue":"[\"a\",\"b\"]","newValue":"[\"b\",\"a\"]"`: "(none)",
		`"oldValue":"[\"a\",\"b\"]","newValue":"[\"a\"]"`:       "(none)",
		`"oldValue":null,"newValue":"[\"a\"]"`:                  "a",
		`"oldValue":"[]","newValue":"\"a\""`:                    "a",
		`"oldValue":"[\"a\"]","newValue":""`:                    "(none)",
	} {
		raw := graphTargets(`{"id":"77d0bfbc-42a9-49ee-a729-c894538c014b","type":"Application","modifiedProperties":[{"displayName":"Key",` + change + `}]}`)
		if got := show(t, event.Audit, raw, "modified.Key.added"); got != want {
			t.Errorf("%s: %q, want %q", change, got, want)
		}
	}
}

func TestBlockingPolicies(t *testing.T) {
	const id = "0c757ad5-c7f4-4469-a19b-83aa986172dc"
	for policies, want := range map[string]string{
		`[{"id":"0C757AD5-c7f4-4469-a19b-83aa986172dc","result":"failure"},{"id":"x","result":"notApplied"}]`: id,
		`[{"id":"` + id + `","result":"reportOnlyFailure"}]`:                                                  "(none)",
		`[]`: "(none)", `null`: "(none)", `[{"id":null,"result":"failure"},3]`: "(none)",
	} {
		raw := `{"id":"1","createdDateTime":"2026-03-03T08:00:00Z","userId":"77d0bfbc-42a9-49ee-a729-c894538c014b","userPrincipalName":"a@contoso.com","appId":"x","authenticationRequirement":"x","status":{"errorCode":53003},"appliedConditionalAccessPolicies":` + policies + `}`
		if got := show(t, event.SignIn, raw, "vakt.blockingPolicies"); got != want {
			t.Errorf("%s: %q, want %q", policies, got, want)
		}
	}
}
