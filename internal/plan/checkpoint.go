package plan

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Checkpoint is what the end of a journal was at a time. Kept where whoever
// can change the journal cannot, it proves that rows up to Seq were removed or
// written anew later. It proves no more than that: not that what the rows say
// is true, nor anything about rows after it.
type Checkpoint struct {
	Seq  int64  // rows in the journal
	Head string // hash of the last one; 64 zeros where there is none
	Time time.Time
	Key  string // who signed it: a public key in base64
}

// noteOrigin is the first line of a checkpoint. It says what is signed, so that
// the signature fits nothing else.
const noteOrigin = "vakt journal"

// Checkpoint signs the end of the journal. The bytes are a signed note as
// transparency logs write them (https://c2sp.org/signed-note), with the number
// of rows, the hash of the last one in base64, and the time as its lines; notes
// can be put one behind the other in a file.
func (s *Store) Checkpoint(ctx context.Context, key ed25519.PrivateKey, now time.Time) ([]byte, error) {
	last := Row{Hash: genesis}
	err := s.each(ctx, `WHERE seq = (SELECT max(seq) FROM plan_journal)`, func(r *Row) error { last = *r; return nil })
	if err != nil {
		return nil, err
	}
	return signNote(Checkpoint{Seq: last.Seq, Head: last.Hash, Time: now}, key)
}

func signNote(c Checkpoint, key ed25519.PrivateKey) ([]byte, error) {
	head, err := hex.DecodeString(c.Head)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: the last row has no hash: %w", err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n%s\n", noteOrigin, c.Seq, base64.StdEncoding.EncodeToString(head), formatTime(c.Time))
	public, err := publicOf(key)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	signature := append(noteID(public), ed25519.Sign(key, []byte(text))...)
	return []byte(text + "\n— " + noteName + " " + base64.StdEncoding.EncodeToString(signature) + "\n"), nil
}

// noteName is what our signatures call the signer. Which key it was tells the
// id in front of the signature.
const noteName = "vakt"

// ErrCheckpoint says that a file of checkpoints cannot be believed.
var ErrCheckpoint = errors.New("not a checkpoint that one of the given keys signed")

// ParseCheckpoints reads the notes of a file. Every one must be signed by one
// of the keys, which are public keys in base64.
func ParseCheckpoints(data []byte, keys ...string) ([]Checkpoint, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("it is not text: %w", ErrCheckpoint)
	}
	var list []Checkpoint
	for len(data) > 0 {
		text, rest, found := bytes.Cut(data, []byte("\n\n"))
		signature, next, ended := bytes.Cut(rest, []byte("\n"))
		if !found || !ended {
			return nil, fmt.Errorf("checkpoint %d breaks off: %w", len(list)+1, ErrCheckpoint)
		}
		c, err := parseNote(string(text)+"\n", string(signature), keys)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %d: %w", len(list)+1, err)
		}
		list = append(list, c)
		data = next
	}
	return list, nil
}

func parseNote(text, signature string, keys []string) (Checkpoint, error) {
	c, err := openNote(text, signature, keys)
	if err != nil {
		return Checkpoint{}, err
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 4 || lines[0] != noteOrigin {
		return Checkpoint{}, fmt.Errorf("it is about something else than a journal: %w", ErrCheckpoint)
	}
	if c.Seq, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Seq < 0 || strconv.FormatInt(c.Seq, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("the number of rows is %q: %w", lines[1], ErrCheckpoint)
	}
	head, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(head) != 32 {
		return Checkpoint{}, fmt.Errorf("the hash of the last row is %q: %w", lines[2], ErrCheckpoint)
	}
	c.Head = hex.EncodeToString(head)
	if c.Time, err = time.Parse(journalTime, lines[3]); err != nil {
		return Checkpoint{}, fmt.Errorf("the time is %q: %w", lines[3], ErrCheckpoint)
	}
	return c, nil
}

// openNote checks the signature under a text.
func openNote(text, line string, keys []string) (Checkpoint, error) {
	encoded, ours := strings.CutPrefix(line, "— "+noteName+" ")
	signature, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ours || err != nil || len(signature) != 4+ed25519.SignatureSize {
		return Checkpoint{}, fmt.Errorf("it has no signature: %w", ErrCheckpoint)
	}
	for _, k := range keys {
		public, err := ParsePublicKey(k)
		if err != nil {
			return Checkpoint{}, err
		}
		if bytes.Equal(noteID(public), signature[:4]) && ed25519.Verify(public, []byte(text), signature[4:]) {
			return Checkpoint{Key: k}, nil
		}
	}
	return Checkpoint{}, ErrCheckpoint
}
