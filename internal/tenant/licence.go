package tenant

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Licence is a level of Entra ID that a feature of the service needs. ""
// means none.
type Licence string

// Licences of Entra ID. P2 holds everything that P1 does.
const (
	P1 Licence = "P1"
	P2 Licence = "P2"
)

// Title is the licence as a person knows it.
func (l Licence) Title() string {
	if l == "" {
		return "licence"
	}
	return "Entra ID " + string(l)
}

// Service plans that carry the licences: AAD_PREMIUM and AAD_PREMIUM_P2 of
// Microsoft's list of product names. They are found in many products, so the
// product's own name says nothing.
const (
	planP1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
	planP2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
)

// Licences are what a tenant owns, as far as it changes what can be read.
type Licences struct {
	P1, P2   bool     // P2 implies P1
	Products []string // skuPartNumber of the products in force, sorted
}

// Has says whether the tenant owns the licence. Every tenant owns "".
func (l Licences) Has(want Licence) bool {
	switch want {
	case P1:
		return l.P1
	case P2:
		return l.P2
	}
	return true
}

// sku is a subscribedSku of Graph.
type sku struct {
	CapabilityStatus string `json:"capabilityStatus"`
	SkuPartNumber    string `json:"skuPartNumber"`
	PrepaidUnits     *struct {
		Enabled int `json:"enabled"`
		Warning int `json:"warning"`
	} `json:"prepaidUnits"`
	ServicePlans []struct {
		ServicePlanID      string `json:"servicePlanId"`
		ProvisioningStatus string `json:"provisioningStatus"`
	} `json:"servicePlans"`
}

// ReadLicences reads the objects of GET /subscribedSkus. A product counts
// while it is paid for or in its grace period; one that was suspended or that
// has no unit left hides what it used to show.
func ReadLicences(skus []json.RawMessage) (Licences, error) {
	var l Licences
	for i, raw := range skus {
		var s sku
		if err := json.Unmarshal(raw, &s); err != nil {
			return Licences{}, fmt.Errorf("read subscribed product %d: %w", i+1, err)
		}
		if !s.inForce() {
			continue
		}
		l.Products = append(l.Products, s.SkuPartNumber)
		l.P1 = l.P1 || s.has(planP1)
		l.P2 = l.P2 || s.has(planP2)
	}
	l.P1 = l.P1 || l.P2
	slices.Sort(l.Products)
	l.Products = slices.Compact(l.Products)
	return l, nil
}

func (s sku) inForce() bool {
	alive := strings.EqualFold(s.CapabilityStatus, "Enabled") || strings.EqualFold(s.CapabilityStatus, "Warning")
	return alive && (s.PrepaidUnits == nil || s.PrepaidUnits.Enabled+s.PrepaidUnits.Warning > 0)
}

func (s sku) has(plan string) bool {
	for _, p := range s.ServicePlans {
		if strings.EqualFold(p.ServicePlanID, plan) && !strings.EqualFold(p.ProvisioningStatus, "Disabled") {
			return true
		}
	}
	return false
}

// A Gap is what a missing licence or permission hides, and what can stand in.
type Gap struct {
	Feature Capability
	Licence Licence
	Hides   string
	Instead string
}

// Gaps lists what the features cannot see in a tenant with these licences.
func (l Licences) Gaps(features []Capability) []Gap {
	var out []Gap
	for _, f := range featuresOf(features) {
		if !l.Has(f.Licence) {
			out = append(out, Gap{f.ID, f.Licence, f.Hides, f.Instead})
		}
	}
	return out
}
