package rig

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Uses of the seed by the server, besides those of the state.
const (
	useFault uint64 = iota + 201
	useRequest
	useView
	useBatch
	useDevice
)

// login answers what stands at the root: the pages "OpenID Connect on the
// Microsoft identity platform", "OAuth 2.0 device authorization grant flow"
// and "How to use managed identities to acquire an access token".
func (s *Server) login(r *http.Request, c *call) *answer {
	path := strings.ToLower(strings.TrimSuffix(r.URL.Path, "/"))
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	c.told.Route = "/{tenant}/" + rest
	if a := s.loginFault(c); a != nil {
		return a
	}
	switch {
	case path == "/common/discovery/instance":
		return s.instance(r)
	case path == "/msi/token" || path == "/metadata/identity/oauth2/token":
		return s.managedIdentity(r)
	case rest == "v2.0/.well-known/openid-configuration" && r.Method == http.MethodGet:
		return s.openID(r, tenant)
	case rest == "oauth2/v2.0/token" && r.Method == http.MethodPost:
		return c.after(s.token(r, tenant))
	case rest == "oauth2/v2.0/devicecode" && r.Method == http.MethodPost:
		return s.deviceCode(r, tenant)
	}
	return s.unknown(c)
}

// loginFault answers with a fault that strikes before the request.
func (s *Server) loginFault(c *call) *answer {
	c.draw()
	if c.suffers(FaultServer) && !c.fault.Applied {
		return oauthError(c.fault.Status, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again.")
	}
	if c.suffers(FaultHTML) {
		return c.before()
	}
	return nil
}

// openID is the discovery document of a tenant.
func (s *Server) openID(r *http.Request, tenant string) *answer {
	if !s.isTenant(tenant) && tenant != "common" && tenant != "organizations" {
		return oauthError(http.StatusBadRequest, "invalid_tenant", 90002, "Tenant '"+tenant+"' not found.")
	}
	base := baseURL(r) + "/" + s.tenant
	return jsonAnswer(http.StatusOK, map[string]any{
		"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"response_types_supported":              []string{"code", "id_token"},
		"subject_types_supported":               []string{"pairwise"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"tenant_region_scope":                   "EU",
	})
}

// instance answers a question for the cloud that an authority belongs to.
func (s *Server) instance(r *http.Request) *answer {
	asked, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	if err != nil || asked.Host == "" {
		return oauthError(http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance.")
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": baseURL(r) + "/" + s.tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": asked.Host, "preferred_cache": asked.Host, "aliases": []string{asked.Host},
		}},
	})
}

// managedIdentity answers the two endpoints that hand tokens to a virtual
// machine or an app service, which send a header that no browser sends.
func (s *Server) managedIdentity(r *http.Request) *answer {
	if r.Header.Get("Metadata") != "true" && r.Header.Get("X-IDENTITY-HEADER") == "" {
		return oauthError(http.StatusBadRequest, "bad_request_102", 90014, "Required metadata header not specified.")
	}
	q := r.URL.Query()
	var app App
	var known bool
	for _, a := range s.apps {
		if a.Managed && (q.Get("client_id") == "" || strings.EqualFold(q.Get("client_id"), a.ClientID)) {
			app, known = a, true
		}
	}
	service := s.audience(r, q.Get("resource"))
	if !known || service == "" {
		return oauthError(http.StatusBadRequest, "invalid_request", 90002, "Identity not found.")
	}
	r.PostForm = url.Values{}
	claims := s.newClaims(r, app, q.Get("resource"))
	claims.IDType, claims.Object, claims.Subject, claims.Roles = "app", app.ObjectID, app.ObjectID, app.rolesFor(service)
	return s.tokenAnswer(claims, map[string]any{"resource": q.Get("resource"), "expires_on": claims.Expires})
}

// devices holds the device codes that were handed out.
type devices struct {
	mu    sync.Mutex
	count uint64
	open  map[string]device
}

type device struct {
	user, client, scope string
	until               time.Time
}

func (s *Server) deviceCode(r *http.Request, tenant string) *answer {
	if err := r.ParseForm(); err != nil || !s.isTenant(tenant) {
		return oauthError(http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the tenant and a form.")
	}
	app, ok := s.app(r.PostForm.Get("client_id"))
	if !ok {
		return oauthError(http.StatusBadRequest, "unauthorized_client", 700016, "Application was not found in the directory.")
	}
	s.devices.mu.Lock()
	defer s.devices.mu.Unlock()
	s.devices.count++
	code := uuidOf(s.o.Seed, useDevice, s.devices.count)
	user := strings.ToUpper(strings.ReplaceAll(code, "-", ""))[:9]
	if s.devices.open == nil {
		s.devices.open = map[string]device{}
	}
	s.devices.open[code] = device{user, app.ClientID, r.PostForm.Get("scope"), s.now().Add(15 * time.Minute)}
	where := baseURL(r) + "/devicelogin"
	return jsonAnswer(http.StatusOK, map[string]any{
		"user_code": user, "device_code": code, "verification_uri": where, "expires_in": 900, "interval": 1,
		"message": "To sign in, use a web browser to open the page " + where + " and enter the code " + user + " to authenticate.",
	})
}

// deviceToken answers the polling of a device that waits for its person.
func (s *Server) deviceToken(r *http.Request, app App) *answer {
	code := r.PostForm.Get("device_code")
	s.devices.mu.Lock()
	d, ok := s.devices.open[code]
	s.devices.mu.Unlock()
	switch {
	case !ok || !strings.EqualFold(d.client, app.ClientID):
		return oauthError(http.StatusBadRequest, "invalid_grant", 70008, "The device code is not known.")
	case s.now().After(d.until):
		return oauthError(http.StatusBadRequest, "expired_token", 70020, "The device code has expired.")
	case s.o.Approve != nil && !s.o.Approve(d.user):
		return oauthError(http.StatusBadRequest, "authorization_pending", 70016, "Authorization is pending. Continue polling.")
	}
	s.devices.mu.Lock()
	delete(s.devices.open, code)
	s.devices.mu.Unlock()
	return s.personAnswer(r, app, d.scope)
}

// refresh answers a refresh token. It names its scope, as nothing of it is kept.
func (s *Server) refresh(r *http.Request, app App) *answer {
	if !strings.HasPrefix(r.PostForm.Get("refresh_token"), "rig.") {
		return oauthError(http.StatusBadRequest, "invalid_grant", 9002313, "The refresh token is malformed.")
	}
	return s.personAnswer(r, app, r.PostForm.Get("scope"))
}

// personAnswer issues the tokens of a sign-in of ServerOptions.Person.
func (s *Server) personAnswer(r *http.Request, app App, scope string) *answer {
	person := s.person()
	resource := ""
	for _, one := range strings.Fields(scope) {
		if at := strings.LastIndexByte(one, '/'); at > 0 && s.audience(r, one[:at]) != "" {
			resource = one[:at]
		}
	}
	if person == nil || resource == "" {
		return oauthError(http.StatusBadRequest, "invalid_scope", 70011, "The scope "+scope+" is not valid.")
	}
	c := s.newClaims(r, app, resource)
	c.IDType, c.Object, c.Subject, c.UPN = "user", person.Text("id"), person.Text("id"), person.Text("userPrincipalName")
	c.Scopes = strings.Join(app.rolesFor(s.audience(r, resource)), " ")
	id := map[string]any{
		"aud": app.ClientID, "iss": baseURL(r) + "/" + s.tenant + "/v2.0", "iat": c.Issued, "nbf": c.Before, "exp": c.Expires,
		"oid": c.Object, "sub": c.Object, "tid": s.tenant, "preferred_username": c.UPN, "name": person.Text("displayName"), "ver": "2.0",
	}
	idToken, err := signJWT(s.key, s.kid, id)
	if err != nil {
		return graphError(http.StatusInternalServerError, "generalException", err.Error())
	}
	info := `{"uid":"` + c.Object + `","utid":"` + s.tenant + `"}`
	return s.tokenAnswer(c, map[string]any{
		"scope": scope, "refresh_token": "rig." + c.ID, "id_token": idToken, "client_info": b64([]byte(info)),
	})
}

// person is who signs in: the one that was named, else the first enabled
// member.
func (s *Server) person() Object {
	if s.o.Person != "" {
		o, _ := s.state.Primary().Get(Users, s.o.Person)
		return o
	}
	for _, o := range s.state.Primary().All(Users) {
		if o.True("accountEnabled") && o.Text("userType") == "Member" {
			return o
		}
	}
	return nil
}

// fakeTLS marks a request that never crossed a network as one over https.
func fakeTLS() *tls.ConnectionState { return &tls.ConnectionState{HandshakeComplete: true} }
