package graph

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// claims are what Vakt reads of a token's payload. The signature is not
// checked: the token is not a proof to us, it is what we show to others.
type claims struct {
	Tenant string   `json:"tid"`
	Object string   `json:"oid"`
	AppID  string   `json:"appid"`
	App    string   `json:"azp"`
	Name   string   `json:"app_displayname"`
	Kind   string   `json:"idtyp"`
	Roles  []string `json:"roles"`
	Scopes string   `json:"scp"`
}

// readClaims reads the payload of a JSON web token.
func readClaims(text string) (claims, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return claims{}, fmt.Errorf("the access token is no JSON web token: tenant and permissions cannot be checked")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return claims{}, fmt.Errorf("decode the access token's payload: %w", err)
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return claims{}, fmt.Errorf("decode the access token's claims: %w", err)
	}
	if c.AppID == "" {
		c.AppID = c.App
	}
	return c, nil
}

var claimsParameter = regexp.MustCompile(`(?i)\bclaims="([^"]+)"`)

// challenge reads the claims that a service asks for with a 401 (continuous
// access evaluation), or gives "".
func challenge(h http.Header) string {
	for _, line := range h.Values("WWW-Authenticate") {
		m := claimsParameter.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if text, err := enc.DecodeString(m[1]); err == nil && json.Valid(text) {
				return string(text)
			}
		}
	}
	return ""
}

// Granted is what the credential may do, as its tokens say.
type Granted struct {
	Tenant      string // directory id
	Principal   string // object id of the service principal or person
	Application string // application (client) id
	Name        string // the application's display name, where the token has it
	Delegated   bool   // a person's token: Roles holds its scopes
	Roles       []string
	// ExchangeRoles are those of the token for Exchange. ExchangeErr says why
	// there is none: it is then unknown what Exchange allows.
	ExchangeRoles []string
	ExchangeErr   error
}

// All is every permission of the tokens, sorted, each once.
func (g Granted) All() []string {
	all := slices.Concat(g.Roles, g.ExchangeRoles)
	slices.Sort(all)
	return slices.Compact(all)
}

func (c claims) permissions() []string {
	out := slices.Clone(c.Roles)
	if len(out) == 0 {
		out = strings.Fields(c.Scopes)
	}
	slices.Sort(out)
	return out
}
