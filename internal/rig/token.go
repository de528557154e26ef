package rig

import (
	"crypto"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The sets of hosts that answer for one service in the public clouds: the
// page "National cloud deployments", and the app-only pages of Exchange.
var serviceHosts = map[string][]string{
	serviceLogin: {"login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn"},
	serviceGraph: {"graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"},
	serviceExchange: {
		"outlook.office365.com", "outlook.office365.us", "outlook-dod.office365.us", "partner.outlook.cn", "outlook.office365.cn",
	},
	serviceCompliance: {
		"ps.compliance.protection.outlook.com", "ps.compliance.protection.office365.us",
		"l5.ps.compliance.protection.office365.us", "ps.compliance.protection.partner.outlook.cn",
	},
	serviceManage: {"manage.office.com", "manage-gcc.office.com", "manage.office365.us", "manage.protection.apps.mil"},
}

// serviceApps are the application ids of the services themselves: a token may
// name its audience by one.
var serviceApps = map[string]string{
	"00000003-0000-0000-c000-000000000000": serviceGraph,
	"00000002-0000-0ff1-ce00-000000000000": serviceExchange,
	"c5393580-f805-4401-95e8-94b7a6ef2fc2": serviceManage,
}

// claims are those of an access token: the page "Access token claims
// reference".
type claims struct {
	Audience string   `json:"aud"`
	Issuer   string   `json:"iss"`
	Issued   int64    `json:"iat"`
	Before   int64    `json:"nbf"`
	Expires  int64    `json:"exp"`
	AppID    string   `json:"appid"`
	AppName  string   `json:"app_displayname"`
	IDType   string   `json:"idtyp"` // app or user
	Object   string   `json:"oid"`
	Roles    []string `json:"roles,omitempty"`
	Scopes   string   `json:"scp,omitempty"` // of a person's token, separated by spaces
	Subject  string   `json:"sub"`
	Tenant   string   `json:"tid"`
	UPN      string   `json:"upn,omitempty"`
	ID       string   `json:"uti"` // the token's number here
	Version  string   `json:"ver"`
	// Capabilities holds cp1 where the client says that it handles claims
	// challenges (continuous access evaluation).
	Capabilities []string `json:"xms_cc,omitempty"`
}

// principal is who sends a request, as its token says.
type principal struct {
	claims
	app     App
	service string // whom the token is for
	number  int64
}

// delegated tells a person's token from an application's.
func (p *principal) delegated() bool { return p.IDType == "user" }

// granted lists the permissions in the token.
func (p *principal) granted() []string {
	if p.delegated() {
		return strings.Fields(p.Scopes)
	}
	return p.Roles
}

// oauthError is an error answer of the token endpoint: the page "Microsoft
// Entra authentication and authorization error codes".
func oauthError(status int, code string, number int, text string) *answer {
	return jsonAnswer(status, map[string]any{
		"error": code, "error_description": fmt.Sprintf("AADSTS%d: %s", number, text), "error_codes": []int{number},
	})
}

// token answers POST /{tenant}/oauth2/v2.0/token.
func (s *Server) token(r *http.Request, tenant string) *answer {
	if err := r.ParseForm(); err != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", 900144, "The request body is not a form.")
	}
	if !s.isTenant(tenant) {
		return oauthError(http.StatusBadRequest, "invalid_request", 90002, fmt.Sprintf("Tenant '%s' not found.", tenant))
	}
	app, known := s.app(r.PostForm.Get("client_id"))
	if !known {
		return oauthError(http.StatusBadRequest, "unauthorized_client", 700016,
			fmt.Sprintf("Application with identifier '%s' was not found in the directory.", r.PostForm.Get("client_id")))
	}
	switch grant := r.PostForm.Get("grant_type"); grant {
	case "client_credentials":
		return s.clientCredentials(r, app)
	case "urn:ietf:params:oauth:grant-type:device_code", "device_code":
		return s.deviceToken(r, app)
	case "refresh_token":
		return s.refresh(r, app)
	default:
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", 70003, fmt.Sprintf("The grant '%s' is not supported.", grant))
	}
}

func (s *Server) clientCredentials(r *http.Request, app App) *answer {
	if bad := s.authenticate(r, app); bad != nil {
		return bad
	}
	scope := r.PostForm.Get("scope")
	audience := defaultScope(scope)
	service := s.audience(r, audience)
	if service == "" {
		return oauthError(http.StatusBadRequest, "invalid_scope", 1002012,
			fmt.Sprintf("The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.", scope))
	}
	c := s.newClaims(r, app, audience)
	c.IDType, c.Object, c.Subject, c.Roles = "app", app.ObjectID, app.ObjectID, app.rolesFor(service)
	return s.tokenAnswer(c, nil)
}

// defaultScope is the resource whose /.default is asked for. Libraries ask for
// the scopes of OpenID Connect beside it, which mean nothing here.
func defaultScope(scope string) string {
	resource := ""
	for _, one := range strings.Fields(scope) {
		before, ok := strings.CutSuffix(one, "/.default")
		switch {
		case ok && resource == "":
			resource = before
		case !slices.Contains([]string{"openid", "profile", "offline_access"}, one):
			return ""
		}
	}
	return resource
}

// rolesFor are the application permissions that a token for a service carries.
func (a App) rolesFor(service string) []string {
	switch service {
	case serviceGraph:
		return a.Roles
	case serviceExchange, serviceCompliance:
		return a.ExchangeRoles
	}
	return nil
}

// authenticate tells whether the application proves who it is, nil if so.
func (s *Server) authenticate(r *http.Request, app App) *answer {
	form := r.PostForm
	if secret := form.Get("client_secret"); secret != "" {
		if app.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(app.Secret)) != 1 {
			return oauthError(http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided.")
		}
		return nil
	}
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return oauthError(http.StatusUnauthorized, "invalid_client", 7000218,
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	if err := s.checkAssertion(r, app, form.Get("client_assertion")); err != nil {
		return oauthError(http.StatusUnauthorized, "invalid_client", 700027, fmt.Sprintf("The assertion was not accepted: %v.", err))
	}
	return nil
}

// assertion are the claims of a client assertion (RFC 7523).
type assertion struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Expires  float64  `json:"exp"`
	Before   float64  `json:"nbf"`
}

// audience is one audience, or a list of them.
type audience []string

// UnmarshalJSON takes a text or a list of texts.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// checkAssertion accepts a token that the application signed with its
// certificate for this endpoint, or one of an issuer that stands for it.
func (s *Server) checkAssertion(r *http.Request, app App, token string) error {
	header, body, signed, signature, err := splitJWT(token)
	if err != nil {
		return err
	}
	var a assertion
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	now := float64(s.now().Unix())
	const skew = 300 // seconds by which clocks may differ
	if a.Expires < now-skew || a.Before > now+skew {
		return fmt.Errorf("it is not valid at this time")
	}
	key, err := assertionKey(app, a, header, s.tokenAudiences(r))
	if err != nil {
		return err
	}
	return verifyJWT(key, header.Algorithm, signed, signature)
}

// assertionKey chooses whose signature an assertion has to bear.
func assertionKey(app App, a assertion, h jwtHeader, here []string) (crypto.PublicKey, error) {
	switch {
	case a.Issuer == app.ClientID && a.Subject == app.ClientID:
		if app.Certificate == nil {
			return nil, fmt.Errorf("no certificate is registered")
		}
		if !slices.ContainsFunc(a.Audience, func(v string) bool { return slices.Contains(here, v) }) {
			return nil, fmt.Errorf("its audience %q is not this endpoint", []string(a.Audience))
		}
		if h.Thumbprint == "" && h.ThumbprintS256 == "" {
			return nil, fmt.Errorf("it names no certificate")
		}
		return app.Certificate.PublicKey, nil
	case app.Federated != nil:
		if !slices.Contains(a.Audience, "api://AzureADTokenExchange") {
			return nil, fmt.Errorf("its audience %q is not api://AzureADTokenExchange", []string(a.Audience))
		}
		return app.Federated.PublicKey, nil
	}
	return nil, fmt.Errorf("its issuer %q is not trusted", a.Issuer)
}

// tokenAudiences are the names under which an assertion may address us.
func (s *Server) tokenAudiences(r *http.Request) []string {
	base := baseURL(r) + "/" + s.tenant
	return []string{base + "/oauth2/v2.0/token", base + "/v2.0", base + "/", base + "/oauth2/token"}
}

// newClaims begins a token for an audience.
func (s *Server) newClaims(r *http.Request, app App, audience string) claims {
	now := s.now()
	c := claims{
		Audience: audience, Issuer: "https://sts.windows.net/" + s.tenant + "/", Tenant: s.tenant, Version: "1.0",
		Issued: now.Unix(), Before: now.Unix(), Expires: now.Add(s.lifetime()).Unix(),
		AppID: app.ClientID, AppName: app.Name, ID: strconv.FormatInt(s.tokens.Add(1), 10),
	}
	if strings.Contains(r.PostForm.Get("claims"), `"cp1"`) || strings.Contains(r.PostForm.Get("claims"), `"CP1"`) {
		c.Capabilities = []string{"cp1"}
	}
	return c
}

func (s *Server) lifetime() time.Duration {
	if s.o.TokenLifetime > 0 {
		return s.o.TokenLifetime
	}
	return 3599 * time.Second
}

// tokenAnswer wraps an access token as the endpoint does, with what else the
// flow hands out.
func (s *Server) tokenAnswer(c claims, more map[string]any) *answer {
	token, err := signJWT(s.key, s.kid, c)
	if err != nil {
		return graphError(http.StatusInternalServerError, "generalException", err.Error())
	}
	left := max(0, c.Expires-s.now().Unix())
	body := map[string]any{"token_type": "Bearer", "expires_in": left, "ext_expires_in": left, "access_token": token}
	for k, v := range more {
		body[k] = v
	}
	return jsonAnswer(http.StatusOK, body)
}

// audience tells which service a resource identifier names, "" if none.
func (s *Server) audience(r *http.Request, resource string) string {
	resource = strings.TrimSuffix(resource, "/")
	if service, ok := serviceApps[resource]; ok {
		return service
	}
	if rest, ok := strings.CutPrefix(resource, baseURL(r)+"/"); ok && slices.Contains(services, rest) {
		return rest
	}
	host, ok := strings.CutPrefix(resource, "https://")
	if !ok {
		return ""
	}
	for service, hosts := range serviceHosts {
		if slices.Contains(hosts, host) {
			return service
		}
	}
	return ""
}

// bearer reads the token of a request to a service. What is wrong with it is
// answered as the services do.
func (s *Server) bearer(r *http.Request, service string) (*principal, *answer) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, unauthorized("Access token is empty.", "")
	}
	p, err := s.readToken(r, token)
	switch {
	case err != nil:
		return nil, unauthorized("CompactToken parsing failed.", "")
	case p.service != service && !(service == serviceCompliance && p.service == serviceExchange):
		return nil, unauthorized("Access token validation failure. Invalid audience.", "")
	case s.now().Unix() >= p.Expires || p.number <= s.expired.Load():
		return nil, unauthorized("Lifetime validation failed, the token is expired.", "")
	case p.number <= s.challenged.Load():
		return nil, s.challenge()
	}
	return p, nil
}

// readToken verifies a token that we issued. Verified ones are remembered.
func (s *Server) readToken(r *http.Request, token string) (*principal, error) {
	if p, ok := s.seen.Load(token); ok {
		return p.(*principal), nil //nolint:errcheck // nothing else is ever stored
	}
	header, body, signed, signature, err := splitJWT(token)
	if err != nil {
		return nil, err
	}
	if err := verifyJWT(&s.key.PublicKey, header.Algorithm, signed, signature); err != nil {
		return nil, err
	}
	p := &principal{}
	if err := json.Unmarshal(body, &p.claims); err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	if p.number, err = strconv.ParseInt(p.ID, 10, 64); err != nil {
		return nil, fmt.Errorf("claim uti: %w", err)
	}
	p.service = s.audience(r, p.Audience)
	p.app, _ = s.app(p.AppID)
	s.seen.Store(token, p)
	return p, nil
}

// unauthorized is a 401 as Graph and Exchange answer it; challenge is the
// claims that the client must ask for, in base64, or "".
func unauthorized(text, challenge string) *answer {
	a := graphError(http.StatusUnauthorized, "InvalidAuthenticationToken", text)
	header := `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`
	if challenge != "" {
		header += `, error="insufficient_claims", claims="` + challenge + `"`
	}
	a.header.Set("WWW-Authenticate", header)
	return a
}

// challenge is the answer of continuous access evaluation: the page "Claims
// challenges, claims requests and client capabilities".
func (s *Server) challenge() *answer {
	claims := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, s.now().Unix())
	return unauthorized("Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
		b64Std(claims))
}
