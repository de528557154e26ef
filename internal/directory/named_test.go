package directory_test

import (
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/directory"
)

func loaded(t *testing.T, files map[string]string) *directory.Snapshot {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := directory.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const threeUsers = `[{"id":"A","userPrincipalName":"adm_ann@contoso.com"},{"id":"B","userPrincipalName":"bo@contoso.com"},{"id":"C","userPrincipalName":"ADM_carin@contoso.com"}]`

func TestNamedOtherwise(t *testing.T) {
	pattern := regexp.MustCompile(`^adm_`)
	got, ok := loaded(t, map[string]string{"users.json": threeUsers}).NamedOtherwise(pattern)
	if d := cmp.Diff([]string{"b", "c"}, got); d != "" || !ok {
		t.Errorf("known %v:\n%s", ok, d)
	}
	if got, _ := loaded(t, map[string]string{"users.json": threeUsers}).NamedOtherwise(pattern, "BO@contoso.com", "C"); len(got) > 0 {
		t.Errorf("excepted ones are there: %q", got)
	}
	part := map[string]string{"users.json": threeUsers, "manifest.json": `{"tenant":"t","taken":"2026-03-03T00:00:00Z","parts":{"users.json":{"state":"partial","why":"broke off"}}}`}
	if got, ok := loaded(t, part).NamedOtherwise(pattern); ok {
		t.Errorf("a list that broke off says %q", got)
	}
}

func TestLicensed(t *testing.T) {
	sku := func(status, plan string) map[string]string {
		return map[string]string{"users.json": threeUsers, "subscribedSkus.json": `[{"skuId":"x","skuPartNumber":"X","capabilityStatus":"` + status + `","prepaidUnits":{"enabled":1},"servicePlans":[{"servicePlanId":"` + plan + `","servicePlanName":"Y"}]}]`}
	}
	f := func(files map[string]string, level string, want directory.Fact[bool]) {
		t.Helper()
		got := loaded(t, files).Licensed(level)
		if got.Known != want.Known || got.Value != want.Value {
			t.Errorf("%s: %+v, want %+v", level, got, want)
		}
	}
	const p1, p2 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "EEC0EB4F-6444-4F95-ABA0-50C24D67F998"
	f(sku("Enabled", p1), "P1", directory.Known(true))
	f(sku("Enabled", p1), "P2", directory.Known(false))
	f(sku("Warning", p2), "P1", directory.Known(true))
	f(sku("Warning", p2), "P2", directory.Known(true))
	f(sku("Suspended", p2), "P2", directory.Known(false))
	f(map[string]string{"users.json": threeUsers}, "P1", directory.Unknown[bool](""))
}

func TestRefused(t *testing.T) {
	f := func(p directory.PartState, name string, want bool) {
		t.Helper()
		if got, refused := p.Refused(); got != name || refused != want {
			t.Errorf("%+v: %q, %v", p, got, refused)
		}
	}
	f(directory.PartState{State: directory.StateAbsent, Why: "no permission User.Read.All"}, "User.Read.All", true)
	f(directory.PartState{State: directory.StatePartial, Why: "not permitted"}, "", true)
	f(directory.PartState{State: directory.StateAbsent, Why: "the tenant has no Entra ID P1"}, "", false)
	f(directory.PartState{State: directory.StateAbsent}, "", false)
}
