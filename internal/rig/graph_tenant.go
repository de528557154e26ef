package rig

import (
	"iter"
	"maps"
	"net/http"
	"slices"
)

func policyRoutes() []route {
	policies := "GET /identity/conditionalaccess/policies"
	return []route{
		list("/identity/conditionalAccess/policies", "conditionalAccessPolicy", ConditionalAccess, classProtection, 100, 999),
		single("/identity/conditionalAccess/policies/{id}", "conditionalAccessPolicy", ConditionalAccess, classProtection, (*call).getPart).as(policies),
		list("/identity/conditionalAccess/namedLocations", "namedLocation", NamedLocations, classProtection, 100, 999),
		single("/policies/"+SecurityDefaults, SecurityDefaults, Policies, classDirectory, (*call).getPolicy),
		single("/policies/"+AuthorizationPolicy, AuthorizationPolicy, Policies, classDirectory, (*call).getPolicy),
		single("/policies/"+AuthenticationMethods, AuthenticationMethods, Policies, classDirectory, (*call).getPolicy),
	}
}

// getPolicy answers a policy of which a tenant has one. It is kept under the
// last part of its path.
func (c *call) getPolicy() *answer {
	name := c.route.segments[len(c.route.segments)-1]
	o, ok := c.view.Get(Policies, name)
	if !ok {
		return notFound(name)
	}
	return c.object(o)
}

func tenantRoutes() []route {
	return []route{
		list("/subscribedSkus", "subscribedSku", SKUs, classDirectory, 999, 999),
		list("/domains", "domain", Domains, classDirectory, 999, 999),
		single("/domains/{id}", "domain", Domains, classDirectory, (*call).getPart).as("GET /domains"),
		list("/organization", "organization", Organization, classDirectory, 100, 999),
		list("/servicePrincipals", "servicePrincipal", "", classDirectory, 100, 999).by((*call).listPrincipals),
		single("/servicePrincipals/{id}", "servicePrincipal", "", classDirectory, (*call).getPrincipal),
		list("/servicePrincipals/{id}/appRoleAssignments", "appRoleAssignment", "", classDirectory, 100, 999).by((*call).appRoleAssignments),
		single("/$metadata", "-", "", classDirectory, (*call).metadata).as("-"),
	}
}

// metadata answers the schema in XML.
func (c *call) metadata() *answer {
	a := rawAnswer(http.StatusOK, metadataV1)
	if c.version == "beta" {
		a.body = metadataBeta
	}
	a.header.Set("Content-Type", "application/xml")
	return a
}

// graphPrincipal is the object id of Microsoft Graph's own service principal.
const (
	graphPrincipal = "a0000000-0000-4000-8000-000000000003"
	graphApp       = "00000003-0000-0000-c000-000000000000"
)

// principals goes through the service principals: Graph's own, those of the
// registered applications, and those that the tenant holds.
func (c *call) principals() iter.Seq[Object] {
	return func(yield func(Object) bool) {
		seen := []string{graphPrincipal}
		if !yield(c.s.graphPrincipal()) {
			return
		}
		for _, a := range c.s.apps {
			seen = append(seen, a.ObjectID)
			if !yield(a.object()) {
				return
			}
		}
		for _, o := range c.view.All(ServicePrincipals) {
			if !slices.Contains(seen, o.Text("id")) && !yield(o) {
				return
			}
		}
	}
}

func (a App) object() Object {
	return made(func(w *writer) {
		w.str("id", a.ObjectID)
		w.str("appId", a.ClientID)
		w.str("displayName", a.Name)
		w.bit("accountEnabled", true)
		w.str("servicePrincipalType", "Application")
		w.raw("appRoles", "[]")
	})
}

// graphPrincipal is Graph itself, whose appRoles tell the ids of permissions.
func (s *Server) graphPrincipal() Object {
	ids := readPermissionMap().IDs
	return made(func(w *writer) {
		w.str("id", graphPrincipal)
		w.str("appId", graphApp)
		w.str("displayName", "Microsoft Graph")
		w.bit("accountEnabled", true)
		w.str("servicePrincipalType", "Application")
		w.list("appRoles", func() {
			for _, name := range slices.Sorted(maps.Keys(ids)) {
				if ids[name].App == "" {
					continue
				}
				w.item(func() {
					w.raw("allowedMemberTypes", `["Application"]`)
					w.str("displayName", name)
					w.str("id", ids[name].App)
					w.bit("isEnabled", true)
					w.str("value", name)
				})
			}
		})
	})
}

func (c *call) listPrincipals() *answer {
	return c.listOf(inSlice(slices.Collect(c.principals())), nil)
}

// findPrincipal finds a service principal by its object id, or by appId=….
func (c *call) findPrincipal(key string) (Object, bool) {
	for o := range c.principals() {
		if o.Text("id") == key || "appId="+o.Text("appId") == key {
			return o, true
		}
	}
	return nil, false
}

func (c *call) getPrincipal() *answer {
	o, ok := c.findPrincipal(c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	return c.object(o)
}

// appRoleAssignments lists the application permissions that were granted.
func (c *call) appRoleAssignments() *answer {
	o, ok := c.findPrincipal(c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	ids := readPermissionMap().IDs
	var all []Object
	for _, app := range c.s.apps {
		if app.ObjectID != o.Text("id") {
			continue
		}
		for i, role := range app.Roles {
			all = append(all, made(func(w *writer) {
				w.str("id", uuidOf(c.s.o.Seed, useRequest, uint64(i)))
				w.str("appRoleId", ids[role].App)
				w.str("principalDisplayName", app.Name)
				w.str("principalId", app.ObjectID)
				w.str("principalType", "ServicePrincipal")
				w.str("resourceDisplayName", "Microsoft Graph")
				w.str("resourceId", graphPrincipal)
			}))
		}
	}
	return c.listOf(inSlice(all), nil)
}

// listFrom goes through a part from a place on.
func (c *call) listFrom(part string) func(int) iter.Seq2[int, Object] {
	return func(place int) iter.Seq2[int, Object] { return c.view.From(part, place) }
}
