package directory

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf16"
)

// Folder is a folder of exports, by Vakt or by somebody else. It reads files
// as they are asked for and keeps none of them.
type Folder struct {
	fsys     fs.FS
	manifest *manifest
}

const manifestFile = "manifest.json"

// manifest tells what became of each part.
type manifest struct {
	Tenant string                  `json:"tenant"`
	Taken  string                  `json:"taken"`
	Parts  map[string]manifestPart `json:"parts"`
}

type manifestPart struct {
	State string `json:"state"` // complete, partial or absent
	Why   string `json:"why,omitempty"`
	Count *int   `json:"count,omitempty"`
	// Licence is the licence for want of which the service refused the part.
	Licence string `json:"licence,omitempty"`
}

// OpenFolder reads the manifest of a folder of exports. Without one, a file
// that is there counts as complete. A folder that holds none of the known
// files is an error.
func OpenFolder(fsys fs.FS) (*Folder, error) {
	f := &Folder{fsys: fsys}
	data, err := fs.ReadFile(fsys, manifestFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if !slices.ContainsFunc(parts, func(p partKind) bool { return f.exists(p.name) }) {
			return nil, fmt.Errorf("no %s, %s, %s or %s in it: give a folder written by `vakt scan --export`",
				manifestFile, UsersPart, MailboxesPart, AssignmentsPart)
		}
		return f, nil
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", manifestFile, err)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &f.manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if f.manifest == nil || f.manifest.Parts == nil {
		return nil, fmt.Errorf("%s names no parts", manifestFile)
	}
	return f, nil
}

func (f *Folder) exists(name string) bool {
	_, err := fs.Stat(f.fsys, name)
	return err == nil
}

// About tells what the manifest says.
func (f *Folder) About() (tenant, taken string) {
	if f.manifest == nil {
		return "", ""
	}
	return f.manifest.Tenant, f.manifest.Taken
}

// State tells what became of a part as the manifest has it. A part that says
// complete can still turn out broken when it is read.
func (f *Folder) State(name string) PartState {
	p := PartState{Name: name, State: StateAbsent, Why: StateAbsent, Count: -1}
	there := f.exists(name)
	if name == ActivityPart && !f.named(name) {
		return PartState{Name: name, State: StateComplete, Count: -1} // users.json tells
	}
	if f.manifest == nil {
		if there {
			p.State, p.Why = StateComplete, ""
		}
		return p
	}
	m, listed := f.manifest.Parts[name]
	if !listed {
		switch {
		case there && isBrought(name):
			p.State, p.Why = StateComplete, ""
		case there:
			p.Why = "the manifest does not name it"
		}
		return p
	}
	p.State, p.Why, p.Licence = m.State, m.Why, m.Licence
	if m.Count != nil && there {
		p.Count = *m.Count
	}
	switch m.State {
	case StateComplete:
		if !there && name != ActivityPart {
			p.State, p.Why = StateAbsent, "the manifest names it, but there is no such file"
		}
	case StatePartial:
		p.Why = cmp.Or(p.Why, StatePartial)
	default:
		p.State, p.Why = StateAbsent, cmp.Or(p.Why, m.State, StateAbsent)
	}
	return p
}

// named is true where the folder says anything about the part.
func (f *Folder) named(name string) bool {
	if f.manifest != nil {
		_, listed := f.manifest.Parts[name]
		return listed || isBrought(name) && f.exists(name)
	}
	return f.exists(name)
}

// isBrought is true of parts that people put beside an export.
func isBrought(name string) bool {
	kind, _ := kindOfPart(name)
	return kind.need == brought
}

// Each reads a file item by item.
func (f *Folder) Each(name string, do func(Item) error) (err error) {
	file, err := f.fsys.Open(name)
	if name == ActivityPart && errors.Is(err, fs.ErrNotExist) {
		return nil // it lies within users.json
	} else if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err := utf8Of(bufio.NewReaderSize(file, 64<<10))
	if err != nil {
		return err
	}
	kind, _ := kindOfPart(name)
	return eachItem(text, kind.shape, do)
}

// utf8Of takes the mark off the beginning of a file, and turns the UTF-16 that
// older PowerShell writes into UTF-8.
func utf8Of(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		_, err := r.Discard(3)
		return r, err
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		return bytes.NewReader(fromUTF16(data)), nil
	}
	return r, nil
}

func fromUTF16(data []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 0xfe {
		order = binary.BigEndian
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

var (
	errNoList   = errors.New("holds no list")
	errNextPage = errors.New("partial: the list has a next page")
)

// eachItem walks over the documents of a file. Pages that follow each other
// are one list, whose last page must not name another.
func eachItem(r io.Reader, s shape, do func(Item) error) error {
	d := &walker{Decoder: json.NewDecoder(r), do: do}
	if s == lines {
		return d.lines()
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return d.end()
		} else if err != nil {
			return broken(err)
		}
		if err := d.document(token, s); err != nil {
			return err
		}
		d.documents++
	}
}

func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("broken: it ends in the middle")
	}
	return fmt.Errorf("broken: %w", err)
}

// walker reads the items of a file without holding more than one.
type walker struct {
	*json.Decoder
	do        func(Item) error
	documents int
	goesOn    bool // the last page names a next one
}

func (w *walker) end() error {
	switch {
	case w.goesOn:
		return errNextPage
	case w.documents == 0:
		return errNoList
	}
	return nil
}

// lines reads one object after the other. A page or an array among them counts
// as its items.
func (w *walker) lines() error {
	for {
		var raw json.RawMessage
		if err := w.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return broken(err)
		}
		items, isList := elements(raw)
		if !isList {
			items = []json.RawMessage{raw}
		}
		for _, item := range items {
			if err := w.do(Item{"", item}); err != nil {
				return err
			}
		}
	}
}

func (w *walker) document(first json.Token, s shape) error {
	switch {
	case first == json.Delim('[') && s != owned:
		w.goesOn = false
		return w.array()
	case first == json.Delim('{') && s == owned:
		return w.owners()
	case first == json.Delim('{'):
		return w.page(s)
	}
	return errNoList
}

// array hands over the elements up to the closing bracket.
func (w *walker) array() error {
	for w.More() {
		var raw json.RawMessage
		if err := w.Decode(&raw); err != nil {
			return broken(err)
		}
		if err := w.do(Item{"", raw}); err != nil {
			return err
		}
	}
	_, err := w.Token()
	if err != nil {
		return broken(err)
	}
	return nil
}

// owners reads {account id: body}. The body is handed over whole: it may be a
// list, or tell that the account could not be read.
func (w *walker) owners() error {
	return w.members(func(name string) error {
		var raw json.RawMessage
		if err := w.Decode(&raw); err != nil {
			return broken(err)
		}
		if strings.HasPrefix(name, "@") {
			return nil
		}
		if name == "error" {
			return refusal(raw)
		}
		return w.do(Item{cleanID(name), raw})
	})
}

// identified is true for an object that is an item: PowerShell writes a list of
// one as that one.
func identified(o map[string]json.RawMessage) bool {
	for name, value := range o {
		switch strings.ToLower(name) {
		case "id", "externaldirectoryobjectid", "userprincipalname", "identity":
			if !isNull(value) {
				return true
			}
		}
	}
	return false
}

// page reads {"value":[…]}. Without such a list the object is an item itself
// where the part is a single object, or the object says which one it is.
func (w *walker) page(s shape) error {
	w.goesOn = false
	found := false
	rest := map[string]json.RawMessage{}
	err := w.members(func(name string) error {
		if strings.EqualFold(name, "value") && !found {
			found = true
			return w.value()
		}
		var raw json.RawMessage
		if err := w.Decode(&raw); err != nil {
			return broken(err)
		}
		w.goesOn = w.goesOn || strings.EqualFold(name, "@odata.nextLink") && !isNull(raw)
		rest[name] = raw
		return nil
	})
	switch {
	case err != nil:
		return err
	case rest["error"] != nil:
		return refusal(rest["error"])
	case found:
		return nil
	case s == list && !identified(rest):
		return errNoList
	}
	raw, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	return w.do(Item{"", raw})
}

// value reads the list of a page.
func (w *walker) value() error {
	token, err := w.Token()
	if err != nil {
		return broken(err)
	}
	if token != json.Delim('[') {
		return errNoList
	}
	return w.array()
}

// members walks over an object; each must read the value of the name.
func (w *walker) members(each func(name string) error) error {
	for w.More() {
		token, err := w.Token()
		if err != nil {
			return broken(err)
		}
		name, isName := token.(string)
		if !isName {
			return errNoList
		}
		if err := each(name); err != nil {
			return err
		}
	}
	if _, err := w.Token(); err != nil {
		return broken(err)
	}
	return nil
}

// refusal is an error body where a list should be.
func refusal(raw json.RawMessage) error {
	var e struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(raw, &e); err != nil || e.Code == "" {
		return errNoList
	}
	return fmt.Errorf("holds the error %q", e.Code)
}
