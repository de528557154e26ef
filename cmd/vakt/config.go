package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"vakt/internal/daemon"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

// configName is the name of the configuration wherever it lies.
const configName = "vakt.yaml"

// exampleConfig is what vakt config init writes.
const exampleConfig = `# The configuration of Vakt. Every path is taken from the folder of this file.
tenants:
  - name: contoso                # what --tenant takes
    id: 11111111-2222-3333-4444-555555555555
    cloud: global                # global, usgov, usgovdod, china or custom
    # The application that reads: ` + "`vakt permissions --emit az`" + ` writes its set-up.
    # Kinds: certificate, managed_identity, workload, secret, device_code, cli.
    credential: {kind: certificate, client_id: 22222222-3333-4444-5555-666666666666, file: vakt-read.pem}

# What is normal here, and who is who: ` + "`vakt baseline show --example`" + `.
# baseline: baseline.yaml

# What is meant to be as it is, by whom and until when: ` + "`vakt exceptions add`" + `.
# exceptions: exceptions.yaml

# Where snapshots are kept; without it, the place of the system for state.
# state: {dsn: vakt.db}
`

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "The configuration", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	check := &cobra.Command{Use: "check", Short: "Check the configuration and show what it amounts to, without secrets", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.checkConfig() }}
	initial := &cobra.Command{Use: "init [FILE]", Short: "Write a commented configuration to start from", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.initConfig(append(args, cmp.Or(a.config, configName))[0])
		}}
	cmd.AddCommand(check, initial)
	return cmd
}

// findConfig is the configuration's path: what --config says, else the first
// of the usual places that has one.
func (a *app) findConfig() (string, error) {
	if a.config != "" {
		return a.config, nil
	}
	places := []string{configName}
	if dir, err := os.UserConfigDir(); err == nil {
		places = append(places, filepath.Join(dir, "vakt", configName))
	}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("no configuration: there is none of %q: write one with `vakt config init`, or look at a copy of a tenant with --offline DIR", places)
}

func (a *app) loadConfig() (*daemon.Config, error) {
	path, err := a.findConfig()
	if err != nil {
		return nil, usage("%w", err)
	}
	data, err := readFile("the configuration", path)
	if err != nil {
		return nil, err
	}
	c, err := daemon.ParseConfig(path, data)
	if err != nil {
		return nil, failed(err)
	}
	return c, nil
}

// tenants are the tenants that --tenant chooses.
func (a *app) tenants(c *daemon.Config) ([]tenant.Tenant, error) {
	all, err := c.Tenants.Select(a.tenant)
	if err != nil {
		return nil, usage("%w", err)
	}
	return all, nil
}

// statePath is where snapshots are kept.
func statePath(c *daemon.Config) (string, error) {
	if c != nil && c.State != "" {
		return c.State, nil
	}
	dir, err := stateFolder()
	if err != nil {
		return "", fmt.Errorf("find the folder for state: %w: name a database under state: dsn: in the configuration", err)
	}
	return filepath.Join(dir, "vakt", "vakt.db"), nil
}

// stateFolder is where programs keep their state: $XDG_STATE_HOME, by default
// ~/.local/state, and %LocalAppData% on Windows.
func stateFolder() (string, error) {
	if runtime.GOOS == "windows" {
		return os.UserCacheDir()
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state"), nil
}

func (a *app) checkConfig() error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	state, err := statePath(c)
	if err != nil {
		return failed(err)
	}
	head := []string{"setting", "value"}
	rows := [][]string{{"file", c.File}, {"state", state}, {"baseline", orDefault(c.Baseline, "defaults")}, {"exceptions", orDefault(c.Exceptions, "none")}}
	for _, t := range c.Tenants.Tenants {
		rows = append(rows, tenantRows(t)...)
	}
	return show(a, view[[]string]{items: rows, head: head, row: func(r []string) []string { return r },
		table: func(w io.Writer) error { return a.table(w, head, rows) }})
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// tenantRows are a tenant's settings. Credentials are shown by where they lie.
func tenantRows(t tenant.Tenant) [][]string {
	at := "tenants." + t.Name + "."
	rows := [][]string{{at + "id", t.ID}, {at + "cloud", t.Cloud.Name}, {at + "graph", t.Cloud.Graph}, {at + "login", t.Cloud.Login}, {at + "exchange", t.Cloud.Exchange},
		{at + "credential", credentialText(&t.Credential)}}
	if t.WriteCredential != nil {
		rows = append(rows, []string{at + "write_credential", credentialText(t.WriteCredential)})
	}
	if t.RolesCredential != nil {
		rows = append(rows, []string{at + "roles_credential", credentialText(t.RolesCredential)})
	}
	return rows
}

func credentialText(c *tenant.Credential) string {
	s := string(c.Kind)
	for _, part := range []struct{ name, value string }{{"client_id", c.ClientID}, {"file", c.File}, {"file_env", c.FileEnv}} {
		if part.value != "" {
			s += " " + part.name + "=" + part.value
		}
	}
	if c.FD > 0 {
		s += fmt.Sprintf(" fd=%d", c.FD)
	}
	return s
}

// initConfig writes the example. It never writes over a file.
func (a *app) initConfig(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return failed(fmt.Errorf("%s exists already: it is left as it is", path))
	}
	if err != nil {
		return failed(fmt.Errorf("write the configuration: %w", err))
	}
	_, err = io.WriteString(f, exampleConfig)
	if err = errors.Join(err, f.Close()); err != nil {
		return failed(fmt.Errorf("write the configuration: %w", err))
	}
	a.say("Wrote %s: fill in the tenant, then `vakt doctor`.", text.Terminal(path))
	return nil
}

func (a *app) checkLogLevel() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usage("--log-level %q is none of debug, info, warn, error", a.logLevel)
	}
	return nil
}

// logger writes to standard error what --log-level asks for.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	_ = level.UnmarshalText([]byte(a.logLevel)) // checked by checkLogLevel
	if a.quiet {
		level = max(level, slog.LevelError)
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
}
