package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// strict makes the two commands that cobra brings refuse a word they do not
// know, as all others do: help and completion would show a page and succeed.
func (a *app) strict(root *cobra.Command) {
	root.SetOut(a.out) // the scripts of completion go where the output is now
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err != nil || len(rest) > 0 {
					return usage("help for %q: %s has no such command; `%s --help` lists those it has", strings.Join(args, " "), found.CommandPath(), found.CommandPath())
				}
				return nil
			}
		case "completion":
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// misused adds to what cobra says of wrong usage where the right one is told.
func misused(cmd *cobra.Command, err error) error {
	return fmt.Errorf("%w; `%s --help` tells how it is used", err, cmd.CommandPath())
}
