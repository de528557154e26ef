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
	if err := gather(ctx, e.now, accountQueries(id)[:1], told, apart(e.reader)); err != nil {
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
		if err := e.keepCmdlet(ctx, m, part, id, nameOf(user.Body), cmdlet); err != nil {
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
func (e *Eye) keepCmdlet(ctx context.Context, m *directory.Memory, part, id, upn string, cmdlet graph.Cmdlet) error {
	body, err := e.cmdlet(ctx, id, upn, cmdlet)
	var failed *graph.Error
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	return keep(ctx, m, part, graph.Told{Body: body, Err: err})
}

// cmdlet runs a command about the mailbox of an account, and gives a list. A
// mailbox that is not there is an empty list. Exchange has a few mailboxes
// without the account's id; they are found by its name, as a scan finds them.
func (e *Eye) cmdlet(ctx context.Context, id, upn string, cmdlet graph.Cmdlet) (json.RawMessage, error) {
	for _, identity := range []string{strings.ToLower(id), upn} {
		if identity == "" {
			continue
		}
		cmdlet.Parameters = map[string]any{"Identity": identity}
		rows, err := e.rows(ctx, id, cmdlet)
		var failed *graph.Error
		switch {
		case err == nil:
			return json.Marshal(map[string]any{"value": rows})
		case !errors.As(err, &failed) || failed.Kind != graph.NotFound:
			return nil, err
		}
	}
	return json.RawMessage(`{"value":[]}`), nil
}

// rows are the objects that a command gives, each with the id of the account
// whose mailbox was asked for.
func (e *Eye) rows(ctx context.Context, id string, cmdlet graph.Cmdlet) ([]map[string]json.RawMessage, error) {
	rows := []map[string]json.RawMessage{}
	err := e.reader.Cmdlet(ctx, cmdlet, "", func(p graph.Page) error {
		if p.Restarted {
			rows = rows[:0]
		}
		for _, raw := range p.Items {
			var row map[string]json.RawMessage
			if err := json.Unmarshal(raw, &row); err != nil || row == nil {
				return &graph.Error{Kind: graph.Malformed, Method: "POST", Path: "InvokeCommand " + cmdlet.Name, Code: "unreadable_answer", Err: err}
			}
			row["Mailbox"] = json.RawMessage(`"` + strings.ToLower(id) + `"`)
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}
