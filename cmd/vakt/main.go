// Command vakt guards the accounts of a Microsoft Entra tenant: it reads logs
// and says what is wrong, in words that can be acted upon.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The exit codes; a promise to scripts.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitIncomplete = 3 // done, but part of the data or work is missing
	exitFindings   = 4 // alerts at or above --fail-on
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// app is what all commands share: the streams and the global flags.
type app struct {
	in       io.Reader
	out, err io.Writer

	output   string
	jq       string
	quiet    bool
	noColor  bool
	config   string
	tenant   string
	logLevel string

	began bool // the flags and arguments were understood
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	stdout := &stream{w: out}
	a := &app{in: in, out: stdout, err: errw}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetErr(errw)
	cmd, err := root.ExecuteContextC(ctx)
	code := a.ended(cmd, err)
	if stdout.err != nil && code != exitUsage {
		if !errors.Is(err, stdout.err) {
			a.complain(fmt.Errorf("write to standard output: %w", stdout.err))
		}
		return exitFailed
	}
	return code
}

// ended says what went wrong and is the exit code. What has none of its own is
// wrong usage until the flags and arguments were understood.
func (a *app) ended(cmd *cobra.Command, err error) int {
	var e *exit
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		if e.err != nil {
			a.complain(e.err)
		}
		return e.code
	case errors.Is(err, context.Canceled):
		a.complain(errors.New("interrupted: nothing was left half done"))
		return exitFailed
	}
	if a.began {
		a.complain(err)
		return exitFailed
	}
	a.complain(misused(cmd, err))
	return exitUsage
}

// stream is standard output. It remembers that it could not be written, also
// where nobody asks: a script must not take half an answer for a whole one.
type stream struct {
	w   io.Writer
	err error
}

func (s *stream) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err
}

// exit is an error with its exit code; err is nil where all has been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func failed(err error) error { return &exit{exitFailed, err} }

func usage(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

func (a *app) root() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "vakt",
		Short: "Guards the accounts of a Microsoft Entra tenant",
		Long: "Vakt finds the accounts of a Microsoft Entra and Microsoft 365 tenant that can be\n" +
			"signed in to though nobody should, and says for each whether blocking it hurts\n" +
			"anybody. It reads the tenant's logs, in any shape in which they are exported, and\n" +
			"says what is wrong with which account and why. It needs no network and no\n" +
			"configuration to read what was exported.",
		Example: "  vakt scan\n" +
			"  vakt report --lang sv\n" +
			"  vakt detect signins.json audit.json.gz exports/\n" +
			"  vakt rules show password-spray",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return a.printVersion()
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&version, "version", false, "print the version of this program")
	flags := root.PersistentFlags()
	flags.StringVarP(&a.output, "output", "o", "table", "form of the output: table, json, jsonl or csv")
	flags.StringVar(&a.jq, "jq", "", "filter the JSON output with a jq expression")
	flags.BoolVar(&a.quiet, "quiet", false, "say nothing on standard error but errors and what is missing")
	flags.BoolVar(&a.noColor, "no-color", false, "no colours (also NO_COLOR)")
	flags.StringVar(&a.config, "config", "", "configuration file; default: vakt.yaml here, then in your own configuration folder")
	flags.StringVar(&a.tenant, "tenant", "", "name or id of a tenant of the configuration, or all")
	flags.StringVar(&a.logLevel, "log-level", "warn", "what the log on standard error tells: debug, info, warn or error")
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if err := errors.Join(a.checkOutput(), a.checkLogLevel()); err != nil {
			return err
		}
		a.began = true
		return nil
	}
	root.AddCommand(a.detectCommand(), a.scanCommand(), a.reportCommand(), a.planCommand(), a.approveCommand(), a.applyCommand(), a.verifyCommand(), a.rollbackCommand(), a.runsCommand(),
		a.freezeCommand(true), a.freezeCommand(false), a.journalCommand(), a.doctorCommand(), a.permissionsCommand(), a.exceptionsCommand(),
		a.rulesCommand(), a.baselineCommand(), a.configCommand(), a.simCommand(), a.versionCommand())
	a.strict(root)
	return root
}

// terminal says whether a stream is one that a person looks at.
func terminal(w any) bool {
	f, ok := fileOf(w)
	return ok && term.IsTerminal(int(f.Fd()))
}

// fileOf is the file behind a stream.
func fileOf(w any) (*os.File, bool) {
	if s, ok := w.(*stream); ok {
		w = s.w
	}
	f, ok := w.(*os.File)
	return f, ok
}

// width is how many columns the output has; 100 where it is no terminal, or
// one on which nothing can be laid out.
func (a *app) width() int {
	if f, ok := fileOf(a.out); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w >= 24 {
			return w
		}
	}
	return 100
}

func (a *app) colours() bool {
	f, ok := fileOf(a.out)
	return ok && !a.noColor && os.Getenv("NO_COLOR") == "" && terminal(f) && understandsEscapes(f)
}
