package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/daemon"
	"vakt/internal/plan"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

// planFlags are the flags of vakt plan.
type planFlags struct {
	scanFlags
	from      string
	out       string
	limit     int
	overrides []string
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what would be changed, account by account, before anything is",
		Long: "Makes a plan of what the newest scan proposes: blocking the sign-in of every account\n" +
			"with the verdict block. Or of a list of accounts, with --from FILE. Protected\n" +
			"accounts are left out and named. Nothing is changed: a plan is a file that is\n" +
			"approved, applied, verified and rolled back.\n\n" +
			"A plan is made only of a complete scan, and only where two emergency accounts are\n" +
			"declared in the baseline (break_glass_accounts).",
		Example: "  vakt plan --out block.plan\n" +
			"  vakt plan show block.plan\n" +
			"  vakt plan --from accounts.csv --out block.plan",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.makePlan(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "scan", "scan, or a file that lists accounts: CSV with the columns account, action, reason, or one account a line")
	flags.StringVar(&f.out, "out", "", "file to write the plan to; without it, the plan is only shown")
	flags.StringVar(&f.baseline, "baseline", "", "what is normal here; default: the configuration's")
	flags.StringVar(&f.exceptions, "exceptions", "", "what is meant to be as it is; default: the configuration's")
	flags.IntVar(&f.limit, "limit", 0, "let this plan change this many accounts; the approver types the same number")
	flags.StringArrayVar(&f.overrides, "override", nil, "ACCOUNT=REASON: plan a protected account all the same (repeatable)")
	var page string
	show := &cobra.Command{Use: "show PLAN", Short: "Show a plan", Args: oneArg("vakt plan show needs a plan"),
		RunE: func(_ *cobra.Command, args []string) error { return a.showPlan(args[0], page) }}
	show.Flags().StringVar(&page, "html", "", "write it as one HTML file instead")
	cmd.AddCommand(show)
	return cmd
}

func (a *app) makePlan(ctx context.Context, f *planFlags) error {
	if f.limit < 0 {
		return usage("--limit %d: give the number of accounts that this plan may change", f.limit)
	}
	if f.out != "" {
		if err := checkPlaces(f.out); err != nil {
			return err
		}
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	t, err := a.oneTenant(c, "vakt plan")
	if err != nil {
		return err
	}
	in, err := a.planInput(f, c)
	if err != nil {
		return err
	}
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	if in.Snapshot, err = s.newest(ctx, t); err != nil {
		return failed(err)
	}
	checks, err := loadChecks()
	if err != nil {
		return err
	}
	posture := daemon.Posture{Checks: checks, Baseline: in.Policy.Baseline, Exceptions: in.Policy.Exceptions, Now: in.Now}
	if in.Result, err = posture.Judge(in.Snapshot); err != nil {
		return failed(err)
	}
	p, err := plan.Build(*in)
	if err != nil {
		return failed(err)
	}
	return a.keepPlan(ctx, f, s, p)
}

// planInput is what the flags and the configuration say about a plan.
func (a *app) planInput(f *planFlags, c *daemon.Config) (*plan.Input, error) {
	posture, err := a.posture(&f.scanFlags, c)
	if err != nil {
		return nil, err
	}
	who, err := person()
	if err != nil {
		return nil, failed(err)
	}
	in := &plan.Input{Policy: plan.Policy{Baseline: posture.Baseline, Exceptions: posture.Exceptions, Config: c.Plan}, Requester: who, Limit: f.limit, Now: time.Now()}
	for _, o := range f.overrides {
		account, reason, ok := strings.Cut(o, "=")
		if !ok || strings.TrimSpace(reason) == "" {
			return nil, usage("--override %q: give ACCOUNT=REASON", o)
		}
		in.Overrides = append(in.Overrides, plan.Lift{Account: account, Override: plan.Override{By: who, Reason: reason}})
	}
	if f.from == "scan" {
		return in, nil
	}
	data, err := readFile("the list of accounts", f.from)
	if err != nil {
		return nil, err
	}
	if in.Wanted, err = plan.ParseWanted(f.from, data); err != nil {
		return nil, failed(err)
	}
	return in, nil
}

// keepPlan shows a plan and writes it to its file.
func (a *app) keepPlan(ctx context.Context, f *planFlags, s *state, p *plan.Plan) error {
	if err := s.plans.SavePlan(ctx, p, time.Now()); err != nil {
		return failed(err)
	}
	if f.out != "" {
		if err := writeWhole(f.out, p.Write); err != nil {
			return failed(fmt.Errorf("write the plan to %q: %w", f.out, err))
		}
	}
	if err := a.printPlan(p); err != nil {
		return failed(err)
	}
	switch {
	case len(p.Changes) == 0:
		a.say("Nothing to change.")
	case f.out == "":
		a.say("Not kept: --out FILE writes the plan, so that it can be approved and applied.")
	case p.Within() != nil:
		a.say("Wrote %s, to be looked at: it is beyond the limit, and nobody can approve it.", text.Terminal(f.out))
	default:
		a.say("Wrote %s. Next: vakt approve %s", text.Terminal(f.out), text.Terminal(f.out))
	}
	return nil
}

func (a *app) printPlan(p *plan.Plan) error {
	switch a.output {
	case "json", "jsonl":
		return a.json(p, map[string]string{"json": "  "}[a.output])
	case "csv":
		return usage("a plan is shown as table or json")
	}
	return plan.Show(a.out, p)
}

func readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unread("the plan", path, err)
	}
	defer f.Close() //nolint:errcheck // read only
	p, err := plan.Read(f)
	if isOfFile(err) {
		return nil, unread("the plan", path, err)
	}
	if err != nil {
		return nil, failed(fmt.Errorf("read the plan %q: %w", path, err))
	}
	return p, nil
}

func (a *app) showPlan(path, page string) error {
	p, err := readPlan(path)
	if err != nil {
		return err
	}
	if page == "" {
		return a.printPlan(p)
	}
	if err := writeWhole(page, func(w io.Writer) error { return plan.HTML(w, p) }); err != nil {
		return failed(fmt.Errorf("write %q: %w", page, err))
	}
	a.say("Wrote %s.", text.Terminal(page))
	return nil
}

// oneTenant is the tenant of a command that works on one.
func (a *app) oneTenant(c *daemon.Config, command string) (tenant.Tenant, error) {
	all, err := a.tenants(c)
	if err != nil {
		return tenant.Tenant{}, err
	}
	if len(all) != 1 {
		return tenant.Tenant{}, usage("%s works on one tenant: choose it with --tenant NAME", command)
	}
	return all[0], nil
}

// person is who runs this process, as the operating system knows them.
func person() (plan.Person, error) {
	u, err := user.Current()
	if err != nil {
		return plan.Person{}, fmt.Errorf("find out who runs this: %w", err)
	}
	name := orDefault(u.Name, u.Username)
	return plan.Person{ID: "os:" + u.Username, Name: name}, nil
}

// approveFlags are the flags of vakt approve.
type approveFlags struct {
	count  int
	reason string
	limit  int
	oneWay bool
	deny   bool
	key    string
}

func (a *app) approveCommand() *cobra.Command {
	var f approveFlags
	cmd := &cobra.Command{
		Use:   "approve PLAN",
		Short: "Say yes, or no, to exactly this plan",
		Long: "Records that somebody approves a plan, or denies it. The approval is bound to the\n" +
			"plan's hash, holds for four hours, and needs the number of changes and a reason,\n" +
			"typed. With approval: two_person in the configuration it must come from an approver\n" +
			"of the list, who did not ask for the plan, signed with --key. A no wins.",
		Example: "  vakt approve block.plan --count 12 --reason 'audit finding 4711'\n" +
			"  vakt approve block.plan --deny --reason 'the reception still uses it'",
		Args: oneArg("vakt approve needs a plan"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.approve(cmd.Context(), args[0], &f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.count, "count", 0, "the number of changes in the plan, typed by whoever approves it")
	flags.StringVar(&f.reason, "reason", "", "why")
	flags.IntVar(&f.limit, "limit", 0, "the number that the plan raises its limit to, typed again")
	flags.BoolVar(&f.oneWay, "one-way", false, "also approve steps that cannot be undone")
	flags.BoolVar(&f.deny, "deny", false, "say no")
	flags.StringVar(&f.key, "key", "", "file with the approver's Ed25519 key (see vakt approve key)")
	key := &cobra.Command{Use: "key FILE", Short: "Make a key for an approver or for checkpoints; prints its public half", Args: oneArg("vakt approve key needs a file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.newKey(args[0]) }}
	cmd.AddCommand(key)
	return cmd
}

func (a *app) approve(ctx context.Context, path string, f *approveFlags) error {
	p, err := readPlan(path)
	if err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	who, sign, err := f.approver()
	if err != nil {
		return err
	}
	if err := a.ask(p, f); err != nil {
		return err
	}
	said := plan.Said{Reason: f.reason, Count: f.count, Limit: f.limit, OneWay: f.oneWay, Denied: f.deny}
	approval, err := plan.NewApproval(p, c.Plan, who, said, time.Now())
	if err != nil {
		return failed(err)
	}
	if err := sign(approval); err != nil {
		return failed(err)
	}
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	if err := errors.Join(s.plans.SavePlan(ctx, p, time.Now()), s.plans.SaveApproval(ctx, p, c.Plan, approval)); err != nil {
		return failed(err)
	}
	if f.deny {
		a.say("Denied. Nothing of this plan will be applied.")
		return nil
	}
	a.say("Approved by %s until %s. Next: vakt apply %s", text.Terminal(who.Name), approval.Expires.Format("2006-01-02 15:04 UTC"), text.Terminal(path))
	return nil
}

// approver is who approves: whoever has the key, else whoever runs this.
func (f *approveFlags) approver() (who plan.Person, sign func(*plan.Approval) error, err error) {
	who, err = person()
	if err != nil || f.key == "" {
		return who, func(*plan.Approval) error { return nil }, err
	}
	data, err := readFile("the approver's key", f.key)
	if err != nil {
		return who, nil, err
	}
	key, err := plan.ParseKey(data)
	if err != nil {
		return who, nil, failed(fmt.Errorf("read the approver's key %q: %w", f.key, err))
	}
	public, err := plan.PublicKey(key)
	if err != nil {
		return who, nil, failed(err)
	}
	parsed, err := plan.ParsePublicKey(public)
	if err != nil {
		return who, nil, failed(err)
	}
	who.ID = plan.KeyID(parsed)
	return who, func(a *plan.Approval) error { return a.Sign(key) }, nil
}

// ask shows the plan and has the number of changes and the reason typed, where
// flags do not give them and a person is there.
func (a *app) ask(p *plan.Plan, f *approveFlags) error {
	if f.reason != "" && (f.count != 0 || f.deny) {
		return nil
	}
	if !terminal(a.in) {
		return usage("approving needs the number of changes and a reason: --count N --reason TEXT")
	}
	if err := plan.Show(a.err, p); err != nil {
		return failed(err)
	}
	if f.count == 0 && !f.deny {
		if err := a.prompt("Type the number of changes to approve: ", "%d", &f.count); err != nil {
			return err
		}
	}
	if f.reason == "" {
		return a.promptLine("Why: ", &f.reason)
	}
	return nil
}

func (a *app) newKey(path string) error {
	private, public, err := makeKey()
	if err != nil {
		return failed(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed(fmt.Errorf("write the key: %w", err))
	}
	_, err = f.Write(private)
	if err = errors.Join(err, f.Close()); err != nil {
		return failed(fmt.Errorf("write the key: %w", err))
	}
	_, err = fmt.Fprintln(a.out, public)
	return err
}
