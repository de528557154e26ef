package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"vakt/internal/extract"
	"vakt/internal/graph"
)

// The fields of a user object that actions write.
const (
	enabledField  = "accountEnabled"
	sessionsField = "signInSessionsValidFromDateTime"
)

// account is a user object as the directory gives it.
type account json.RawMessage

// property is one property of an account, as JSON. One that is not there was
// not read; it is not null.
func (a account) property(name string) (json.RawMessage, error) {
	raw := bytes.TrimSpace(extract.Member(a, name))
	if raw == nil {
		return nil, fmt.Errorf("the account was read without %s", name)
	}
	return json.RawMessage(raw), nil
}

// flag is a property that is true or false, and nothing else.
func (a account) flag(name string) (json.RawMessage, error) {
	raw, err := a.property(name)
	if err != nil {
		return nil, err
	}
	if s := string(raw); s != "true" && s != "false" {
		return nil, fmt.Errorf("%s is %q, neither true nor false", name, s)
	}
	return raw, nil
}

// readAccount reads the fields that actions write, of one account by its id,
// not through a list or a filter: those are served by an index that lags. An
// answer that is slow to come is asked for again.
func readAccount(ctx context.Context, r *graph.Reader, id string) (account, error) {
	path := "/users/" + url.PathEscape(id) + "?$select=id," + enabledField + "," + sessionsField
	t, err := r.Look(ctx, graph.Sub{Path: path}, graph.Freshness)
	if err != nil {
		return nil, err
	}
	return account(t.Body), t.Err
}

func equal(a, b json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(a), bytes.TrimSpace(b)) }
