package graph

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"vakt/internal/tenant"
)

// CredentialOptions are what a credential needs from outside.
type CredentialOptions struct {
	// Transport carries the requests for tokens; nil: the network, with the
	// tenant's CA.
	Transport http.RoundTripper
	// Prompt shows a person where to type which code; required for
	// device_code.
	Prompt func(ctx context.Context, message string) error
	// Getenv reads the variables that file_env names; nil: the environment.
	Getenv func(string) string
}

// NewCredential opens the credential that the configuration names, and no
// other: there is no falling back. Secrets are read once, from a file that
// only its owner can read or from an open descriptor, and are not kept.
func NewCredential(t tenant.Tenant, c tenant.Credential, o CredentialOptions) (azcore.TokenCredential, error) {
	cred, err := openCredential(t, c, o)
	if err != nil {
		return nil, fmt.Errorf("tenant %q: credential %s: %w", t.Name, c.Kind, err)
	}
	return cred, nil
}

func openCredential(t tenant.Tenant, c tenant.Credential, o CredentialOptions) (azcore.TokenCredential, error) {
	shared, err := clientOptions(t, o)
	if err != nil {
		return nil, err
	}
	alone := t.Cloud.Name == tenant.Custom // there is no public list of authorities that it would be on
	switch c.Kind {
	case tenant.Certificate:
		return openCertificate(t, c, o, shared, alone)
	case tenant.Secret:
		secret, err := readSecret(c, o, true)
		if err != nil {
			return nil, err
		}
		return azidentity.NewClientSecretCredential(t.ID, c.ClientID, strings.TrimSpace(string(secret)),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: shared, DisableInstanceDiscovery: alone})
	case tenant.ManagedIdentity:
		options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: shared}
		if c.ClientID != "" {
			options.ID = azidentity.ClientID(c.ClientID)
		}
		return azidentity.NewManagedIdentityCredential(options)
	case tenant.Workload:
		return openWorkload(t, c, o, shared, alone)
	case tenant.DeviceCode:
		return openDeviceCode(t, c, o, shared, alone)
	case tenant.CLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: t.ID})
	}
	return nil, fmt.Errorf("the kind is unknown")
}

// clientOptions are those of every credential: the tenant's authority, and a
// transport that follows no redirect.
func clientOptions(t tenant.Tenant, o CredentialOptions) (policy.ClientOptions, error) {
	inner := o.Transport
	if inner == nil {
		var err error
		if inner, err = NewTransport(t); err != nil {
			return policy.ClientOptions{}, err
		}
	}
	return policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: t.Cloud.Login},
		Transport: &http.Client{Transport: inner, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Telemetry: policy.TelemetryOptions{ApplicationID: "vakt"},
	}, nil
}

func openCertificate(t tenant.Tenant, c tenant.Credential, o CredentialOptions, shared policy.ClientOptions, alone bool) (azcore.TokenCredential, error) {
	data, err := readSecret(c, o, true)
	if err != nil {
		return nil, err
	}
	certs, key, err := azidentity.ParseCertificates(data, nil)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: want one PEM or PFX file with an unencrypted key and its certificate: %w", err)
	}
	return azidentity.NewClientCertificateCredential(t.ID, c.ClientID, certs, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: shared, DisableInstanceDiscovery: alone})
}

// openWorkload reads the projected token anew for each exchange: the platform
// replaces the file before the token in it ends.
func openWorkload(t tenant.Tenant, c tenant.Credential, o CredentialOptions, shared policy.ClientOptions, alone bool) (azcore.TokenCredential, error) {
	assertion := func(context.Context) (string, error) {
		data, err := readSecret(c, o, false)
		return strings.TrimSpace(string(data)), err
	}
	return azidentity.NewClientAssertionCredential(t.ID, c.ClientID, assertion,
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: shared, DisableInstanceDiscovery: alone})
}

func openDeviceCode(t tenant.Tenant, c tenant.Credential, o CredentialOptions, shared policy.ClientOptions, alone bool) (azcore.TokenCredential, error) {
	if o.Prompt == nil {
		return nil, fmt.Errorf("nobody is there to type the code: use another kind of credential")
	}
	return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: shared, DisableInstanceDiscovery: alone, TenantID: t.ID, ClientID: c.ClientID,
		UserPrompt: func(ctx context.Context, m azidentity.DeviceCodeMessage) error { return o.Prompt(ctx, m.Message) },
	})
}

// maxSecret is the largest secret or certificate file, in bytes.
const maxSecret = 64 << 10

// readSecret reads what the credential names. Private says that a file must be
// its owner's alone; a projected token is not, the platform sets its mode.
func readSecret(c tenant.Credential, o CredentialOptions, private bool) ([]byte, error) {
	if c.FD != 0 {
		f := os.NewFile(uintptr(c.FD), fmt.Sprintf("descriptor %d", c.FD))
		if f == nil {
			return nil, fmt.Errorf("descriptor %d is not open", c.FD)
		}
		return readAll(f)
	}
	path := c.File
	if c.FileEnv != "" {
		getenv := o.Getenv
		if getenv == nil {
			getenv = os.Getenv
		}
		if path = getenv(c.FileEnv); path == "" {
			return nil, fmt.Errorf("the variable %s is not set: it holds the path of the secret's file", c.FileEnv)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the secret: %w", err)
	}
	if private {
		if err := ownersOnly(f); err != nil {
			f.Close() //nolint:errcheck // read only, and refused
			return nil, err
		}
	}
	return readAll(f)
}

// ownersOnly refuses a file that others can read. The mode is that of the open
// file, so that nobody can put another in its place meanwhile.
func ownersOnly(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at the secret: %w", err)
	}
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is no file", f.Name())
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%q can be read by others (mode %04o): run chmod 600 on it", f.Name(), info.Mode().Perm())
	}
	return nil
}

func readAll(f *os.File) ([]byte, error) {
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the secret: %w", err)
	case len(data) > maxSecret:
		return nil, fmt.Errorf("%q is larger than 64 KiB: that is no secret", f.Name())
	case len(data) == 0:
		return nil, fmt.Errorf("%q is empty", f.Name())
	}
	return data, nil
}
