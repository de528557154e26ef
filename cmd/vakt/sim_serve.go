package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/rig"
	"vakt/internal/sim"
	"vakt/internal/text"
)

// serveFlags are the flags of vakt sim.
type serveFlags struct {
	listen   string
	scenario string
	accounts int
	seed     uint64
	faults   string
	load     string
	absent   string
	config   string
	truth    string
	unpaced  bool
}

func (a *app) simServeCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "The simulated tenant: Graph, Exchange and the login over HTTPS on this machine",
		Long: "Starts a tenant that exists nowhere else: it has accounts, mailboxes, roles and\n" +
			"policies, asks for tokens, checks permissions, throttles, and remembers what is\n" +
			"written to it. It listens on loopback only, over HTTPS with a certificate\n" +
			"authority of its own, until it is interrupted.\n\n" +
			"With --load it is a copy of a tenant that `vakt scan --export` wrote, so that a\n" +
			"change can be rehearsed.",
		Example: "  vakt sim --config-out vakt.yaml\n" +
			"  vakt sim --scenario all-traps --faults calm --config-out vakt.yaml\n" +
			"  vakt sim --load copy/ --config-out vakt.yaml --truth written.jsonl",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simServe(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "address on this machine; port 0 takes a free one")
	flags.StringVar(&f.scenario, "scenario", "small-business", "name of the scenario")
	flags.IntVar(&f.accounts, "accounts", 0, "number of accounts; 0 is the scenario's")
	flags.Uint64Var(&f.seed, "seed", 1, "another seed gives another tenant of the same kind")
	flags.StringVar(&f.faults, "faults", "off", "how often requests fail: off, calm (1 %), rough (20 %) or hell (60 %)")
	flags.StringVar(&f.load, "load", "", "serve the tenant of a folder that `vakt scan --export` wrote")
	flags.StringVar(&f.absent, "absent", "forbidden", "with --load, what a part that is not there answers: forbidden (403) or empty")
	flags.StringVar(&f.config, "config-out", "", "write a ready configuration, with certificates beside it, to this file")
	flags.StringVar(&f.truth, "truth", "", "append every write that reaches the tenant to this file, as JSON Lines")
	flags.BoolVar(&f.unpaced, "unlimited", false, "do not throttle")
	return cmd
}

func (a *app) simServe(ctx context.Context, f *serveFlags) (err error) {
	profile, err := rig.ProfileByName(f.faults)
	if err != nil {
		return usage("--faults: %w", err)
	}
	state, labels, err := f.state()
	if err != nil {
		return err
	}
	if f.truth != "" {
		file, err := os.OpenFile(f.truth, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return failed(fmt.Errorf("open the truth: %w", err))
		}
		defer file.Close() //nolint:errcheck // each line is written as it happens
		state.TruthTo(file)
	}
	serving, err := rig.Serve(ctx, f.listen, state, rig.ServerOptions{Seed: f.seed, Faults: profile, Unlimited: f.unpaced,
		OnUnknown: func(request string) { a.insist("unknown request: %s", text.Terminal(request)) }})
	if err != nil {
		return failed(err)
	}
	if err := a.announce(serving, labels, f); err != nil {
		return failed(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serving.Wait() }()
	select {
	case err := <-ended:
		return failed(fmt.Errorf("the simulated tenant ended: %w", err))
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := errors.Join(serving.Stop(stopping), <-ended); err != nil {
		return failed(err)
	}
	return nil
}

// announce writes the configuration and says, on standard output, where the
// tenant is: a script that waits for the line can go on.
func (a *app) announce(s *rig.Serving, labels []rig.Label, f *serveFlags) error {
	if f.config != "" {
		if err := s.WriteConfig(f.config, "simulated"); err != nil {
			return err
		}
		if err := declare(f.config, labels); err != nil {
			return err
		}
		a.say("Wrote %s. Now, beside this: vakt --config %s scan", text.Terminal(f.config), text.Terminal(f.config))
	}
	_, err := io.WriteString(a.out, "simulated tenant on "+s.URL+"\n")
	return err
}

// declare writes the baseline that goes with a simulated tenant, which says
// which accounts are for emergencies, and names it in the configuration.
func declare(config string, labels []rig.Label) error {
	var accounts []string
	for _, l := range labels {
		if l.Sort == "break_glass" {
			accounts = append(accounts, l.UPN)
		}
	}
	if accounts == nil {
		return nil
	}
	stem := strings.TrimSuffix(filepath.Base(config), filepath.Ext(config))
	name := stem + "-baseline.yaml"
	text := "# What is normal in the simulated tenant.\nbreak_glass_accounts: [" + strings.Join(accounts, ", ") + "]\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), name), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the baseline: %w", err)
	}
	f, err := os.OpenFile(config, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("name the baseline: %w", err)
	}
	_, err = f.WriteString("baseline: " + name + "\n")
	return errors.Join(err, f.Close())
}

// state makes the tenant of a folder or of a scenario, with what is known of
// the accounts of a scenario.
func (f *serveFlags) state() (*rig.State, []rig.Label, error) {
	if f.absent != "forbidden" && f.absent != "empty" {
		return nil, nil, usage("--absent %q is none of forbidden, empty", f.absent)
	}
	o := rig.Options{Clock: time.Now, Seed: f.seed, AbsentEmpty: f.absent == "empty"}
	if f.load != "" {
		folder, err := openFolder("--load", f.load)
		if err != nil {
			return nil, nil, err
		}
		state, err := rig.Load(folder, o)
		if err != nil {
			return nil, nil, failed(fmt.Errorf("load the tenant in %q: %w", f.load, err))
		}
		return state, nil, nil
	}
	s, err := loadScenario(f.scenario, f.accounts, 0)
	if err != nil {
		return nil, nil, err
	}
	state, labels, err := rig.Generate(s, o)
	if err != nil {
		return nil, nil, failed(err)
	}
	return state, labels, nil
}

// loadScenario reads an embedded scenario, resized where numbers are given.
func loadScenario(name string, accounts, days int) (*sim.Scenario, error) {
	if accounts < 0 || days < 0 {
		return nil, usage("--accounts %d, --days %d: give positive numbers, or 0 for those of the scenario", accounts, days)
	}
	folder, err := scenarios()
	if err != nil {
		return nil, failed(err)
	}
	s, err := sim.Load(folder, strings.TrimSpace(name))
	if err != nil {
		return nil, failed(err)
	}
	if accounts > 0 {
		if s, err = s.WithAccounts(accounts); err != nil {
			return nil, usage("--accounts: %w", err)
		}
	}
	if days > 0 {
		if s, err = s.WithDays(days); err != nil {
			return nil, usage("--days: %w", err)
		}
	}
	return s, nil
}
