package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"vakt/internal/directory"
	"vakt/internal/graph"
)

// mailboxFields are the properties of a mailbox that tell what it is for and
// who sends on its behalf.
var mailboxFields = []string{
	"ExternalDirectoryObjectId", "UserPrincipalName", "DisplayName", "Name", "Alias", "Identity", "Guid", "PrimarySmtpAddress",
	"RecipientTypeDetails", "GrantSendOnBehalfTo", "AccountDisabled", "PreviousRecipientTypeDetails",
}

// Delegates reads an account as Fresh does, and from Exchange who may open its
// mailbox and send as it: three commands, so it is for verifying, not for every
// write.
func (e *Eye) Delegates(ctx context.Context, id string) (*Fresh, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	told := map[string]graph.Told{}
	if err := gather(ctx, e.reader, e.now, accountQueries(id)[:1], told); err != nil {
		return nil, fmt.Errorf("account %q: %w", id, err)
	}
	user := told[askUser]
	if user.Err != nil {
		return nil, fmt.Errorf("account %q: %w", id, user.Err)
	}
	m := directory.NewMemory("", user.Asked)
	if err := put(ctx, m, directory.UsersPart, directory.Item{Raw: user.Body}); err != nil {
		return nil, err
	}
	for part, cmdlet := range map[string]graph.Cmdlet{
		directory.MailboxesPart:   {Name: "Get-Mailbox", Select: mailboxFields},
		directory.PermissionsPart: {Name: "Get-MailboxPermission"},
		directory.RecipientPart:   {Name: "Get-RecipientPermission"},
	} {
		if err := e.keepCmdlet(ctx, m, part, id, cmdlet); err != nil {
			return nil, fmt.Errorf("account %q: %w", id, err)
		}
	}
	s, err := directory.Decode(m)
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", id, err)
	}
	if len(s.Accounts) != 1 {
		return nil, fmt.Errorf("account %q: it cannot be understood", id)
	}
	return &Fresh{At: user.Asked, Snapshot: s, Account: &s.Accounts[0], User: user.Body}, nil
}

// keepCmdlet runs a command about one mailbox and keeps what it gives. Rows
// name their mailbox by words that two can share, so its id is added.
func (e *Eye) keepCmdlet(ctx context.Context, m *directory.Memory, part, id string, cmdlet graph.Cmdlet) error {
	body, err := e.cmdlet(ctx, id, cmdlet)
	var failed *graph.Error
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	return keep(ctx, m, part, graph.Told{Body: body, Err: err})
}

// mailbox reads the mailbox of an account from Exchange, as a list of one.
func (e *Eye) mailbox(ctx context.Context, id string) (json.RawMessage, error) {
	return e.cmdlet(ctx, id, graph.Cmdlet{Name: "Get-Mailbox", Select: mailboxFields})
}

// cmdlet runs a command about one mailbox. A mailbox that is not there is an
// empty list: there is none.
func (e *Eye) cmdlet(ctx context.Context, id string, cmdlet graph.Cmdlet) (json.RawMessage, error) {
	cmdlet.Parameters = map[string]any{"Identity": strings.ToLower(id)}
	list := struct {
		Value []map[string]json.RawMessage `json:"value"`
	}{Value: []map[string]json.RawMessage{}}
	err := e.reader.Cmdlet(ctx, cmdlet, "", func(p graph.Page) error {
		if p.Restarted {
			list.Value = list.Value[:0]
		}
		for _, raw := range p.Items {
			var row map[string]json.RawMessage
			if err := json.Unmarshal(raw, &row); err != nil || row == nil {
				return &graph.Error{Kind: graph.Malformed, Method: "POST", Path: "InvokeCommand " + cmdlet.Name, Code: "unreadable_answer", Err: err}
			}
			row["Mailbox"] = json.RawMessage(`"` + strings.ToLower(id) + `"`)
			list.Value = append(list.Value, row)
		}
		return nil
	})
	var failed *graph.Error
	if err != nil && (!errors.As(err, &failed) || failed.Kind != graph.NotFound) {
		return nil, err
	}
	return json.Marshal(list)
}
