package check

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// AddException appends an exception to the text of a file. Every byte that
// stands there stays: comments, order and layout. An exception for the same
// thing that has ended is no obstacle once it is ended; one that stands in the
// file at all is, since the file holds one entry for each thing.
func AddException(file string, data []byte, e Exception) ([]byte, error) {
	if err := e.lacks(); err != nil {
		return nil, err
	}
	before, err := parsed(file, data)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(before, func(x Exception) bool { return x.key() == e.key() }); i >= 0 {
		return nil, fmt.Errorf("%s:%d: there is an exception for %s already: change that one", file, before[i].Line, e.Covers())
	}
	indent, flow := listIndent(data)
	if flow {
		return nil, fmt.Errorf("%s: the list is written in brackets: put each entry on a line of its own, beginning with a dash", file)
	}
	out := bytes.TrimRight(bytes.Clone(data), " \t\r\n")
	if len(out) > 0 {
		out = append(out, '\n')
	}
	out = append(out, entryText(e, indent)...)
	return out, sameBut(file, before, out, func(after []Exception) bool {
		return len(after) == len(before)+1 && alikeBut(before, after[:len(before)], -1) && alikeEntry(after[len(before)], e)
	})
}

// EndException ends an exception on a day: its `until` becomes that day, and
// the entry stays as a record. Account, check and rule say which one.
func EndException(file string, data []byte, which Exception, on time.Time) ([]byte, error) {
	before, err := parsed(file, data)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(before, func(x Exception) bool { return x.key() == which.key() })
	switch {
	case at < 0:
		return nil, fmt.Errorf("%s: there is no exception for %s: `vakt exceptions list` shows them", file, which.Covers())
	case !before[at].Until.After(on):
		return nil, fmt.Errorf("%s:%d: the exception for %s ended on %s", file, before[at].Line, which.Covers(), before[at].Until.Format(time.DateOnly))
	}
	day := on.UTC().Truncate(24 * time.Hour)
	out, err := replaceScalar(data, untilNode(data, at), day.Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, before[at].Line, err)
	}
	return out, sameBut(file, before, out, func(after []Exception) bool {
		return alikeBut(before, after, at) && after[at].Until.Equal(day)
	})
}

// EditExceptions changes a file of exceptions in one step: readers see the old
// file or the new one. A file that is not there is an empty one.
func EditExceptions(path string, edit func(data []byte) ([]byte, error)) error {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the exceptions: %w", err)
	}
	out, err := edit(data)
	if err != nil {
		return err
	}
	if err := replaceFile(path, out); err != nil {
		return fmt.Errorf("write the exceptions: %w", err)
	}
	return nil
}

// replaceFile writes beside the file, syncs and renames. The mode stays.
func replaceFile(path string, data []byte) (err error) {
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".exceptions-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func parsed(file string, data []byte) ([]Exception, error) {
	list, problems := ParseExceptions(file, data)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return list, nil
}

// sameBut reads the changed text back and refuses it where anything but the
// change is different.
func sameBut(file string, before []Exception, out []byte, as func(after []Exception) bool) error {
	after, problems := ParseExceptions(file, out)
	if len(problems) > 0 || len(after) < len(before) || !as(after) {
		return fmt.Errorf("%s: its layout cannot be edited without changing other entries: edit it by hand", file)
	}
	return nil
}

// alikeBut compares two lists without regard to lines, and but for one entry's end.
func alikeBut(a, b []Exception, except int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x := a[i]
		if i == except {
			x.Until = b[i].Until
		}
		if !alikeEntry(x, b[i]) {
			return false
		}
	}
	return true
}

func alikeEntry(a, b Exception) bool {
	return a.Account == b.Account && a.Check == b.Check && a.Rule == b.Rule && a.Owner == b.Owner && a.Reason == b.Reason &&
		a.Ticket == b.Ticket && a.Until.Equal(b.Until) &&
		slices.EqualFunc(a.OnlyIf, b.OnlyIf, func(x, y Condition) bool { return x.Fact == y.Fact && slices.Equal(x.Values, y.Values) })
}

// listIndent is how far the dashes of the list stand in, and whether it is
// written in brackets.
func listIndent(data []byte) (indent int, flow bool) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.SequenceNode {
		return 0, false
	}
	root := doc.Content[0]
	return max(root.Column-1, 0), root.Style&yaml.FlowStyle != 0
}

// entryText writes an exception as YAML, with plain texts quoted where YAML
// would read them as something else.
func entryText(e Exception, indent int) string {
	var b strings.Builder
	lead := "- "
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s%s%s: %s\n", strings.Repeat(" ", indent), lead, key, value)
			lead = "  "
		}
	}
	line("account", scalarText(e.Account))
	line("check", scalarText(e.Check))
	line("rule", scalarText(e.Rule))
	line("owner", scalarText(e.Owner))
	line("reason", scalarText(e.Reason))
	line("ticket", scalarText(e.Ticket))
	line("until", untilText(e.Until))
	if len(e.OnlyIf) > 0 {
		fmt.Fprintf(&b, "%s  only_if:\n", strings.Repeat(" ", indent))
	}
	for _, c := range e.OnlyIf {
		values := make([]string, len(c.Values))
		for i, v := range c.Values {
			values[i] = scalarText(v)
		}
		fmt.Fprintf(&b, "%s    %s: [%s]\n", strings.Repeat(" ", indent), c.Fact, strings.Join(values, ", "))
	}
	return b.String()
}

func untilText(t time.Time) string {
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

// scalarText is a text in single quotes, or in double quotes where it holds
// what single ones cannot carry.
func scalarText(s string) string {
	switch {
	case s == "":
		return ""
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError || r > 0x7f && r < 0xa0 }):
		return fmt.Sprintf("%+q", s)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// untilNode is the value of `until` in an entry that was read.
func untilNode(data []byte, entry int) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	list := doc.Content[0].Content
	if entry >= len(list) {
		return nil
	}
	for i := 0; i+1 < len(list[entry].Content); i += 2 {
		if list[entry].Content[i].Value == "until" {
			return list[entry].Content[i+1]
		}
	}
	return nil
}

// replaceScalar puts a plain text where a scalar on one line stands.
func replaceScalar(data []byte, n *yaml.Node, with string) ([]byte, error) {
	if n == nil {
		return nil, errors.New("its end cannot be found in the file")
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	if n.Line < 1 || n.Line > len(lines) {
		return nil, errors.New("its end cannot be found in the file")
	}
	line := lines[n.Line-1]
	at := max(n.Column-1, 0)
	quoted := n.Value
	switch n.Style &^ yaml.FlowStyle {
	case yaml.SingleQuotedStyle:
		quoted = "'" + n.Value + "'"
	case yaml.DoubleQuotedStyle:
		quoted = `"` + n.Value + `"`
	}
	if at > len(line) || !bytes.HasPrefix(line[at:], []byte(quoted)) {
		// Columns count characters; what stands before may be wider.
		if at = bytes.LastIndex(line, []byte(quoted)); at < 0 {
			return nil, errors.New("its end is written in a way that cannot be edited: edit the file by hand")
		}
	}
	changed := slices.Concat(line[:at], []byte(with), line[at+len(quoted):])
	lines[n.Line-1] = changed
	return bytes.Join(lines, nil), nil
}
