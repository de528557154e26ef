package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"vakt/internal/extract"
)

// A Loss is a fact that a poorer way of reading does not give.
type Loss struct {
	Fact string // in words, as a report names it
	Why  string
}

// PurposeLoss is what is lost where mailboxes are read through Purposes and
// not through Exchange.
func PurposeLoss() []Loss {
	const why = "only Exchange shows it: grant Exchange.ManageAsApp and a role that reads"
	return []Loss{
		{"mailbox subtypes (scheduling, Teams, discovery)", why},
		{"delegates (FullAccess, SendAs, SendOnBehalf)", why},
		{"protocols and SMTP AUTH", why},
		{"forwarding set on the mailbox", why},
		{"mailbox audit and its bypass", why},
		{"conversion from a personal mailbox", why},
		{"mailboxes without an account, and accounts whose mailbox is on-premises", "mailbox settings answer for cloud mailboxes only"},
	}
}

// Purposes reads what the mailboxes of accounts are for: user, linked, shared,
// room, equipment, others or unknown, as Graph words it. Ids are object ids.
// Each is called once for every id, one at a time; a NoMailbox error says that
// the account has none in the cloud.
func (r *Reader) Purposes(ctx context.Context, ids []string, each func(id, purpose string, err error) error) error {
	subs := make([]Sub, len(ids))
	for i, id := range ids {
		subs[i] = Sub{ID: id, Path: "/users/" + url.PathEscape(id) + "/mailboxSettings?$select=userPurpose"}
	}
	return r.Batch(ctx, subs, func(id string, status int, body json.RawMessage, err error) error {
		if err != nil {
			return each(id, "", asNoMailbox(err))
		}
		purpose, err := readPurpose(body)
		if err != nil {
			err = &Error{Kind: Malformed, Status: status, Method: get, Path: "/users/" + id + "/mailboxSettings", Code: "unreadable_answer", Err: err}
		}
		return each(id, purpose, err)
	})
}

// readPurpose takes both shapes: v1.0 gives a text, beta an object with a
// value.
func readPurpose(body json.RawMessage) (string, error) {
	raw := extract.Member(body, "userPurpose")
	if extract.Kind(raw) == '{' {
		raw = extract.Member(raw, "value")
	}
	if raw == nil || extract.IsNull(raw) {
		return "", errors.New("the mailbox settings say no purpose")
	}
	var purpose string
	if err := json.Unmarshal(raw, &purpose); err != nil || purpose == "" {
		return "", errors.New("the mailbox settings say no purpose")
	}
	return purpose, nil
}

// asNoMailbox makes a plain 404 of the settings what it means: the account is
// there, for it was listed, and its mailbox is not.
func asNoMailbox(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Kind == NotFound {
		clone := *e
		clone.Kind = NoMailbox
		return &clone
	}
	return err
}
