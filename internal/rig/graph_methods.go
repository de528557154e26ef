package rig

import (
	"net/http"
	"slices"
	"strings"
)

// methodPaths are the path segments under which a kind of method is deleted:
// the page "authenticationMethod resource type".
var methodPaths = map[string]string{
	"phoneMethods": "phoneAuthenticationMethod", "microsoftAuthenticatorMethods": "microsoftAuthenticatorAuthenticationMethod",
	"softwareOathMethods": "softwareOathAuthenticationMethod", "fido2Methods": "fido2AuthenticationMethod",
	"windowsHelloForBusinessMethods": "windowsHelloForBusinessAuthenticationMethod",
	"platformCredentialMethods":      "platformCredentialAuthenticationMethod",
	"emailMethods":                   "emailAuthenticationMethod", "temporaryAccessPassMethods": "temporaryAccessPassAuthenticationMethod",
}

func methodRoutes() []route {
	const base = "/users/{id}/authentication"
	all := []route{
		list(base+"/methods", "authenticationMethod", Methods, classMethods, 999, 999).by((*call).listMethods),
		single(base+"/requirements", "strongAuthenticationRequirements", Users, classMethods, (*call).requirements).inBeta(),
		write(http.MethodPatch, base+"/requirements", "-", Users, classMethods, (*call).setRequirements).inBeta(),
	}
	for segment := range methodPaths {
		all = append(all, write(http.MethodDelete, base+"/"+segment+"/{id}", "-", Methods, classMethods, (*call).deleteMethod))
	}
	return all
}

// methods are the authentication methods of the user in the path.
func (c *call) methods() (list []Object, user Object, bad *answer) {
	user, ok := c.view.Get(Users, c.id(0))
	if !ok {
		return nil, nil, graphError(http.StatusNotFound, "ResourceNotFound", "The user could not be found.")
	}
	body, _ := c.view.Get(Methods, user.Text("id"))
	return Elements(body), user, nil
}

func (c *call) listMethods() *answer {
	methods, _, bad := c.methods()
	if bad != nil {
		return bad
	}
	return c.listOf(inSlice(methods), nil)
}

func (c *call) deleteMethod() *answer {
	methods, user, bad := c.methods()
	if bad != nil {
		return c.turnedDown(bad, nil)
	}
	segment := c.route.segments[3]
	at := slices.IndexFunc(methods, func(m Object) bool {
		return m.Text("id") == c.id(1) && strings.HasSuffix(m.Text("@odata.type"), "."+methodPaths[segment])
	})
	switch {
	case at < 0:
		return c.turnedDown(graphError(http.StatusNotFound, "ResourceNotFound", "The method could not be found."), user)
	case !c.outranks(user.Text("id"), false):
		return c.turnedDown(graphError(http.StatusForbidden, "accessDenied", "Request Authorization failed"), user)
	case c.isDefault(user, methods, segment):
		return c.turnedDown(graphError(http.StatusBadRequest, "badRequest", "The default method of a user cannot be deleted while there are others."), user)
	}
	if bad := c.setOwned(Methods, user.Text("id"), slices.Delete(slices.Clone(methods), at, at+1)); bad != nil {
		return bad
	}
	return noContent()
}

// defaults tells by which kind of method each default of the registration
// report is served.
var defaults = map[string]string{
	"push": "microsoftAuthenticatorMethods", "sms": "phoneMethods", "voiceMobile": "phoneMethods", "voiceOffice": "phoneMethods",
	"voiceAlternateMobile": "phoneMethods", "oath": "softwareOathMethods",
}

// isDefault tells whether methods of this kind are the user's default while
// there are others besides the password.
func (c *call) isDefault(user Object, methods []Object, segment string) bool {
	row, ok := c.s.state.Primary().Get(Registrations, user.Text("id"))
	if !ok || defaults[row.Text("userPreferredMethodForSecondaryAuthentication")] != segment {
		return false
	}
	return slices.ContainsFunc(methods, func(m Object) bool {
		kind := strings.TrimPrefix(m.Text("@odata.type"), "#microsoft.graph.")
		return kind != methodPaths[segment] && kind != "passwordAuthenticationMethod"
	})
}

// requirements tells the state of per-user MFA, which v1.0 does not have.
func (c *call) requirements() *answer {
	user, ok := c.view.Get(Users, c.id(0))
	if !ok {
		return notFound(c.id(0))
	}
	state := user.Text(perUserMFA)
	if state == "" {
		state = "disabled"
	}
	return c.single(Object(`{"perUserMfaState":"` + state + `"}`))
}

// perUserMFA is the member under which a user's per-user MFA state is kept;
// no answer about the user shows it.
const perUserMFA = "@rig.perUserMfaState"

func (c *call) setRequirements() *answer {
	state := Object(c.body).Text("perUserMfaState")
	if !slices.Contains(schemaBeta().enums["perUserMfaState"], state) {
		return c.turnedDown(badRequest("perUserMfaState cannot be %q.", state), nil)
	}
	if _, err := c.s.state.Update(Users, c.id(0), Patch{perUserMFA: quoted(state)}, c.by()); err != nil {
		return c.failed(err)
	}
	return noContent()
}
