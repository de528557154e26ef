package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/check"
	"vakt/internal/text"
)

// exceptionFlags are the flags of vakt exceptions.
type exceptionFlags struct {
	file, account, check, rule   string
	owner, reason, ticket, until string
	onlyIf                       []string
}

func (a *app) exceptionsCommand() *cobra.Command {
	var f exceptionFlags
	cmd := &cobra.Command{Use: "exceptions", Short: "What is meant to be as it is: by whom, why and until when", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.PersistentFlags().StringVar(&f.file, "file", "", "the file of exceptions; default: the configuration's")
	list := &cobra.Command{Use: "list", Short: "List the exceptions, those that end first before the others", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listExceptions(&f) }}
	add := &cobra.Command{Use: "add", Short: "Add an exception; owner, reason and end are required", Args: cobra.NoArgs,
		Example: "  vakt exceptions add --account scanner@contoso.com --check resource-signin-enabled-posture \\\n" +
			"    --owner 'IT operations' --reason 'scan to mail by SMTP AUTH' --until 2027-03-01",
		RunE: func(*cobra.Command, []string) error { return a.addException(&f) }}
	end := &cobra.Command{Use: "end", Short: "End an exception today; it stays in the file as a record", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.endException(&f) }}
	for _, c := range []*cobra.Command{add, end} {
		c.Flags().StringVar(&f.account, "account", "", "object id or user principal name")
		c.Flags().StringVar(&f.check, "check", "", "id of a check")
		c.Flags().StringVar(&f.rule, "rule", "", "id of a detection rule")
	}
	add.Flags().StringVar(&f.owner, "owner", "", "who answers for it")
	add.Flags().StringVar(&f.reason, "reason", "", "why it is meant to be so")
	add.Flags().StringVar(&f.ticket, "ticket", "", "where it was decided")
	add.Flags().StringVar(&f.until, "until", "", "the first day on which it no longer holds, such as 2027-03-01")
	add.Flags().StringArrayVar(&f.onlyIf, "only-if", nil, "a condition FACT=VALUE[,VALUE] that ends it when it no longer holds (repeatable)")
	cmd.AddCommand(list, add, end)
	return cmd
}

// exceptionFile is the file to work on.
func (a *app) exceptionFile(f *exceptionFlags) (string, error) {
	if f.file != "" {
		return f.file, nil
	}
	c, err := a.loadConfig()
	if err != nil {
		return "", err
	}
	if c.Exceptions == "" {
		return "", usage("the configuration names no file of exceptions: write exceptions: exceptions.yaml into it, or give --file")
	}
	return c.Exceptions, nil
}

func (a *app) loadExceptions(path string) ([]check.Exception, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readFile("the exceptions", path)
	if err != nil {
		return nil, err
	}
	list, problems := check.ParseExceptions(path, data)
	if len(problems) > 0 {
		all := make([]error, len(problems))
		for i, p := range problems {
			all[i] = p
		}
		return nil, failed(errors.Join(all...))
	}
	return list, nil
}

func (a *app) listExceptions(f *exceptionFlags) error {
	path, err := a.exceptionFile(f)
	if err != nil {
		return err
	}
	all, err := a.loadExceptions(path)
	if err != nil {
		return err
	}
	states := check.States(all, time.Now())
	head := []string{"until", "state", "days", "covers", "owner", "reason", "ticket"}
	row := func(s check.ExceptionState) []string {
		e := s.Exception
		return []string{e.Until.Format(time.DateOnly), s.State, strconv.Itoa(s.Days), e.Covers(), e.Owner, e.Reason, e.Ticket}
	}
	return show(a, view[check.ExceptionState]{items: states, head: head, row: row,
		table: func(w io.Writer) error { return a.table(w, head, rowsOf(states, row)) }})
}

func (a *app) addException(f *exceptionFlags) error {
	path, err := a.exceptionFile(f)
	if err != nil {
		return err
	}
	e, err := f.exception(time.Now())
	if err != nil {
		return err
	}
	if err := known(e.Check); err != nil {
		return err
	}
	if err := checkPlaces(path); err != nil {
		return err
	}
	if err := check.EditExceptions(path, func(data []byte) ([]byte, error) { return check.AddException(path, data, e) }); err != nil {
		return failed(err)
	}
	a.say("Added to %s: %s, until %s.", text.Terminal(path), text.Terminal(e.Covers()), e.Until.Format(time.DateOnly))
	return nil
}

// known refuses the name of a check that is not there: the exception would hide
// nothing, and whoever asked for it would believe that it does.
func known(name string) error {
	if name == "" {
		return nil
	}
	checks, err := loadChecks()
	if err != nil {
		return err
	}
	names := checks.Names()
	if slices.Contains(names, name) {
		return nil
	}
	hint := ""
	near := text.Nearest(name, names)
	if longer := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, name) }); near == "" && longer >= 0 {
		near = names[longer]
	}
	if near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return usage("--check %q is no check%s; docs/checks.md lists them", name, hint)
}

// exception makes an exception of the flags.
func (f *exceptionFlags) exception(now time.Time) (check.Exception, error) {
	e := check.Exception{Account: f.account, Check: f.check, Rule: f.rule, Owner: f.owner, Reason: f.reason, Ticket: f.ticket}
	until, err := time.Parse(time.DateOnly, f.until)
	if err != nil {
		return e, usage("--until %q: give the day on which it ends, such as 2027-03-01: an exception without an end is a hole", f.until)
	}
	if !until.After(now) {
		return e, usage("--until %s is over: give a day to come, the first on which it no longer holds", f.until)
	}
	e.Until = until
	for _, c := range f.onlyIf {
		fact, values, ok := strings.Cut(c, "=")
		if !ok || values == "" {
			return e, usage("--only-if %q: give FACT=VALUE", c)
		}
		e.OnlyIf = append(e.OnlyIf, check.Condition{Fact: fact, Values: strings.Split(values, ",")})
	}
	return e, nil
}

func (a *app) endException(f *exceptionFlags) error {
	path, err := a.exceptionFile(f)
	if err != nil {
		return err
	}
	which := check.Exception{Account: f.account, Check: f.check, Rule: f.rule}
	if f.account == "" && f.check == "" && f.rule == "" {
		return usage("vakt exceptions end needs what it covers: --account, --check or --rule; `vakt exceptions list` shows them")
	}
	if _, err := readFile("the exceptions", path); err != nil {
		return err
	}
	now := time.Now()
	if err := check.EditExceptions(path, func(data []byte) ([]byte, error) { return check.EndException(path, data, which, now) }); err != nil {
		return failed(err)
	}
	a.say("Ended in %s: %s.", text.Terminal(path), text.Terminal(which.Covers()))
	return nil
}
