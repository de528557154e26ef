package rig

import "net/http"

// Service plans that open the paid interfaces: the page "Product names and
// service plan identifiers for licensing".
const (
	planP1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d" // AAD_PREMIUM
	planP2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998" // AAD_PREMIUM_P2
)

// licence names what a route needs besides permissions.
type licence string

const (
	free      licence = ""
	premium   licence = "P1 or P2"
	premiumP2 licence = "P2"
)

// licensed answers a request for which the tenant lacks the licence, nil if
// it has it.
func (c *call) licensed() *answer {
	switch {
	case c.route.licence == free || c.s.licensed(c.route.licence):
		return nil
	case c.route.class == classPIM:
		return graphError(http.StatusBadRequest, "AadPremiumLicenseRequired",
			"The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.")
	case c.route.class == classProtection:
		return graphError(http.StatusForbidden, "Forbidden", "Your tenant is not licensed for this feature.")
	}
	return notPremium()
}

// notPremium is what reports answer in a tenant without P1.
func notPremium() *answer {
	return graphError(http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
		"Neither tenant is B2C or tenant doesn't have premium license")
}

// licensed tells whether the tenant has a licence. Where nobody knows its
// subscriptions, what it holds is taken to be licensed.
func (s *Server) licensed(l licence) bool {
	if state, _ := s.state.PartState(SKUs); state != Complete {
		return true
	}
	return s.state.HasPlan(planP2) || l == premium && s.state.HasPlan(planP1)
}
