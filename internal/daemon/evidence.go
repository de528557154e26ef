package daemon

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vakt/internal/directory"
	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/source"
)

// ReadEvidence reads exported logs, of any shape that detection reads, for
// what they say about the use of accounts. The ledger tells what could not be
// read; what was not read is no evidence that nothing happened.
func ReadEvidence(ctx context.Context, files source.Files, inputs []string) (*directory.Evidence, *source.Ledger, error) {
	schema := event.NewSchema()
	schema.Dates = files.Dates
	w, err := newWitness(schema)
	if err != nil {
		return nil, nil, err
	}
	files.Parallel = 1
	ledger, err := files.Read(ctx, inputs, w)
	if err != nil {
		return nil, nil, err
	}
	return w.evidence, ledger, nil
}

// witness takes records for evidence, one input after the other.
type witness struct {
	evidence *directory.Evidence
	layout   *event.Layout
	fields   map[string]event.Field
	record   event.Record
	entry    *source.Entry
	seen     map[event.Key]struct{}
}

// The fields that evidence is made of, by log.
var witnessed = map[event.Log][]string{
	event.SignIn:  {"userId", "userPrincipalName", "clientAppUsed", "isInteractive", "status.errorCode"},
	event.Unified: {"Operation", "LogonType", "MailboxOwnerUPN", "UserId", "ObjectId", "parameters.Type", "parameters.Identity"},
}

func newWitness(schema *event.Schema) (*witness, error) {
	w := &witness{evidence: directory.NewEvidence(), fields: map[string]event.Field{}, seen: map[event.Key]struct{}{}}
	var all []event.Field
	for log, names := range witnessed {
		for _, name := range names {
			f, ok := schema.Lookup(log, name)
			if !ok {
				return nil, fmt.Errorf("the %s log has no field %q", log, name)
			}
			w.fields[log.String()+" "+name] = f
			all = append(all, f)
		}
	}
	layout, err := schema.Layout(all...)
	if err != nil {
		return nil, err
	}
	w.layout = layout
	return w, nil
}

// Begin takes the next input.
func (w *witness) Begin(e *source.Entry, _ source.Place) source.Sink {
	w.entry = e
	return w
}

// End has nothing to wait for.
func (w *witness) End() {}

// Batch takes records, each into exactly one column of the ledger.
func (w *witness) Batch(b *extract.Batch) error {
	defer b.Release()
	for i := range b.Items {
		w.item(&b.Items[i])
	}
	return nil
}

func (w *witness) item(item *extract.Item) {
	w.entry.Read++
	refuse := func(reason string) {
		w.entry.Refuse(source.Quarantined{Line: item.Line, Index: item.Index, Reason: reason})
	}
	if item.Defect != "" {
		refuse(item.Defect)
		return
	}
	if err := w.layout.Read(item.Raw, &w.record); err != nil {
		if event.NotARecord(err) {
			w.entry.Skip("not_an_object")
		} else {
			refuse(err.Error())
		}
		return
	}
	if kind := w.record.OutOfScope(); kind != "" {
		w.entry.Skip(kind)
		return
	}
	if err := w.record.Check(); err != nil {
		refuse(err.Error())
		return
	}
	w.entry.See(w.record.Time(), w.record.Shape().String())
	if _, again := w.seen[w.record.Key()]; again {
		w.entry.Duplicate++
		return
	}
	w.seen[w.record.Key()] = struct{}{}
	w.entry.Evaluated++
	w.testify()
}

func (w *witness) text(log event.Log, name string) string {
	return string(w.record.Field(w.fields[log.String()+" "+name]).First())
}

// testify says what the record at hand shows.
func (w *witness) testify() {
	at := time.Unix(w.record.Time(), 0).UTC()
	switch logs := w.record.Logs(); {
	case logs&event.SignIn != 0:
		w.signIn(at, logs)
	case logs&event.Unified != 0:
		w.mailbox(at)
	case logs&event.Audit != 0:
		w.evidence.Saw(directory.LogAudit, at, at, 1)
	}
}

// signIn is a sign-in. One whose shape does not tell interactive ones from
// others counts as interactive: it must not prove that there were no others.
func (w *witness) signIn(at time.Time, logs event.Log) {
	r := directory.Record{Log: directory.LogInteractive, Time: at, Client: w.text(event.SignIn, "clientAppUsed")}
	switch {
	case logs&event.Unified != 0:
		r.Log = directory.LogUnified
	case strings.EqualFold(w.text(event.SignIn, "isInteractive"), "false"):
		r.Log = directory.LogNonInteractive
	}
	r.Account = w.text(event.SignIn, "userId")
	if r.Account == "" {
		r.Account = w.text(event.SignIn, "userPrincipalName")
	}
	if code := w.record.Field(w.fields[event.SignIn.String()+" status.errorCode"]); !code.Unknown && len(code.List) > 0 {
		r.What, r.Detail = directory.UseOf(r.Log, r.Client, string(code.First()))
	}
	w.evidence.Add(r)
}

// ownerLogon is Exchange's LogonType for somebody who opens a mailbox as its
// owner, not as a delegate or an administrator.
const ownerLogon = "0"

// mailbox is a record of Exchange: a mailbox opened as its owner, or one that
// changed its type.
func (w *witness) mailbox(at time.Time) {
	r := directory.Record{Log: directory.LogUnified, Time: at}
	switch kind := w.text(event.Unified, "parameters.Type"); {
	case kind != "" && strings.EqualFold(w.text(event.Unified, "Operation"), "Set-Mailbox"):
		r.What, r.Detail = directory.UseConverted, kind
		r.Account = w.text(event.Unified, "parameters.Identity")
		if r.Account == "" {
			r.Account = w.text(event.Unified, "ObjectId")
		}
	case w.text(event.Unified, "LogonType") == ownerLogon:
		r.What, r.Account = directory.UseOwner, w.text(event.Unified, "MailboxOwnerUPN")
		if r.Account == "" {
			r.Account = w.text(event.Unified, "UserId")
		}
	}
	w.evidence.Add(r)
}
