package graph

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"vakt/internal/tenant"
)

// login is an authority: it tells where its token endpoint is and keeps what
// it was sent.
type login struct {
	mu    sync.Mutex
	forms []url.Values
	hosts map[string]bool
	// refuse makes the token endpoint answer with status, or not at all
	refuse bool
	status int
}

func (l *login) RoundTrip(req *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hosts == nil {
		l.hosts = map[string]bool{}
	}
	l.hosts[req.URL.Host] = true
	answer := func(v any) (*http.Response, error) {
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(raw)), Request: req}, nil
	}
	base := "https://login.example.com/" + testTenant
	switch {
	case strings.HasSuffix(req.URL.Path, "/.well-known/openid-configuration"):
		return answer(map[string]any{"authorization_endpoint": base + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token", "issuer": base + "/v2.0"})
	case strings.HasSuffix(req.URL.Path, "/oauth2/v2.0/token"):
		raw, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, err
		}
		l.forms = append(l.forms, form)
		if l.refuse && l.status == 0 {
			return nil, errReset
		} else if l.refuse {
			body := `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`
			return &http.Response{StatusCode: l.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
		}
		w := newWorld(1, 1)
		return answer(map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": w.token()})
	}
	return &http.Response{StatusCode: 404, Body: http.NoBody, Header: http.Header{}, Request: req}, nil
}

// TestAuthorityThatRefusesOrIsAway: a wrong secret is the administrator's to
// mend, an authority without an answer is not.
func TestAuthorityThatRefusesOrIsAway(t *testing.T) {
	secret := secretFile(t, "s3cret", 0o600)
	for status, want := range map[int]Kind{401: Unauthorized, 400: Unauthorized, 503: Unavailable, 0: Unavailable} {
		synctest.Test(t, func(t *testing.T) { // the credential asks again and waits in between
			where := tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}
			where.Credential = tenant.Credential{Kind: tenant.Secret, ClientID: clientID, File: secret}
			cred, err := NewCredential(where, where.Credential, CredentialOptions{Transport: &login{status: status, refuse: true}})
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(1, 1)
			r, err := NewReader(where, cred, Options{Now: time.Now, Transport: w})
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = collect(t.Context(), r, users, "")
			wantKind(t, err, want)
			if status == 401 && !strings.Contains(err.Error(), `(401 invalid_client): "AADSTS7000215: Invalid client secret provided."`) {
				t.Errorf("got %v", err)
			}
			if w.n > 0 || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%d requests; %v", w.n, err)
			}
		})
	}
}

func secretFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificateFile makes a key and a certificate in one PEM file.
func certificateFile(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "vakt-read"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	return secretFile(t, string(both), 0o600)
}

const clientID = "22222222-2222-3333-4444-555555555555"

// TestCredentialsAskTheirOwnAuthority: each kind that an application can have
// asks the configured authority and nobody else, with its own proof.
func TestCredentialsAskTheirOwnAuthority(t *testing.T) {
	t.Setenv("VAKT_TEST_FILE", secretFile(t, "s3cret\n", 0o600))
	for _, c := range []struct {
		name, field, value string
		credential         tenant.Credential
	}{
		{"secret", "client_secret", "s3cret", tenant.Credential{Kind: tenant.Secret, ClientID: clientID, File: secretFile(t, "s3cret\n", 0o600)}},
		{"secret from a variable", "client_secret", "s3cret", tenant.Credential{Kind: tenant.Secret, ClientID: clientID, FileEnv: "VAKT_TEST_FILE"}},
		{"certificate", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", tenant.Credential{Kind: tenant.Certificate, ClientID: clientID, File: certificateFile(t)}},
		{"workload", "client_assertion", "projected", tenant.Credential{Kind: tenant.Workload, ClientID: clientID, File: secretFile(t, "projected\n", 0o644)}},
	} {
		l := &login{}
		where := tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}
		cred, err := NewCredential(where, c.credential, CredentialOptions{Transport: l})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{where.Cloud.Scope(tenant.Graph)}, EnableCAE: true})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		form := l.forms[0]
		if read, err := readClaims(got.Token); err != nil || read.Tenant != testTenant {
			t.Errorf("%s: token %v, %v", c.name, read, err)
		}
		if form.Get(c.field) != c.value || form.Get("client_id") != clientID || !strings.Contains(form.Get("scope"), testGraph+"/.default") {
			t.Errorf("%s: asked with %v", c.name, form)
		}
		if len(l.hosts) != 1 || !l.hosts["login.example.com"] {
			t.Errorf("%s: asked %v", c.name, l.hosts)
		}
	}
}

func TestSecretsThatOthersCanReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes mean nothing here")
	}
	where := tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}
	for _, c := range []struct {
		name string
		file string
		want string
	}{
		{"group", secretFile(t, "x", 0o640), "chmod 600"},
		{"others", secretFile(t, "x", 0o604), "chmod 600"},
		{"empty", secretFile(t, "", 0o600), "is empty"},
		{"large", secretFile(t, strings.Repeat("x", maxSecret+1), 0o600), "larger than 64 KiB"},
		{"folder", t.TempDir(), "is no file"},
		{"missing", filepath.Join(t.TempDir(), "none"), "open the secret"},
	} {
		for _, kind := range []tenant.Kind{tenant.Secret, tenant.Certificate} {
			_, err := NewCredential(where, tenant.Credential{Kind: kind, ClientID: clientID, File: c.file}, CredentialOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `tenant "contoso": credential `+string(kind)) {
				t.Errorf("%s %s: got %v, want %q", c.name, kind, err, c.want)
			}
		}
	}
}

func TestCredentialsThatCannotBeOpened(t *testing.T) {
	where := tenant.Tenant{Name: "contoso", ID: testTenant, Cloud: testCloud()}
	for _, c := range []struct {
		credential tenant.Credential
		want       string
	}{
		{tenant.Credential{Kind: tenant.Certificate, ClientID: clientID, File: secretFile(t, "no pem", 0o600)}, "want one PEM or PFX file"},
		{tenant.Credential{Kind: tenant.DeviceCode, ClientID: clientID}, "nobody is there to type the code"},
		{tenant.Credential{Kind: tenant.Secret, ClientID: clientID, FileEnv: "VAKT_UNSET_FILE"}, "VAKT_UNSET_FILE is not set"},
		{tenant.Credential{Kind: "default"}, "the kind is unknown"},
	} {
		_, err := NewCredential(where, c.credential, CredentialOptions{Getenv: func(string) string { return "" }})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.credential, err, c.want)
		}
	}
}

func TestTransportTrustsTheTenantsAuthority(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	good := secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644)
	for _, c := range []struct{ file, want string }{
		{good, "<nil>"},
		{secretFile(t, "x", 0o644), "holds no certificate"},
		{filepath.Join(t.TempDir(), "none"), "read the certificate authority"},
	} {
		tr, err := NewTransport(tenant.Tenant{CA: c.file})
		if !strings.Contains(fmt.Sprint(err), c.want) || err == nil && tr.TLSClientConfig.RootCAs == nil {
			t.Errorf("%s: got %v", c.want, err)
		}
	}
	if tr, err := NewTransport(tenant.Tenant{}); err != nil || tr.TLSClientConfig.RootCAs != nil {
		t.Errorf("without a CA of its own: %v", err)
	}
}
