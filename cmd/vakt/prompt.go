package main

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"vakt/internal/plan"
)

// promptLine asks a person for a line of text.
func (a *app) promptLine(question string, answer *string) error {
	_, _ = fmt.Fprint(a.err, question)
	line, err := bufio.NewReader(io.LimitReader(a.in, 4096)).ReadString('\n')
	if err != nil && line == "" {
		return usage("no answer")
	}
	*answer = strings.TrimSpace(line)
	return nil
}

// prompt asks a person for a value of a form.
func (a *app) prompt(question, form string, value any) error {
	var line string
	if err := a.promptLine(question, &line); err != nil {
		return err
	}
	if _, err := fmt.Sscanf(line, form, value); err != nil {
		return usage("%q is no answer to that", line)
	}
	return nil
}

func makeKey() (private []byte, public string, err error) { return plan.NewKey(rand.Reader) }
