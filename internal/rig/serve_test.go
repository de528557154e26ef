package rig

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func stop(t *testing.T, sv *Serving) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := errors.Join(sv.Stop(ctx), sv.Stop(ctx)); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func serve(t *testing.T, o ServerOptions) (*Serving, *http.Client) {
	t.Helper()
	state, _, err := Generate(scene(t, "small-business", 0), Options{Clock: time.Now, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	sv, err := Serve(t.Context(), "127.0.0.1:0", state, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, sv) })
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(sv.CA) {
		t.Fatal("the authority is no certificate")
	}
	return sv, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
}

// The written configuration and its files are all that a client needs.
func TestServedTenantTakesTheWrittenCredential(t *testing.T) {
	sv, client := serve(t, ServerOptions{})
	dir := t.TempDir()
	if err := sv.WriteConfig(filepath.Join(dir, "vakt.yaml"), "contoso"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%v %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
		}
	}
	config, err := os.ReadFile(filepath.Join(dir, "vakt.yaml"))
	if err != nil || !strings.Contains(string(config), sv.URL+"/graph\n") || !strings.Contains(string(config), `file: "vakt-read.pem"`) {
		t.Errorf("%v\n%s", err, config)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "vakt-read.pem"))
	if err != nil {
		t.Fatal(err)
	}
	certificates, key, err := azidentity.ParseCertificates(pem, nil)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := azidentity.NewClientCertificateCredential(sv.Tenant, ReadApp().ClientID, certificates, key, &azidentity.ClientCertificateCredentialOptions{
		DisableInstanceDiscovery: true,
		ClientOptions:            azcore.ClientOptions{Transport: client, Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: sv.URL}},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), azpolicy.TokenRequestOptions{Scopes: []string{sv.URL + "/graph/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	got := fetch(t, client, sv.URL+"/graph/v1.0/users?$select=id&$top=2", token.Token)
	if got.status != http.StatusOK || !strings.HasPrefix(got.next(), sv.URL+"/graph/v1.0/users?") {
		t.Errorf("%d %v %s", got.status, got.err, got.body)
	}
	if got.header.Get("request-id") == "" || got.header.Get("Date") == "" {
		t.Errorf("the headers are %v", got.header)
	}
}

// fetch gets an address; where the connection breaks there is no answer.
func fetch(t *testing.T, client *http.Client, address, token string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	body, readErr := io.ReadAll(resp.Body)
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return reply{resp.StatusCode, resp.Header, body, readErr}
}

// Over a real connection, too, an answer that breaks off is no answer.
func TestConnectionsBreakOverTheNetwork(t *testing.T) {
	for _, at := range []Cut{CutBeforeHeaders, CutInHeaders, CutInBody, CutAtEnd} {
		var broken atomic.Bool
		sv, client := serve(t, ServerOptions{Fault: func(Request) Fault {
			if broken.Load() {
				return Fault{Kind: FaultReset, At: at}
			}
			return Fault{}
		}})
		token, err := signJWT(sv.Server.key, sv.Server.kid, claims{
			ID: "1", Tenant: sv.Tenant, Audience: sv.URL + "/graph", IDType: "app", AppID: ReadApp().ClientID, Roles: ReadApp().Roles, Expires: time.Now().Add(time.Hour).Unix(),
		})
		if err != nil {
			t.Fatal(err)
		}
		address := sv.URL + "/graph/v1.0/users?$select=id&$top=50"
		if got := fetch(t, client, address, token); got.err != nil || got.status != http.StatusOK {
			t.Fatalf("without faults: %d %v", got.status, got.err)
		}
		broken.Store(true)
		if got := fetch(t, client, address, token); got.err == nil || got.status != 0 && (at == CutBeforeHeaders || at == CutInHeaders) {
			t.Errorf("%s: %d with %d bytes", at, got.status, len(got.body))
		}
	}
}

func TestServeStaysOnLoopback(t *testing.T) {
	state := New("11111111-2222-4333-8444-555555555555", testOptions(1))
	for _, listen := range []string{"0.0.0.0:0", ":8443", "192.0.2.1:8443", "nonsense"} {
		if _, err := Serve(t.Context(), listen, state, ServerOptions{}); err == nil {
			t.Errorf("it listens on %q", listen)
		}
	}
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := Serve(t.Context(), taken.Addr().String(), state, ServerOptions{}); err == nil {
		t.Error("it listens where somebody else does")
	}
}
