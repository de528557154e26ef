package directory

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Export writes the parts to a folder, in the services' own list shapes and
// with a manifest that tells what became of each. Every file is written whole
// or not at all, and the manifest last: until it is there the folder is not
// believed. A folder that holds an export is written over, save what people have
// put beside it.
//
// Sign-in activity is put into the objects of users.json, where Graph has it.
// An object that comes twice is written as it came last.
func Export(dir string, p Parts) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := os.Remove(filepath.Join(dir, manifestFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("export: %w", err)
	}
	x := &exporter{dir: dir, parts: p, manifest: manifest{Parts: map[string]manifestPart{}}}
	x.manifest.Tenant, x.manifest.Taken = p.About()
	for _, kind := range parts {
		if err := x.part(kind); err != nil {
			return fmt.Errorf("export %s: %w", kind.name, err)
		}
	}
	err := writeFile(filepath.Join(dir, manifestFile), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(x.manifest)
	})
	if err != nil {
		return fmt.Errorf("export %s: %w", manifestFile, err)
	}
	return nil
}

type exporter struct {
	dir      string
	parts    Parts
	manifest manifest
}

// part writes one part, or takes the file of an earlier export away.
func (x *exporter) part(kind partKind) error {
	p := x.parts.State(kind.name)
	path := filepath.Join(x.dir, kind.name)
	if named, ok := x.parts.(interface{ named(string) bool }); ok && !named.named(kind.name) {
		if kind.need == brought {
			return nil // it is not ours
		}
		return remove(path)
	}
	count := 0
	written := p.State != StateAbsent && kind.name != ActivityPart
	if written {
		err := writeFile(path, func(w io.Writer) (err error) {
			count, err = x.items(w, kind)
			return err
		})
		if err != nil {
			return err
		}
	} else if err := remove(path); err != nil {
		return err
	}
	m := manifestPart{State: p.State, Why: p.Why, Licence: p.Licence}
	if written {
		m.Count = &count
	}
	x.manifest.Parts[kind.name] = m
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// items writes the items of a part in its shape and tells how many.
func (x *exporter) items(w io.Writer, kind partKind) (int, error) {
	activity, err := x.activity(kind.name)
	if err != nil {
		return 0, err
	}
	last, err := x.lastOf(kind)
	if err != nil {
		return 0, err
	}
	s := shapes[kind.shape]
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.WriteString(s.before) // Flush tells of errors
	at, count := 0, 0
	err = x.parts.Each(kind.name, func(item Item) error {
		at++
		if id := identity(kind, item); id != "" && last[id] != at {
			return nil
		}
		if count > 0 {
			_, _ = out.WriteString(s.between)
		}
		count++
		return writeItem(out, kind, item, activity)
	})
	if err != nil {
		return 0, err
	}
	_, _ = out.WriteString(s.after)
	return count, out.Flush()
}

// shapes are the texts around and between the items of a file.
var shapes = map[shape]struct{ before, between, after string }{
	list:   {"{\"value\":[\n", ",\n", "\n]}\n"},
	single: {"{\"value\":[\n", ",\n", "\n]}\n"},
	owned:  {"{\n", ",\n", "\n}\n"},
	lines:  {"", "\n", "\n"},
}

func writeItem(out *bufio.Writer, kind partKind, item Item, activity map[string]json.RawMessage) error {
	raw := item.Raw
	if activity != nil {
		if o, err := parseObject(raw); err == nil && !o.has("signinactivity") {
			value := activity[o.id("id")]
			if value == nil {
				value = json.RawMessage("{}") // not read: the account was made meanwhile
			}
			if raw, err = withMember(raw, "signInActivity", value); err != nil {
				return err
			}
		}
	}
	if kind.shape == owned {
		name, err := json.Marshal(item.Owner)
		if err != nil {
			return err
		}
		_, _ = out.Write(append(name, ':'))
	}
	_, err := out.Write(oneLine(raw, kind.shape))
	return err
}

// oneLine is the item as it came, save that in JSON Lines it must be one line:
// line ends are only ever between the tokens of JSON.
func oneLine(raw []byte, s shape) []byte {
	if s != lines {
		return raw
	}
	return []byte(strings.NewReplacer("\r", "", "\n", "").Replace(string(raw)))
}

// activity is the sign-in activity by account, where it was read apart; nil
// where it was not.
func (x *exporter) activity(part string) (map[string]json.RawMessage, error) {
	if part != UsersPart {
		return nil, nil
	}
	var out map[string]json.RawMessage
	err := x.parts.Each(ActivityPart, func(item Item) error {
		if out == nil {
			out = map[string]json.RawMessage{}
		}
		o, err := parseObject(item.Raw)
		if err != nil {
			return nil // Decode tells of it
		}
		out[o.id("id")] = json.RawMessage("null") // never signed in
		if o.has("signinactivity") {
			out[o.id("id")] = o.raw("signinactivity")
		}
		return nil
	})
	return out, err
}

// lastOf is the place of the last item of each identity.
func (x *exporter) lastOf(kind partKind) (map[string]int, error) {
	last := map[string]int{}
	at := 0
	err := x.parts.Each(kind.name, func(item Item) error {
		at++
		if id := identity(kind, item); id != "" {
			last[id] = at
		}
		return nil
	})
	return last, err
}

// identity is what makes two items the same object: their owner or id. It is
// empty for items that have neither; of those each is written.
func identity(kind partKind, item Item) string {
	if kind.shape == owned {
		return item.Owner
	}
	if kind.shape != list || kind.name == MailboxesPart || kind.name == CASPart {
		return "" // what Exchange calls Id is a name
	}
	o, err := parseObject(item.Raw)
	if err != nil {
		return ""
	}
	return o.id("id")
}

// writeFile writes a file so that it is there whole or not at all, and only
// its owner may read it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(f.Name()))
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
