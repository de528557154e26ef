package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/plan"
	"vakt/internal/text"
)

func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "runs", Short: "List what was carried out", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd.Context()) }}
	show := &cobra.Command{Use: "show RUN", Short: "Show what became of every change of a run", Args: oneArg("vakt runs show needs a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withState(cmd.Context(), func(s *state) error {
				report, err := plan.Tell(cmd.Context(), s.plans, args[0])
				if err != nil {
					return failed(err)
				}
				return a.printRun(report)
			})
		}}
	tick := &cobra.Command{Use: "tick PLAN STEP NOTE", Short: "Record that a step by hand was done", Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error { return a.tick(cmd.Context(), args[0], args[1], args[2]) }}
	cmd.AddCommand(show, tick)
	return cmd
}

func (a *app) listRuns(ctx context.Context) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	runs := []plan.Run{}
	for _, t := range c.Tenants.Tenants {
		some, err := s.plans.Runs(ctx, t.ID)
		if err != nil {
			return failed(err)
		}
		runs = append(runs, some...)
	}
	slices.SortFunc(runs, func(x, y plan.Run) int { return x.Started.Compare(y.Started) })
	head := []string{"run", "kind", "started", "by", "tenant", "undoes"}
	row := func(r plan.Run) []string {
		return []string{r.ID, r.Kind, r.Started.UTC().Format(time.RFC3339), r.Actor.Name, r.Tenant, r.Undoes}
	}
	return show(a, view[plan.Run]{items: runs, head: head, row: row, table: func(w io.Writer) error { return a.table(w, head, rowsOf(runs, row)) }})
}

func (a *app) tick(ctx context.Context, path, step, note string) error {
	p, err := readPlan(path)
	if err != nil {
		return err
	}
	who, err := person()
	if err != nil {
		return failed(err)
	}
	return a.withState(ctx, func(s *state) error {
		if err := s.plans.Tick(ctx, p, step, who, note, time.Now()); err != nil {
			return failed(err)
		}
		a.say("Recorded.")
		return nil
	})
}

// phaseMarks are how the last phase of a change looks.
var phaseMarks = map[plan.Phase]mark{
	plan.Verified: {"✓", "32"}, plan.Acked: {"●", "33"}, plan.Unsettled: {"?", "1;31"}, plan.Intent: {"?", "1;31"}, plan.Diverged: {"✗", "1;31"},
	plan.Rejected: {"✗", "31"}, plan.Ineffective: {"✗", "31"}, plan.Denied: {"✗", "31"}, plan.Drifted: {"–", "33"}, plan.Protected: {"–", "33"}, plan.Gone: {"–", "90"}, plan.Left: {"–", "90"}, plan.Undone: {"↶", "36"},
}

func (a *app) printRun(r *plan.Report) error {
	if a.output == "json" || a.output == "jsonl" {
		return a.json(r, map[string]string{"json": "  "}[a.output])
	}
	head := []string{"account", "action", "phase", "value", "delegates", "refused", "note"}
	rows := rowsOf(r.Changes, a.outcomeRow)
	if a.output == "csv" {
		return view[[]string]{items: rows, head: head, row: func(row []string) []string { return row }}.csv(a.out)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s%s, %s, started %s by %s\n", a.paint("1", "Run "+r.Run.ID), r.Run.Kind, text.Terminal(inWords(why(r.Why))), r.State,
		r.Run.Started.UTC().Format("2006-01-02 15:04 UTC"), text.Terminal(r.Run.Actor.Name))
	fmt.Fprintf(&b, "  %s, %s sent\n", tally(r), plural(r.Sent, "write", "writes"))
	if _, err := io.WriteString(a.out, b.String()); err != nil {
		return err
	}
	if err := a.table(a.out, head, rows); err != nil {
		return err
	}
	if left := residual(r); left != "" {
		if _, err := fmt.Fprintf(a.out, "\n%s\n", strings.Join(wrap(text.Terminal(left), a.width()), "\n")); err != nil {
			return err
		}
	}
	for _, m := range r.Manual {
		if _, err := fmt.Fprintf(a.out, "by hand, open: %s  %s\n", text.Terminal(m.ID), text.Terminal(m.Do)); err != nil {
			return err
		}
	}
	return nil
}

// residual is what the verified steps leave open, once.
func residual(r *plan.Report) string {
	for i := range r.Changes {
		if o := &r.Changes[i]; o.Phase == plan.Verified && o.Note != "" {
			return "What is left open: " + o.Note
		}
	}
	return ""
}

// tally counts the changes by their last phase.
func tally(r *plan.Report) string {
	var parts []string
	for _, p := range []plan.Phase{plan.Verified, plan.Acked, plan.Unsettled, plan.Diverged, plan.Drifted, plan.Protected, plan.Gone, plan.Denied, plan.Rejected, plan.Ineffective, plan.Left, plan.Undone} {
		if n := r.Count(p); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p))
		}
	}
	if parts == nil {
		return "no change"
	}
	return strings.Join(parts, ", ")
}

func (a *app) outcomeRow(o plan.Outcome) []string {
	phase := string(o.Phase)
	if phase == "" {
		phase = "not begun"
	}
	if m := phaseMarks[o.Phase]; m.shape != "" {
		phase = m.shape + " " + phase
	}
	delegates, refused := "", ""
	if o.Witness != nil {
		delegates, refused = "not read", "not read"
		if kept := o.Kept(); kept.Known {
			delegates = map[bool]string{true: "unchanged", false: "CHANGED"}[kept.Value]
		}
		if o.Witness.Refused.Known {
			refused = strconv.Itoa(o.Witness.Refused.Value)
		}
	}
	note := o.Note
	if o.Phase == plan.Verified {
		note = "" // the same for all: see residual
	}
	return []string{orDefault(o.Change.UPN, o.Change.Subject.ID), o.Change.Action, phase, string(o.Value), delegates, refused, note}
}
