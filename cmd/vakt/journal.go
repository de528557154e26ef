package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/plan"
	"vakt/internal/text"
)

// journalFlags are the flags of vakt journal.
type journalFlags struct {
	checkpoints string
	keys        []string
	key         string
}

func (a *app) journalCommand() *cobra.Command {
	var f journalFlags
	cmd := &cobra.Command{Use: "journal", Short: "The record of everything that was asked, allowed and done", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	verify := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Check that no row was changed, removed, inserted or moved",
		Long: "Checks the hash chain of the journal, or of a file that `vakt journal export` wrote,\n" +
			"which needs no configuration and no network. Rows that were removed from the end,\n" +
			"and a chain that was written anew as a whole, show only against checkpoints that\n" +
			"were kept elsewhere: --checkpoints FILE --key PUBLIC.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verifyJournal(cmd.Context(), append(args, "")[0], &f)
		},
	}
	verify.Flags().StringVar(&f.checkpoints, "checkpoints", "", "file of checkpoints that were kept elsewhere")
	verify.Flags().StringArrayVar(&f.keys, "key", nil, "public key that may have signed them (repeatable)")
	export := &cobra.Command{Use: "export FILE", Short: "Write the journal as JSON Lines", Args: oneArg("vakt journal export needs a file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.exportJournal(cmd.Context(), args[0]) }}
	checkpoint := &cobra.Command{Use: "checkpoint FILE", Short: "Append a signed note of where the journal ends now; keep the file elsewhere",
		Args: oneArg("vakt journal checkpoint needs a file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.checkpoint(cmd.Context(), args[0], f.key) }}
	checkpoint.Flags().StringVar(&f.key, "key", "", "file with an Ed25519 key (see vakt approve key)")
	cmd.AddCommand(verify, export, checkpoint)
	return cmd
}

// withState runs something on the state of the configuration.
func (a *app) withState(ctx context.Context, do func(*state) error) error {
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	s, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer s.close()
	return do(s)
}

func (a *app) verifyJournal(ctx context.Context, file string, f *journalFlags) error {
	var known []plan.Checkpoint
	if f.checkpoints != "" {
		data, err := readFile("the checkpoints", f.checkpoints)
		if err != nil {
			return err
		}
		if known, err = plan.ParseCheckpoints(data, f.keys...); err != nil {
			return failed(fmt.Errorf("read the checkpoints %q: %w", f.checkpoints, err))
		}
	}
	if file != "" {
		in, err := os.Open(file)
		if err != nil {
			return unread("the journal", file, err)
		}
		defer in.Close() //nolint:errcheck // read only
		audit, err := plan.VerifyFile(in, known...)
		if isOfFile(err) {
			return unread("the journal", file, err)
		}
		return a.showAudit(audit, err)
	}
	return a.withState(ctx, func(s *state) error {
		audit, err := s.plans.Verify(ctx, known...)
		return a.showAudit(audit, err)
	})
}

func (a *app) showAudit(audit *plan.Audit, err error) error {
	if err != nil {
		return failed(fmt.Errorf("look through the journal: %w", err))
	}
	if a.output == "json" || a.output == "jsonl" {
		if err := a.json(audit, ""); err != nil {
			return failed(err)
		}
	}
	for _, fault := range audit.Faults {
		a.insist("line %d, row %d: %s", fault.Line, fault.Seq, text.Terminal(fault.What))
	}
	if !audit.OK() {
		return failed(fmt.Errorf("the journal is not what was written: %s", plural(len(audit.Faults)+audit.More, "place", "places")))
	}
	a.say("The chain of %s is whole, and agrees with %s.", plural(int(audit.Rows), "row", "rows"), plural(audit.Checkpoints, "checkpoint", "checkpoints"))
	if audit.Checkpoints == 0 {
		a.say("Without checkpoints, rows removed from the end would not show.")
	}
	return nil
}

func (a *app) exportJournal(ctx context.Context, path string) error {
	if err := checkPlaces(path); err != nil {
		return err
	}
	return a.withState(ctx, func(s *state) error {
		if err := writeWhole(path, func(w io.Writer) error { return s.plans.Export(ctx, w) }); err != nil {
			return failed(fmt.Errorf("write the journal to %q: %w", path, err))
		}
		a.say("Wrote %s.", text.Terminal(path))
		return nil
	})
}

func (a *app) checkpoint(ctx context.Context, path, keyFile string) error {
	if keyFile == "" {
		return usage("vakt journal checkpoint needs --key FILE: `vakt approve key FILE` makes one")
	}
	data, err := readFile("the key", keyFile)
	if err != nil {
		return err
	}
	key, err := plan.ParseKey(data)
	if err != nil {
		return failed(fmt.Errorf("read the key %q: %w", keyFile, err))
	}
	return a.withState(ctx, func(s *state) error {
		note, err := s.plans.Checkpoint(ctx, key, time.Now())
		if err != nil {
			return failed(err)
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return failed(fmt.Errorf("write the checkpoint: %w", err))
		}
		_, err = f.Write(note)
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return failed(fmt.Errorf("write the checkpoint: %w", err))
		}
		a.say("Appended a checkpoint to %s. Keep it where whoever can change the journal cannot.", text.Terminal(path))
		return nil
	})
}
