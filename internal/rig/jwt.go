package rig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// jwtHeader is the part of a JSON web token that says how it was signed.
type jwtHeader struct {
	Algorithm      string `json:"alg"`
	Type           string `json:"typ,omitempty"`
	KeyID          string `json:"kid,omitempty"`
	Thumbprint     string `json:"x5t,omitempty"`      // SHA-1 of the certificate
	ThumbprintS256 string `json:"x5t#S256,omitempty"` // SHA-256 of the certificate
}

// signJWT makes a token signed with ES256. The service signs with RS256;
// clients must treat an access token as opaque save for its claims, and a key
// of this kind is made in microseconds for each of thousands of test tenants.
func signJWT(key *ecdsa.PrivateKey, kid string, claims any) (string, error) {
	header, err := json.Marshal(jwtHeader{Algorithm: "ES256", Type: "JWT", KeyID: kid})
	if err != nil {
		return "", fmt.Errorf("encode token header: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode token claims: %w", err)
	}
	signed := b64(header) + "." + b64(body)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + b64(signature[:]), nil
}

// splitJWT takes a compact token apart without judging it.
func splitJWT(token string) (h jwtHeader, claims []byte, signed string, signature []byte, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return h, nil, "", nil, errors.New("a token has three parts")
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return h, nil, "", nil, fmt.Errorf("token header: %w", err)
	}
	if err := json.Unmarshal(header, &h); err != nil {
		return h, nil, "", nil, fmt.Errorf("token header: %w", err)
	}
	if claims, err = base64.RawURLEncoding.DecodeString(parts[1]); err != nil {
		return h, nil, "", nil, fmt.Errorf("token claims: %w", err)
	}
	if signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return h, nil, "", nil, fmt.Errorf("token signature: %w", err)
	}
	return h, claims, parts[0] + "." + parts[1], signature, nil
}

// verifyJWT tells whether the key made the signature. "none" and every
// algorithm that does not fit the key are refused.
func verifyJWT(key crypto.PublicKey, algorithm, signed string, signature []byte) error {
	digest := sha256.Sum256([]byte(signed))
	switch k := key.(type) {
	case *rsa.PublicKey:
		switch algorithm {
		case "RS256":
			return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], signature)
		case "PS256":
			return rsa.VerifyPSS(k, crypto.SHA256, digest[:], signature, nil)
		}
	case *ecdsa.PublicKey:
		if algorithm == "ES256" && len(signature) == 64 {
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			if ecdsa.Verify(k, digest[:], r, s) {
				return nil
			}
			return errors.New("the signature is not the key's")
		}
	}
	return fmt.Errorf("algorithm %q does not fit the key", algorithm)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
