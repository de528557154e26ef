package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vakt/internal/text"
)

// How the program speaks: data on standard output, everything else on
// standard error, one thing a line, no exclamation marks. An error says what
// failed, for which thing and what to do next. Texts that come from logs go
// through text.Terminal before they are shown.

// complain writes an error, joined ones a line each.
func (a *app) complain(err error) {
	var e *exit
	if errors.As(err, &e) && e.err != nil {
		err = e.err
	}
	many, joined := err.(interface{ Unwrap() []error })
	if joined && strings.Contains(err.Error(), "\n") {
		for _, one := range many.Unwrap() {
			a.complain(one)
		}
		return
	}
	_, _ = fmt.Fprintf(a.err, "vakt: %s\n", text.Terminal(inWords(err.Error())))
}

// inWords says of an interruption what it was.
func inWords(why string) string {
	return strings.ReplaceAll(why, context.Canceled.Error(), "interrupted")
}

// say writes a line to standard error, unless --quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		a.insist(format, args...)
	}
}

// insist writes a line to standard error, also with --quiet.
func (a *app) insist(format string, args ...any) {
	_, _ = fmt.Fprintf(a.err, format+"\n", args...)
}

// plural writes a number and the word for it.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number with its thousands set apart: 1,234,567.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// list joins words and cuts the tail to a number: "a, b and 3 more".
func list(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return strings.Join(words[:most], ", ") + " and " + thousands(len(words)-most) + " more"
}

// size writes a number of bytes for people, in powers of 1000.
func size(bytes int64) string {
	n, unit := float64(bytes), 0
	units := []string{"B", "kB", "MB", "GB", "TB"}
	for n >= 999.5 && unit < len(units)-1 {
		n, unit = n/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.3g %s", n, units[unit])
}

// wrap breaks a text into lines of at most a width, between words. A word
// that is longer is cut.
func wrap(words string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(words) {
		word = text.Cut(word, width)
		switch {
		case line == "":
			line = word
		case text.Width(line)+1+text.Width(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
