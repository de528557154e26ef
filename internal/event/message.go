package event

import (
	"bytes"
	"iter"

	"vakt/internal/extract"
)

// itemsFrom are the columns of a mailbox record that say which messages it is
// about: one, or those of a group.
var itemsFrom = map[Log][]string{Unified: {"Item|AffectedItems"}}

// items yields the messages that a mailbox record is about.
func (r *Record) items(f *field) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, column := range f.from[0] {
			raw := r.field(column).First()
			if extract.Kind(raw) == '{' {
				if !yield(raw) {
					return
				}
				continue
			}
			for e := range extract.Elements(raw) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// messageIDs are the different Internet message ids of those messages. The
// copy of a message has the id of the message.
func messageIDs(r *Record, f *field) Values {
	return r.itemTexts(f, func(item []byte) []byte { return r.member(item, "InternetMessageId") })
}

// mailFolders are the different paths of the folders that those messages are
// in, or were before they were moved or deleted: \Sent Items.
func mailFolders(r *Record, f *field) Values {
	return r.itemTexts(f, func(item []byte) []byte { return r.member(extract.Member(item, "ParentFolder"), "Path") })
}

// itemTexts collects one text of every message, each once where they follow
// each other: messages of one record mostly lie in one folder.
func (r *Record) itemTexts(f *field, text func(item []byte) []byte) Values {
	return r.values(func(yield func(Value) bool) {
		var last []byte
		for item := range r.items(f) {
			t := text(item)
			if len(t) == 0 || string(t) == string(last) {
				continue
			}
			last = t
			if !yield(Value{Text: t}) {
				return
			}
		}
	})
}

// restricted is the account that an alert or the spam filter is about: both are
// recorded under names of their own. Of AlertTriggered, Data is JSON text that
// names the account as f3u; it may be cut off.
func (r *Record) restricted(f *field) []byte {
	for _, columns := range f.from[1:] {
		name := r.Field(columns[0]).First()
		if _, after, ok := bytes.Cut(name, []byte(`"f3u":"`)); ok {
			name, _, _ = bytes.Cut(after, []byte(`"`))
		} else if bytes.IndexByte(name, '{') == 0 {
			name = nil
		}
		if bytes.IndexByte(name, '@') > 0 {
			return name
		}
	}
	return nil
}
