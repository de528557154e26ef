package plan

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
)

// NewKey makes an Ed25519 key for approvals or checkpoints: the private half as
// a PEM file (PKCS #8), and the public half as the configuration has it.
// Randomness comes from random, such as crypto/rand.Reader.
func NewKey(random io.Reader) (private []byte, public string, err error) {
	pub, key, err := ed25519.GenerateKey(random)
	if err != nil {
		return nil, "", fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, "", fmt.Errorf("make a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), base64.StdEncoding.EncodeToString(pub), nil
}

// ParseKey reads what NewKey wrote. The error never holds any of the key.
func ParseKey(private []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(private)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		return nil, errors.New("want one PEM block PRIVATE KEY with an Ed25519 key")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the PEM block holds no PKCS #8 key")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the key is no Ed25519 key")
	}
	return key, nil
}

// ParsePublicKey reads a public key as the configuration has it.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is no Ed25519 public key: want 32 bytes in base64", text)
	}
	return key, nil
}

// PublicKey is the public half of a key, as the configuration has it.
func PublicKey(key ed25519.PrivateKey) (string, error) {
	public, err := publicOf(key)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(public), nil
}

// KeyID is the Person.ID of whoever has a key.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return "key:" + hex.EncodeToString(sum[:])
}

func publicOf(key ed25519.PrivateKey) (ed25519.PublicKey, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("there is no key to sign with")
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the key is no Ed25519 key")
	}
	return public, nil
}

// noteID is the short id of a key in a signed note.
func noteID(public ed25519.PublicKey) []byte {
	sum := sha256.Sum256(append([]byte(noteName+"\n\x01"), public...))
	return sum[:4]
}
