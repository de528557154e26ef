package directory

import (
	"slices"
	"strings"
)

// What stands in PartState.Why where the service refused a part for want of a
// permission.
const (
	notPermitted = "not permitted"
	noPermission = "no permission "
)

// Refused tells whether a part was refused for want of a permission, or
// Exchange role, and names it where that is known.
func (p PartState) Refused() (permission string, refused bool) {
	permission, named := strings.CutPrefix(p.Why, noPermission)
	if !named {
		return "", p.State != StateComplete && p.Why == notPermitted
	}
	return permission, p.State != StateComplete
}

// Service plans that carry Entra ID P1 and P2 (AAD_PREMIUM, AAD_PREMIUM_P2).
// https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
var premiumPlans = map[string][]string{
	"P1": {"41781fb2-bc02-4b7c-bd55-b576c07bb09d", "eec0eb4f-6444-4f95-aba0-50c24d67f998"},
	"P2": {"eec0eb4f-6444-4f95-aba0-50c24d67f998"},
}

// Licensed tells whether the tenant owns Entra ID P1 or P2 ("P1", "P2"). It is
// unknown where its products were not read.
func (s *Snapshot) Licensed(level string) Fact[bool] {
	if !s.SKUs.Known {
		return Unknown[bool](s.SKUs.Why)
	}
	for _, sku := range s.SKUs.Value {
		alive := strings.EqualFold(sku.Status, "Enabled") || strings.EqualFold(sku.Status, "Warning")
		if alive && slices.ContainsFunc(sku.Plans, func(p Plan) bool { return slices.Contains(premiumPlans[level], strings.ToLower(p.ID)) }) {
			return Known(true)
		}
	}
	return Known(false)
}
