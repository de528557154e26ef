// Package tenant holds the words for a tenant as Vakt meets it: who it is, on
// which cloud's hosts it answers, with which credential it is read, what each
// feature may ask of it, and what its licences hide. It opens no file and no
// connection: the configuration is handed in as bytes, secrets are named and
// never held.
package tenant

import (
	"fmt"
	"strings"

	"vakt/internal/text"
)

// Tenant is one tenant of the configuration.
type Tenant struct {
	Name string // the short name that --tenant takes
	ID   string // directory id, a UUID in lower case
	// Cloud holds the hosts; its name is the key cloud: of the configuration.
	Cloud Cloud
	// Credential reads. It is the only one that scan, report and doctor use.
	Credential Credential
	// WriteCredential is used during an approved run only; nil: nothing can be
	// written.
	WriteCredential *Credential
	// RolesCredential may take roles away (tier 0); nil, the default: no.
	RolesCredential *Credential
	// CA is a PEM file with a private certificate authority to trust besides
	// those of the system; only a custom cloud has one. "": none.
	CA string
}

// A Kind says how a credential proves who Vakt is.
type Kind string

// Kinds of credentials. There is no "try them all": a daemon that falls back
// to whatever login a developer left behind acts as the wrong person.
const (
	Certificate     Kind = "certificate"      // an app registration, by a key and certificate in one PEM or PFX file
	Secret          Kind = "secret"           // an app registration, by a client secret
	ManagedIdentity Kind = "managed_identity" // an identity of the Azure machine that Vakt runs on
	Workload        Kind = "workload"         // a federated token, as Kubernetes hands it to a pod
	DeviceCode      Kind = "device_code"      // a person, who types a code into a browser
	CLI             Kind = "cli"              // a person, as signed in to the Azure CLI
)

// Kinds lists every kind of credential, in the order of preference.
var Kinds = []Kind{Certificate, ManagedIdentity, Workload, Secret, DeviceCode, CLI}

// Credential names an identity and where its secret lies. It never holds the
// secret itself.
type Credential struct {
	Kind     Kind
	ClientID string // application (client) id; for managed_identity "" means the machine's own
	// File holds the certificate with its key, the client secret, or the
	// projected token of a workload. Certificates and secrets must be readable
	// by their owner only.
	File string
	// FileEnv names an environment variable, ending in _FILE, that holds the
	// path instead of File.
	FileEnv string
	// FD is an open file descriptor to read the secret from, above 2; 0: none.
	FD int
}

// Personal says whether the credential stands for a person, whose rights are
// delegated, and not for an application.
func (c Credential) Personal() bool { return c.Kind == DeviceCode || c.Kind == CLI }

// Config is the section tenants: of the configuration.
type Config struct {
	Tenants []Tenant
}

// All is what --tenant takes for every tenant of the configuration.
const All = "all"

// Select gives the tenants that --tenant means: one by its name or id, every
// one for All, and for "" the only one there is. The error says which names
// there are.
func (c Config) Select(name string) ([]Tenant, error) {
	switch {
	case len(c.Tenants) == 0:
		return nil, fmt.Errorf("the configuration lists no tenant: add one to its section tenants")
	case name == All, name == "" && len(c.Tenants) == 1:
		return c.Tenants, nil
	case name == "":
		return nil, fmt.Errorf("the configuration lists %d tenants (%s): choose with --tenant NAME or --tenant all",
			len(c.Tenants), strings.Join(c.names(), ", "))
	}
	for _, t := range c.Tenants {
		if t.Name == name || strings.EqualFold(t.ID, name) {
			return []Tenant{t}, nil
		}
	}
	if near := text.Nearest(name, c.names()); near != "" {
		return nil, fmt.Errorf("no tenant is called %q: did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("no tenant is called %q: the configuration lists %s", name, strings.Join(c.names(), ", "))
}

func (c Config) names() []string {
	var out []string
	for _, t := range c.Tenants {
		out = append(out, t.Name)
	}
	return out
}
