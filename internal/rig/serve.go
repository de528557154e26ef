package rig

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Serving is a simulated tenant that answers on loopback over HTTPS.
type Serving struct {
	// URL is where the login stands, without a slash at the end; the services
	// are below it: URL/graph, URL/exchange, URL/compliance, URL/manage.
	URL string
	// Tenant is the tenant's id.
	Tenant string
	// CA is the certificate that clients have to trust, as PEM.
	CA []byte
	// Read and Write are the private key and certificate of the two
	// applications, as PEM; empty where ServerOptions named applications.
	Read, Write []byte
	// Server is what answers.
	Server *Server

	http *http.Server
	done chan error
}

// Serve answers for a tenant on an address of this machine, such as
// "127.0.0.1:8443" (port 0 takes a free one), until Stop. Where the options
// name no applications, ReadApp and WriteApp are registered with certificates
// made for the occasion.
func Serve(ctx context.Context, listen string, state *State, o ServerOptions) (*Serving, error) {
	if err := onLoopback(listen); err != nil {
		return nil, err
	}
	sv := &Serving{Tenant: state.TenantID(), done: make(chan error, 1)}
	now := state.Now()
	if len(o.Apps) == 0 {
		if err := sv.register(&o, now); err != nil {
			return nil, err
		}
	}
	certificate, ca, err := serverCertificate(now)
	if err != nil {
		return nil, err
	}
	sv.CA = ca
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", listen, err)
	}
	sv.URL = "https://" + listener.Addr().String()
	sv.Server = Handler(state, o)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // in HTTP/2 a cut stream is no cut connection
	sv.http = &http.Server{
		Handler: sv.Server, ReadHeaderTimeout: 30 * time.Second, Protocols: protocols,
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that hang up are no news here
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	go func() { sv.done <- sv.http.ServeTLS(listener, "", "") }()
	return sv, nil
}

// onLoopback refuses an address that others could reach: whoever gets through
// would hold a tenant's worth of names.
func onLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("the address %q to listen on must be host:port: %w", listen, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the simulated tenant listens on loopback only, not on %q: use 127.0.0.1:PORT", listen)
	}
	return nil
}

// Wait returns when the server has ended by itself, or by Stop.
func (sv *Serving) Wait() error {
	err := <-sv.done
	sv.done <- err
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Stop ends the server: requests that are being answered have until the
// context ends. It may be called twice.
func (sv *Serving) Stop(ctx context.Context) error {
	err := sv.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, sv.http.Close())
	}
	return errors.Join(err, sv.Wait())
}

// register adds the two applications, each with a certificate of its own.
func (sv *Serving) register(o *ServerOptions, now time.Time) error {
	read, write := ReadApp(), WriteApp()
	for _, a := range []struct {
		app *App
		pem *[]byte
	}{{&read, &sv.Read}, {&write, &sv.Write}} {
		certificate, text, err := NewCredential(a.app.Name, now)
		if err != nil {
			return err
		}
		a.app.Certificate, *a.pem = certificate, text
	}
	o.Apps = []App{read, write}
	return nil
}

// NewCredential makes a certificate with which an application can prove
// itself, valid for a year from now, and the private key with it as PEM.
func NewCredential(name string, now time.Time) (*x509.Certificate, []byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key for %q: %w", name, err)
	}
	template := certificateTemplate(name, now)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate for %q: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read the certificate for %q: %w", name, err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the key for %q: %w", name, err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return certificate, append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...), nil
}

func certificateTemplate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

// serverCertificate makes an authority and the server's certificate under it;
// the authority's key is forgotten.
func serverCertificate(now time.Time) (tls.Certificate, []byte, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make the authority's key: %w", err)
	}
	ca := certificateTemplate("Simulated tenant CA", now)
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make the authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make the server's key: %w", err)
	}
	leaf := certificateTemplate("localhost", now)
	leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make the server's certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der, caDER}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), nil
}

// WriteConfig writes a configuration that leads to the simulated tenant, and
// beside it the files that it names: the authority, and the credentials of
// the two applications, which only the owner can read.
func (sv *Serving) WriteConfig(path, name string) error {
	dir, stem := filepath.Dir(path), strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	files := []struct {
		name string
		data []byte
	}{{stem + "-ca.pem", sv.CA}, {stem + "-read.pem", sv.Read}, {stem + "-write.pem", sv.Write}, {filepath.Base(path), sv.config(stem, name)}}
	for _, f := range files {
		write := func(w io.Writer) error {
			_, err := w.Write(f.data)
			return err
		}
		if err := writeFile(filepath.Join(dir, f.name), write); err != nil {
			return fmt.Errorf("configuration of the simulated tenant: %w", err)
		}
	}
	return nil
}

// config is the configuration. Files stand beside it.
func (sv *Serving) config(stem, name string) []byte {
	credential := func(app App, file string) string {
		return fmt.Sprintf("{kind: certificate, client_id: %s, file: %s}", app.ClientID, strconv.Quote(stem+file))
	}
	return fmt.Appendf(nil, `# A simulated tenant. It is gone when the command that wrote this ends.
tenants:
  - name: %s
    id: %s
    cloud: custom
    endpoints:
      login: %[3]s
      graph: %[3]s/graph
      exchange: %[3]s/exchange
      compliance: %[3]s/compliance
      manage: %[3]s/manage
    ca: %[4]s
    credential: %[5]s
    write_credential: %[6]s
`, strconv.Quote(name), sv.Tenant, sv.URL, strconv.Quote(stem+"-ca.pem"), credential(ReadApp(), "-read.pem"), credential(WriteApp(), "-write.pem"))
}
