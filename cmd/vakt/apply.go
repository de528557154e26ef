package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/spf13/cobra"

	"vakt/internal/action"
	"vakt/internal/daemon"
	"vakt/internal/graph"
	"vakt/internal/plan"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

func (a *app) applyCommand() *cobra.Command {
	var policy, dry bool
	var alerts string
	cmd := &cobra.Command{
		Use:   "apply PLAN | --policy",
		Short: "Carry out an approved plan, one account after the other, and verify each",
		Long: "Reads each account afresh, changes it only where nothing has moved since the plan\n" +
			"was made, writes every step to the journal before it is sent, and verifies each wave\n" +
			"(1, 5, 25, the rest) before the next. Interrupted, it can be applied again: what was\n" +
			"done is not done twice. The token that can write exists only while this runs.\n\n" +
			"Exit code: 0 everything is as planned, 1 failed, 3 some accounts were left out or\n" +
			"are not verified.\n\n" +
			"With --policy it does what keep_blocked in the configuration says: new resource\n" +
			"accounts are told of after some minutes (--alerts) and blocked once their grace is\n" +
			"over. --dry-run tells what it would do.",
		Example: "  vakt apply block.plan\n  vakt scan && vakt apply --policy --dry-run",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case policy && len(args) == 0:
				return a.applyPolicy(cmd.Context(), dry, alerts)
			case policy || dry || alerts != "" || len(args) != 1:
				return usage("vakt apply needs a plan, or --policy [--dry-run] [--alerts FILE]")
			}
			return a.apply(cmd.Context(), args[0])
		},
	}
	cmd.Flags().BoolVar(&policy, "policy", false, "do what keep_blocked in the configuration says")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "with --policy: tell what it would do, and send nothing")
	cmd.Flags().StringVar(&alerts, "alerts", "", "with --policy: append an alert to this file, a JSON line, for each account that is open for longer than alert_after")
	return cmd
}

func (a *app) apply(ctx context.Context, path string) error {
	p, err := readPlan(path)
	if err != nil {
		return err
	}
	return a.withDoor(ctx, p.Tenant, func(d *door) error {
		d.deps.Progress = a.rows(p)
		report, err := plan.Apply(ctx, d.deps, p)
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("%w: nothing new was sent; `vakt apply %s` goes on where it was", err, path)
		}
		return a.told(report, err)
	})
}

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify RUN", Short: "Read again what a run changed: does it stand, and does everybody who should still get in?",
		Args: oneArg("vakt verify needs a run: `vakt runs` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDoor(cmd.Context(), "", func(d *door) error {
				report, err := plan.Verify(cmd.Context(), d.deps, args[0])
				return a.told(report, err)
			})
		},
	}
}

func (a *app) rollbackCommand() *cobra.Command {
	var out, reason string
	var only []string
	cmd := &cobra.Command{
		Use:   "rollback RUN",
		Short: "Make the plan that takes back what a run changed",
		Long: "Makes the inverse plan from the journal: what the run changed, in reverse order, to\n" +
			"the values that it found. It is approved and applied like any other plan, and writes\n" +
			"only where the value is still the one that the run set. Steps that cannot be undone\n" +
			"are named.",
		Example: "  vakt rollback run-20260302-1200 --out back.plan\n  vakt approve back.plan\n  vakt apply back.plan",
		Args:    oneArg("vakt rollback needs a run: `vakt runs` lists them"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rollback(cmd.Context(), plan.Back{Run: args[0], Reason: reason, Only: only}, out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write the plan to; without it, the plan is only shown")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().StringArrayVar(&only, "only", nil, "roll back this account only, by id or user principal name (repeatable)")
	return cmd
}

func (a *app) rollback(ctx context.Context, b plan.Back, out string) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	policy, err := a.policy(c)
	if err != nil {
		return err
	}
	who, err := person()
	if err != nil {
		return failed(err)
	}
	b.Requester, b.Policy, b.Now = who, policy, time.Now()
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	p, err := plan.Inverse(ctx, s.plans, b)
	if err != nil {
		return failed(err)
	}
	return a.keepPlan(ctx, &planFlags{out: out}, s, p)
}

func (a *app) freezeCommand(freeze bool) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "freeze", Short: "Stop every run at once: nothing new is sent until `vakt unfreeze`", Args: cobra.NoArgs}
	if !freeze {
		cmd.Use, cmd.Short = "unfreeze", "Let runs begin again"
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; it stands in the journal")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if reason == "" {
			return usage("vakt %s needs --reason", cmd.Use)
		}
		return a.freeze(cmd.Context(), freeze, reason)
	}
	return cmd
}

func (a *app) freeze(ctx context.Context, freeze bool, reason string) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	tenants, err := a.tenants(c)
	if err != nil {
		return err
	}
	who, err := person()
	if err != nil {
		return failed(err)
	}
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	turn, done := plan.Unfreeze, "Changes may go on in %s."
	if freeze {
		turn, done = plan.Freeze, "Frozen: nothing new is sent to %s. Calls on the wire come to their end."
	}
	for _, t := range tenants {
		if err := turn(ctx, s.plans, t.ID, who, reason, time.Now()); err != nil {
			return failed(fmt.Errorf("tenant %q: %w", t.Name, err))
		}
		a.say(done, text.Terminal(t.Name))
	}
	return nil
}

// policy is what protects accounts, as the configuration has it now.
func (a *app) policy(c *daemon.Config) (plan.Policy, error) {
	p, err := a.posture(&scanFlags{}, c)
	if err != nil {
		return plan.Policy{}, err
	}
	return plan.Policy{Baseline: p.Baseline, Exceptions: p.Exceptions, Config: c.Plan}, nil
}

// door is everything that a run needs of this process.
type door struct {
	deps   plan.Deps
	config *daemon.Config
	state  *state
}

// withDoor opens the tenant for a command that looks at, or carries out, a run.
// The write credential is opened by a run that was let in, and by nothing else.
func (a *app) withDoor(ctx context.Context, id string, do func(*door) error) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	t, err := a.tenantOf(c, id)
	if err != nil {
		return err
	}
	who, err := person()
	if err != nil {
		return failed(err)
	}
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	snapshot, err := s.newest(ctx, t)
	if err != nil {
		return failed(err)
	}
	access, err := a.access(t)
	if err != nil {
		return failed(err)
	}
	return do(&door{config: c, state: s, deps: plan.Deps{
		Journal: s.plans, Access: access, Snapshot: snapshot, Actor: who, Now: time.Now,
		Policy:  func() (plan.Policy, error) { return a.policy(c) },
		Lock:    filepath.Join(filepath.Dir(s.db.Path()), "vakt-"+t.ID+".lock"),
		Ballast: filepath.Join(filepath.Dir(s.db.Path()), "vakt-"+t.ID+".ballast"),
		Witness: daemon.Witness(action.NewEye(access), access.Read),
	}})
}

// access is the way to a tenant, with the write side shut.
func (a *app) access(t tenant.Tenant) (action.Access, error) {
	conn := a.connection()
	r, err := daemon.Connect(t, conn)
	if err != nil {
		return action.Access{}, err
	}
	return action.Access{
		Tenant: t, Read: r, Graph: graph.Options{Now: time.Now, Seed: uint64(time.Now().UnixNano()), Log: conn.Log},
		Write: func(context.Context) (azcore.TokenCredential, error) {
			if t.WriteCredential == nil {
				return nil, fmt.Errorf("tenant %q has no write_credential in the configuration: nothing can be changed", t.Name)
			}
			return graph.NewCredential(t, *t.WriteCredential, graph.CredentialOptions{Prompt: func(_ context.Context, m string) error { conn.Prompt(m); return nil }})
		},
	}, nil
}

// tenantOf is the tenant of a plan, or the one that --tenant chooses.
func (a *app) tenantOf(c *daemon.Config, id string) (tenant.Tenant, error) {
	if id == "" {
		return a.oneTenant(c, "this")
	}
	for _, t := range c.Tenants.Tenants {
		if strings.EqualFold(t.ID, id) {
			return t, nil
		}
	}
	return tenant.Tenant{}, failed(fmt.Errorf("the plan is for tenant %s, which the configuration does not list", id))
}

// rows tells of each row of a plan's run as it stands in the journal.
func (a *app) rows(p *plan.Plan) func(plan.Row) {
	names := map[string]string{}
	for i := range p.Changes {
		names[p.Changes[i].Subject.ID] = p.Changes[i].UPN
	}
	return func(r plan.Row) {
		switch r.Phase {
		case plan.Intent, plan.Sent, plan.Started, plan.Finished, plan.Resumed:
			return
		}
		note := ""
		if r.Note != "" && r.Phase != plan.Verified {
			note = ": " + text.Terminal(inWords(r.Note))
		}
		a.say("%s  %-9s %s  %s%s", r.Time.UTC().Format("15:04:05"), r.Phase, r.Action, text.Terminal(orDefault(names[r.Subject], r.Subject)), note)
	}
}

// told shows what became of a run, also where it ended with an error.
func (a *app) told(report *plan.Report, err error) error {
	var held *plan.HeldError
	if errors.As(err, &held) || report == nil && err != nil {
		return failed(err)
	}
	if report == nil {
		return nil
	}
	if showErr := a.printRun(report); showErr != nil {
		return failed(showErr)
	}
	switch {
	case err != nil:
		return failed(err)
	case !report.Whole():
		return &exit{exitIncomplete, nil}
	}
	return nil
}
