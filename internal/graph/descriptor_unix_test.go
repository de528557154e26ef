//go:build unix

package graph

import (
	"os"
	"syscall"
	"testing"

	"vakt/internal/tenant"
)

func TestSecretFromADescriptor(t *testing.T) {
	f, err := os.Open(secretFile(t, "s3cret\n", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()                         //nolint:errcheck // read only
	handed, err := syscall.Dup(int(f.Fd())) // readSecret closes what it was handed
	if err != nil {
		t.Fatal(err)
	}
	got, err := readSecret(tenant.Credential{FD: handed}, CredentialOptions{}, true)
	if err != nil || string(got) != "s3cret\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := readSecret(tenant.Credential{FD: handed}, CredentialOptions{}, true); err == nil {
		t.Error("the descriptor can be read twice")
	}
}
