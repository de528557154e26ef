package directory

import (
	"slices"
	"strings"
)

// roomSKUs are the licences of Teams Rooms and shared Teams devices, by skuId.
// https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
var roomSKUs = map[string]string{
	"6af4b3d6-14bb-4a2a-960c-6c902aad34f3": "Microsoft_Teams_Rooms_Basic",
	"a4e376bd-c61e-4618-9901-3fc0cb1b88bb": "Microsoft_Teams_Rooms_Basic_FAC",
	"50509a35-f0bd-4c5e-89ac-22f0e16a00f8": "Microsoft_Teams_Rooms_Basic_without_Audio_Conferencing",
	"4cde982a-ede4-4409-9ae6-b003453c8ea6": "Microsoft_Teams_Rooms_Pro",
	"c25e2b36-e161-4946-bef2-69239729f690": "Microsoft_Teams_Rooms_Pro_FAC",
	"31ecb341-2a17-483e-9140-c473006d1e1a": "Microsoft_Teams_Rooms_Pro_GCC",
	"21943e3a-2429-4f83-84c1-02735cd49e78": "Microsoft_Teams_Rooms_Pro_without_Audio_Conferencing",
	"6070a4c8-34c6-4937-8dfb-39bbc6397a60": "MEETING_ROOM",
	"9571e9ac-2741-4b63-95fd-a79696f0d0ac": "MEETING_ROOM_GOV",
	"b4348f75-a776-4061-ac6c-36b9016b01d1": "MEETING_ROOM_GOV_NOAUDIOCONF",
	"61bec411-e46a-4dab-8f46-8b58ec845ffe": "MEETING_ROOM_NOAUDIOCONF",
	"4fb214cb-a430-4a91-9c91-4976763aa78f": "MTR_PREM",
	"295a8eb0-f78d-45c7-8b5b-1eed5ed02dff": "MCOCAP",
	"420c7602-7f70-4895-9394-d3d679ea36fb": "MCOCAP_FACULTY",
	"b1511558-69bd-4e1b-8270-59ca96dba0f3": "MCOCAP_GOV",
}

// roomPlans are the service plans in them, for licences that are not in the
// table.
var roomPlans = []string{
	"c8529366-cffd-4415-ab8f-be0144a33ab1", // Teams_Rooms_Basic
	"0374d34c-6be4-4dbb-b3f0-26105db0b28a", // Teams_Rooms_Pro
	"92c6b761-01de-457a-9dd9-793a975238f7", // Teams_Room_Standard
	"ecc74eae-eeb7-4ad5-9c88-e8b2bfca75b8", // MTRProManagement
}

// RoomLicence names the Teams Rooms or shared-device licence that the account
// holds; empty where it holds none.
func (a *Account) RoomLicence() Fact[string] {
	for _, l := range a.Licences.Value {
		name, isRoom := roomSKUs[l.SKU]
		if isRoom || slices.ContainsFunc(l.Plans, func(p Plan) bool { return slices.Contains(roomPlans, p.ID) }) {
			return Known(firstOf(l.Part, name, l.SKU))
		}
	}
	return Fact[string]{Known: a.Licences.Known, Why: a.Licences.Why}
}

// TeamsRoom is true where the account signs in a Teams Rooms system: such a
// licence, and a room mailbox. A licence alone may have been left on any
// account.
func (a *Account) TeamsRoom() Fact[bool] {
	licence := a.RoomLicence()
	switch {
	case a.Kind.Known && a.Kind.Value != KindRoom:
		return Known(false)
	case licence.Known && licence.Value == "":
		return Known(false)
	case !a.Kind.Known:
		return Unknown[bool](a.Kind.Why)
	case !licence.Known:
		return Unknown[bool](licence.Why)
	}
	return Known(true)
}

// HasPlan tells whether a licence of the tenant that is in force holds a
// service plan, such as AAD_PREMIUM_P2, given by name or id.
func (s *Snapshot) HasPlan(plan string) Fact[bool] {
	for _, sku := range s.SKUs.Value {
		inForce := !strings.EqualFold(sku.Status, "Suspended") && !strings.EqualFold(sku.Status, "LockedOut") && !strings.EqualFold(sku.Status, "Deleted")
		if inForce && slices.ContainsFunc(sku.Plans, func(p Plan) bool { return strings.EqualFold(p.Name, plan) || strings.EqualFold(p.ID, plan) }) {
			return Known(true)
		}
	}
	return Fact[bool]{Known: s.SKUs.Known, Why: s.SKUs.Why}
}
