package rig

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// doer lets the Azure SDK reach a tenant in this process.
type doer struct{ http.RoundTripper }

func (d doer) Do(r *http.Request) (*http.Response, error) { return d.RoundTrip(r) }

func azureOptions(s *Server) azcore.ClientOptions {
	return azcore.ClientOptions{
		Transport: doer{s.Transport()},
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: "https://tenant.example.com/"},
		Retry:     azpolicy.RetryOptions{MaxRetries: -1},
	}
}

const servedGraph = "https://tenant.example.com/graph"

func claimsOf(t *testing.T, token string) claims {
	t.Helper()
	_, body, _, _, err := splitJWT(token)
	if err != nil {
		t.Fatal(err)
	}
	var c claims
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// credentials makes every kind of credential of the Azure SDK for an
// application that accepts them all.
func credentials(t *testing.T) (*Server, map[string]azcore.TokenCredential) {
	t.Helper()
	now := time.Now() // the SDK reads the machine's clock
	state, _, err := Generate(scene(t, "small-business", 0), Options{Clock: time.Now, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	app := ReadApp()
	app.Secret, app.Managed = "s3cret", true
	var key []byte
	if app.Certificate, key, err = NewCredential("read", now); err != nil {
		t.Fatal(err)
	}
	var issuerKey []byte
	if app.Federated, issuerKey, err = NewCredential("issuer", now); err != nil {
		t.Fatal(err)
	}
	polls := 0
	s := Handler(state, ServerOptions{Apps: []App{app}, Approve: func(string) bool { polls++; return polls > 1 }})
	options, all := azureOptions(s), map[string]azcore.TokenCredential{}
	add := func(name string, c azcore.TokenCredential, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = c
	}
	secret, err := azidentity.NewClientSecretCredential(s.tenant, app.ClientID, "s3cret",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	add("secret", secret, err)
	certificates, private, err := azidentity.ParseCertificates(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := azidentity.NewClientCertificateCredential(s.tenant, app.ClientID, certificates, private,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	add("certificate", certificate, err)
	workload, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: true, TenantID: s.tenant, ClientID: app.ClientID, TokenFilePath: federatedToken(t, issuerKey, now),
	})
	add("workload", workload, err)
	device, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: true, TenantID: s.tenant, ClientID: app.ClientID,
		UserPrompt: func(context.Context, azidentity.DeviceCodeMessage) error { return nil },
	})
	add("device code", device, err)
	t.Setenv("IDENTITY_ENDPOINT", "https://tenant.example.com/msi/token")
	t.Setenv("IDENTITY_HEADER", "header")
	managed, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options})
	add("managed identity", managed, err)
	return s, all
}

// federatedToken writes what an issuer of workload identities would mount.
func federatedToken(t *testing.T, issuer []byte, now time.Time) string {
	t.Helper()
	block, _ := pem.Decode(issuer)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	head := b64([]byte(`{"alg":"RS256","typ":"JWT"}`))
	body, err := json.Marshal(map[string]any{"iss": "https://issuer.example.com", "sub": "system:serviceaccount:vakt:vakt", "aud": []string{"api://AzureADTokenExchange"}, "exp": now.Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	signed := head + "." + b64(body)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), 5, digest[:]) //nolint:errcheck // the key was made as one; 5 is SHA-256
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(signed+"."+b64(signature)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryCredentialOfTheAzureSDKGetsAToken(t *testing.T) {
	s, all := credentials(t)
	for name, credential := range all {
		token, err := credential.GetToken(t.Context(), azpolicy.TokenRequestOptions{Scopes: []string{servedGraph + "/.default"}, EnableCAE: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := claimsOf(t, token.Token)
		if c.Tenant != s.tenant || c.Audience != servedGraph || c.AppID != ReadApp().ClientID {
			t.Errorf("%s: claims %+v", name, c)
		}
		if app := c.IDType == "app"; app && len(c.Roles) == 0 || !app && c.Scopes == "" || app == (name == "device code") {
			t.Errorf("%s: idtyp %q with roles %q and scopes %q", name, c.IDType, c.Roles, c.Scopes)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, servedGraph+"/v1.0/users?$select=id&$top=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
		resp, err := s.Transport().RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: users with the token: %v %v", name, resp, err)
			continue
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{Apps: []App{allPowers()}})
	good := c.token
	parts := strings.Split(good, ".")
	claims := claimsOf(t, good)
	claims.Tenant, claims.Roles = "22222222-2222-4222-8222-222222222222", append(claims.Roles, "Everything.ReadWrite.All")
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"none": "", "garbage": "a.b.c", "changed claims": parts[0] + "." + b64(body) + "." + parts[2],
		"no signature": parts[0] + "." + parts[1] + ".", "alg none": b64([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", "for Exchange": c.exo,
	} {
		c.token = token
		c.fails(http.MethodGet, "/v1.0/users", nil, http.StatusUnauthorized, "InvalidAuthenticationToken")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	c.token = good
	c.now.add(3600 * time.Second)
	c.fails(http.MethodGet, "/v1.0/users", nil, http.StatusUnauthorized, "InvalidAuthenticationToken")
	c.signIn()
	c.get("/v1.0/users?$top=1")
	c.s.ExpireTokens()
	c.fails(http.MethodGet, "/v1.0/users", nil, http.StatusUnauthorized, "InvalidAuthenticationToken")
	c.signIn()
	c.s.ChallengeTokens()
	got := c.fails(http.MethodGet, "/v1.0/users", nil, http.StatusUnauthorized, "InvalidAuthenticationToken")
	if h := got.header.Get("WWW-Authenticate"); !strings.Contains(h, `error="insufficient_claims"`) || !strings.Contains(h, `claims="ey`) {
		t.Errorf("the challenge is %q", h)
	}
	c.signIn()
	c.get("/v1.0/users?$top=1")
	c.s.Deny("User.Read.All")
	c.get("/v1.0/users?$top=1&$select=id") // other permissions suffice
}

func TestWhoIsNotRegisteredGetsNoToken(t *testing.T) {
	c := dial(t, "small-business", 0, ServerOptions{})
	app := c.s.apps[0]
	for name, form := range map[string]string{
		"wrong secret":  "grant_type=client_credentials&client_id=" + app.ClientID + "&client_secret=guess&scope=" + graphHost + "/.default",
		"unknown app":   "grant_type=client_credentials&client_id=0&client_secret=s3cret&scope=" + graphHost + "/.default",
		"no proof":      "grant_type=client_credentials&client_id=" + app.ClientID + "&scope=" + graphHost + "/.default",
		"wrong scope":   "grant_type=client_credentials&client_id=" + app.ClientID + "&client_secret=s3cret&scope=" + graphHost + "/User.Read",
		"foreign scope": "grant_type=client_credentials&client_id=" + app.ClientID + "&client_secret=s3cret&scope=https://example.com/.default",
		"other grant":   "grant_type=password&client_id=" + app.ClientID + "&username=a&password=b",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, loginHost+"/"+c.s.tenant+"/oauth2/v2.0/token", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := c.do(r); got.status < 400 || !strings.Contains(string(got.body), "AADSTS") || strings.Contains(string(got.body), "access_token") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func FuzzAccessToken(f *testing.F) {
	state := New("11111111-2222-4333-8444-555555555555", testOptions(1))
	s := Handler(state, ServerOptions{})
	token, err := signJWT(s.key, s.kid, claims{ID: "1", Audience: graphHost})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("a.b.c")
	f.Add(token + ".")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, graphHost+"/v1.0/users", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.readToken(r, text); err == nil && text[:strings.LastIndexByte(text, '.')] != token[:strings.LastIndexByte(token, '.')] {
			t.Errorf("a token that nobody signed is accepted: %q", text)
		}
	})
}
