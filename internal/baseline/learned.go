package baseline

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"vakt/internal/text"
)

// learnedKey is the key of a baseline file that names the file of what was
// learned for each account. It is no parameter: no rule names it.
const learnedKey = "learned"

// learnedFields are the fields whose values are learned for each account,
// under the name that they have in the file.
var learnedFields = []struct{ key, field string }{
	{"country", "location.countryOrRegion"},
	{"asn", "autonomousSystemNumber"},
	{"app", "appId"},
	{"device", "deviceDetail.deviceId"},
}

// LearnedAccount is what was learned for one account, a line of the file that
// the key "learned" names. Times are those of successful sign-ins, in seconds
// since 1970.
type LearnedAccount struct {
	Account string `json:"account"`        // as the field account of a record has it
	Name    string `json:"name,omitempty"` // for people; nothing goes by it
	Since   int64  `json:"since"`          // first success in the logs that were learned
	// Country, ASN, App and Device hold for each value when it was first and
	// last seen.
	Country map[string][2]int64 `json:"country,omitempty"`
	ASN     map[string][2]int64 `json:"asn,omitempty"`
	App     map[string][2]int64 `json:"app,omitempty"`
	Device  map[string][2]int64 `json:"device,omitempty"`
	// More names the kinds of which the account has more values than are kept.
	More []string `json:"more,omitempty"`
}

// of gives the values of a kind.
func (a *LearnedAccount) of(key string) *map[string][2]int64 {
	switch key {
	case "country":
		return &a.Country
	case "asn":
		return &a.ASN
	case "app":
		return &a.App
	}
	return &a.Device
}

// learned is the content of such a file: sixteen bytes a value. Texts are kept
// as hashes whose seed nobody outside the process knows.
type learned struct {
	seed     maphash.Seed
	sum      string // SHA-256 of the file
	accounts map[uint64]learnedSpan
	values   []learnedValue // of an account one after the other, by hash
	newest   int64
}

type learnedSpan struct{ since, from, count uint32 }

type learnedValue struct {
	hash        uint64
	first, last uint32
}

// LearnedFile names the file with what was learned for each account, as the
// baseline does: a path that is relative to the baseline's own folder. It is
// "" where the baseline names none.
func (b *Baseline) LearnedFile() string { return b.learnedFile }

// WithLearned returns a copy of the baseline that knows what was learned for
// each account. The name file is only used in the problems; with problems the
// baseline is nil.
func (b *Baseline) WithLearned(file string, r io.Reader) (*Baseline, []Problem) {
	l := &learned{seed: maphash.MakeSeed(), accounts: map[uint64]learnedSpan{}}
	sum := sha256.New()
	problems := l.read(file, io.TeeReader(r, sum))
	if len(problems) > 0 {
		return nil, problems
	}
	l.sum = hex.EncodeToString(sum.Sum(nil))
	c := *b
	c.learned = l
	return &c, nil
}

// Learned says when an account was first and last seen with a value of a
// field, in a successful sign-in of the logs that were learned; in seconds
// since 1970. It is false where it was not, and for fields that are not
// learned. Learned are location.countryOrRegion, autonomousSystemNumber, appId
// and deviceDetail.deviceId. Texts are compared without case.
func (b *Baseline) Learned(account, field, value string) (first, last int64, ok bool) {
	i := slices.IndexFunc(learnedFields, func(f struct{ key, field string }) bool { return strings.EqualFold(f.field, field) })
	if b.learned == nil || i < 0 {
		return 0, 0, false
	}
	span, ok := b.learned.accounts[b.learned.hash(account)]
	if !ok {
		return 0, 0, false
	}
	values := b.learned.values[span.from : span.from+span.count]
	at, ok := slices.BinarySearchFunc(values, b.learned.hash(learnedFields[i].key, value), func(v learnedValue, h uint64) int {
		return compareHash(v.hash, h)
	})
	if !ok {
		return 0, 0, false
	}
	return int64(values[at].first), int64(values[at].last), true
}

// LearnedSince says when an account was first seen to sign in successfully in
// the logs that were learned; false where it was not.
func (b *Baseline) LearnedSince(account string) (first int64, ok bool) {
	if b.learned == nil {
		return 0, false
	}
	span, ok := b.learned.accounts[b.learned.hash(account)]
	return int64(span.since), ok
}

func compareHash(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// hash is of texts in lower case.
func (l *learned) hash(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, p := range parts {
		_, _ = h.WriteString(strings.ToLower(p)) // never fails
		_ = h.WriteByte(0)                       // the same
	}
	return h.Sum64()
}

// learnedLine is the longest line of a file of what was learned, in bytes.
const learnedLine = 1 << 20

// read reads the lines; empty ones are passed over.
func (l *learned) read(file string, r io.Reader) (problems []Problem) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), learnedLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := l.line(line); err != nil {
			problems = append(problems, Problem{file, n, err.Error()})
		}
		if len(problems) == maxProblems {
			return append(problems, Problem{file, n, "more problems follow: have the file written again by `vakt baseline learn`"})
		}
	}
	if err := lines.Err(); err != nil {
		problems = append(problems, Problem{file, n + 1, "the file breaks off: " + err.Error()})
	}
	return problems
}

// line takes the values of one account in.
func (l *learned) line(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8: write the file again with `vakt baseline learn`")
	}
	var a LearnedAccount
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return fmt.Errorf("not a line of `vakt baseline learn`: %w", err)
	}
	if d.More() {
		return errors.New("want one account a line, found more behind it")
	}
	if a.Account == "" {
		return errors.New("no account: a line is for one account")
	}
	if !secondsFit(a.Since) {
		return fmt.Errorf("since %d is no time in seconds since 1970", a.Since)
	}
	key := l.hash(a.Account)
	if _, again := l.accounts[key]; again {
		return fmt.Errorf("account %q is on a line before: an account has one", short(a.Account))
	}
	span := learnedSpan{since: uint32(a.Since), from: uint32(len(l.values))}
	for _, f := range learnedFields {
		for value, times := range *a.of(f.key) {
			if !secondsFit(times[0]) || !secondsFit(times[1]) || times[0] > times[1] {
				return fmt.Errorf("%s %q: want when it was first and last seen, in seconds since 1970", f.key, short(value))
			}
			l.values = append(l.values, learnedValue{l.hash(f.key, value), uint32(times[0]), uint32(times[1])})
			l.newest = max(l.newest, times[1])
		}
	}
	own := l.values[span.from:]
	slices.SortFunc(own, func(a, b learnedValue) int { return compareHash(a.hash, b.hash) })
	for i := 1; i < len(own); i++ {
		if own[i].hash == own[i-1].hash {
			return errors.New("a value is there twice, in upper and lower case: an account has each once")
		}
	}
	span.count = uint32(len(own))
	l.accounts[key] = span
	return nil
}

func secondsFit(t int64) bool { return t >= 0 && t <= math.MaxUint32 }

// learnedName reads the value of the key "learned".
func (d *decoder) learnedName(n *yaml.Node) {
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || n.Value == "":
		d.fail(n.Line, "%s: want the name of the file that `vakt baseline learn` wrote, such as baseline.learned.jsonl, found %s", learnedKey, found(n))
	case strings.ContainsFunc(n.Value, func(r rune) bool { return r < ' ' }):
		d.fail(n.Line, "%s: the name %q holds a control character", learnedKey, text.Terminal(short(n.Value)))
	default:
		d.learned = n.Value
	}
}
