package rig

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Who says by whom and through which request a write came.
type Who struct {
	// Principal is the object id of the service principal or user.
	Principal string
	// Method and Path are those of the request; of a cmdlet the path ends in
	// its name.
	Method, Path string
}

// Entry is one write that reached the tenant, applied or refused. It is a
// line of the file of --truth.
type Entry struct {
	Time      time.Time       `json:"time"`
	Principal string          `json:"principal"`
	Method    string          `json:"method"`
	Path      string          `json:"path"`
	Subject   string          `json:"subject"` // id of what was written
	Before    json.RawMessage `json:"before"`  // the members that the write names, as they were; null where there was nothing
	After     json.RawMessage `json:"after"`   // the same afterwards
	Applied   bool            `json:"applied"`
}

// truthLog keeps entries, and passes each on as it comes.
type truthLog struct {
	mu      sync.Mutex
	entries []Entry
	to      io.Writer
	err     error
}

// Truth returns every write so far, in the order in which they came.
func (s *State) Truth() []Entry {
	s.truth.mu.Lock()
	defer s.truth.mu.Unlock()
	return slices.Clone(s.truth.entries)
}

// TruthTo makes each further write a line of JSON in w. What fails there is
// kept for TruthErr.
func (s *State) TruthTo(w io.Writer) {
	s.truth.mu.Lock()
	defer s.truth.mu.Unlock()
	s.truth.to = w
}

// TruthErr returns the first error of the writer that TruthTo was given.
func (s *State) TruthErr() error {
	s.truth.mu.Lock()
	defer s.truth.mu.Unlock()
	return s.truth.err
}

// Refused records a write that reached the tenant and changed nothing. Before
// is what stands, after what was asked for; nil is null.
func (s *State) Refused(w Who, subject string, before, after Object) {
	s.record(w, subject, before, after, false)
}

func (s *State) record(w Who, subject string, before, after Object, applied bool) {
	e := Entry{Time: s.Now(), Principal: w.Principal, Method: w.Method, Path: w.Path, Subject: subject,
		Before: orNull(before), After: orNull(after), Applied: applied}
	l := &s.truth
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	if l.to == nil || l.err != nil {
		return
	}
	if err := json.NewEncoder(l.to).Encode(e); err != nil {
		l.err = fmt.Errorf("write truth: %w", err)
	}
}

func orNull(o Object) json.RawMessage {
	if o == nil {
		return json.RawMessage("null")
	}
	return json.RawMessage(o)
}
