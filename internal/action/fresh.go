package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"vakt/internal/directory"
	"vakt/internal/extract"
	"vakt/internal/graph"
)

// Fresh is one account as it is now, with everything that a plan and its
// protections are decided on. A fact that could not be read is unknown, and
// says why.
type Fresh struct {
	// At is when the oldest part of it was asked for.
	At time.Time
	// Snapshot holds this one account and what of the tenant it takes to
	// understand it, made by the reader of every snapshot: what was planned and
	// what is now compare fact by fact.
	Snapshot *directory.Snapshot
	// Account is the account in Snapshot.
	Account *directory.Account
	// User is the account as the directory wrote it.
	User json.RawMessage
}

// userFields are the properties of an account that decide what it is, and those
// that actions write.
var userFields = []string{
	"id", "userPrincipalName", "displayName", "mail", enabledField, sessionsField, "userType", "createdDateTime", "creationType",
	"onPremisesSyncEnabled", "employeeId", "department", "assignedLicenses", "isResourceAccount", "lastPasswordChangeDateTime",
}

// Queries about one account.
const (
	askUser     = "user"
	askGroups   = "groups"
	askSettings = "settings"
	askMailbox  = "mailbox"
)

// Fresh reads an account as it is now, by three requests of its own and a batch
// that it shares with the accounts that are read at the same time. The id is an
// object id. An account that is not there is a *graph.Error of kind NotFound.
//
// All of it goes through the read registration. Roles are those held directly,
// through a group, and those that can be activated. An account that can make
// itself a member of a group that holds a role (PIM for groups) is not seen to.
func (e *Eye) Fresh(ctx context.Context, id string) (*Fresh, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	told := map[string]graph.Told{}
	for range maxRounds {
		shared, err := e.board.get(ctx)
		if err != nil {
			return nil, fmt.Errorf("account %q: %w", id, err)
		}
		if err := gather(ctx, e.now, accountQueries(id), told, apart(e.reader)); err != nil {
			return nil, fmt.Errorf("account %q: %w", id, err)
		}
		if err := e.mailboxType(ctx, id, told); err != nil {
			return nil, fmt.Errorf("account %q: %w", id, err)
		}
		maps.Copy(told, shared)
		if e.now().Sub(oldest(told)) <= graph.Freshness-sharedAge/2 {
			break
		}
	}
	f, err := e.assemble(ctx, id, told)
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", id, err)
	}
	return f, nil
}

func accountQueries(id string) []query {
	path := "/users/" + url.PathEscape(strings.ToLower(id))
	return []query{
		{graph.Sub{ID: askUser, Path: path + "?$select=" + strings.Join(userFields, ",") + "&$expand=manager($select=id)"}, ownAge},
		{graph.Sub{ID: askGroups, Path: path + "/transitiveMemberOf/microsoft.graph.group?$select=id&$top=999"}, ownAge},
		{graph.Sub{ID: askSettings, Path: path + "/mailboxSettings?$select=userPurpose"}, ownAge},
	}
}

// oldest is when the oldest answer was asked for, of those that age.
func oldest(told map[string]graph.Told) time.Time {
	var at time.Time
	for name, t := range told {
		slow := slices.ContainsFunc(listings, func(l listing) bool { return l.part == name && l.age == slowAge })
		if !slow && (at.IsZero() || t.Asked.Before(at)) {
			at = t.Asked
		}
	}
	return at
}

// plainPurposes are those that say as much as Exchange's type of the mailbox.
// The others do not: a mailbox that Exchange has under the account's name, but
// not under its id, is none to Graph.
var plainPurposes = []string{"shared", "room", "equipment"}

// mailboxType asks Exchange what the mailbox is for, where Graph does not tell
// or tells less. It takes longer.
func (e *Eye) mailboxType(ctx context.Context, id string, told map[string]graph.Told) error {
	delete(told, askMailbox)
	settings, user := told[askSettings], told[askUser]
	if user.Err != nil || settings.Err == nil && slices.Contains(plainPurposes, purposeOf(settings.Body)) {
		return nil
	}
	t := graph.Told{Asked: e.now()}
	t.Body, t.Err = e.cmdlet(ctx, id, nameOf(user.Body), graph.Cmdlet{Name: "Get-Mailbox", Select: mailboxFields})
	var failed *graph.Error
	if t.Err != nil && !errors.As(t.Err, &failed) {
		return t.Err
	}
	told[askMailbox] = t
	return nil
}

// nameOf is an account's user principal name.
func nameOf(user json.RawMessage) string {
	var name string
	if json.Unmarshal(extract.Member(user, "userPrincipalName"), &name) != nil {
		return ""
	}
	return name
}

// purposeOf is a userPurpose, "" for none.
func purposeOf(body json.RawMessage) string {
	var purpose string
	if json.Unmarshal(extract.Member(body, "userPurpose"), &purpose) != nil {
		return ""
	}
	return strings.ToLower(purpose)
}

// assemble makes a snapshot of the answers.
func (e *Eye) assemble(ctx context.Context, id string, told map[string]graph.Told) (*Fresh, error) {
	user := told[askUser]
	if user.Err != nil {
		return nil, user.Err
	}
	at := oldest(told)
	m := directory.NewMemory("", at)
	for _, l := range listings {
		if err := keep(ctx, m, l.part, told[l.part]); err != nil {
			return nil, err
		}
	}
	err := errors.Join(
		put(ctx, m, directory.UsersPart, directory.Item{Raw: withManager(user.Body)}),
		keepGroups(ctx, m, id, told),
		keepPurpose(ctx, m, id, told[askSettings]),
	)
	if t, asked := told[askMailbox]; asked {
		err = errors.Join(err, keep(ctx, m, directory.MailboxesPart, t))
	}
	if err != nil {
		return nil, err
	}
	s, err := directory.Decode(m)
	if err != nil {
		return nil, err
	}
	if len(s.Accounts) != 1 || !strings.EqualFold(s.Accounts[0].ID, id) {
		return nil, &graph.Error{Kind: graph.Malformed, Method: "GET", Path: "/v1.0/users/" + id, Code: "another_object"}
	}
	return &Fresh{At: at, Snapshot: s, Account: &s.Accounts[0], User: user.Body}, nil
}

// withManager says that an account has no manager: an expansion that leads to
// nobody is left out of the answer.
func withManager(user json.RawMessage) json.RawMessage {
	at := bytes.LastIndexByte(user, '}')
	if at < 0 || extract.Member(user, "id") == nil || extract.Member(user, "manager") != nil {
		return user
	}
	return slices.Concat(user[:at], []byte(`,"manager":null}`))
}

// put makes a part of a few objects, read to its end.
func put(ctx context.Context, m *directory.Memory, part string, items ...directory.Item) error {
	if err := m.Begin(ctx, part); err != nil {
		return err
	}
	if err := m.Put(ctx, part, items, ""); err != nil {
		return err
	}
	return m.End(ctx, directory.PartState{Name: part, State: directory.StateComplete})
}

// keepGroups makes the groups that hold roles and have the account in them.
// Membership is asked of the account, not of the groups: a group is known by
// its being in the answer, whatever an assignment says of its principal.
func keepGroups(ctx context.Context, m *directory.Memory, id string, told map[string]graph.Told) error {
	groups := told[askGroups]
	if groups.Err != nil {
		if err := m.Begin(ctx, directory.GroupsPart); err != nil {
			return err
		}
		return m.End(ctx, refusedPart(directory.GroupsPart, groups.Err))
	}
	mine, err := itemsOf(groups.Body)
	if err != nil {
		return m.End(ctx, directory.PartState{Name: directory.GroupsPart, State: directory.StateAbsent, Why: err.Error()})
	}
	var items []directory.Item
	for _, g := range mine {
		raw, err := json.Marshal(map[string]any{
			"id": json.RawMessage(extract.Member(g.Raw, "id")), "members": []map[string]string{{"@odata.type": "#microsoft.graph.user", "id": id}},
		})
		if err != nil {
			return fmt.Errorf("a group without a readable id: %w", err)
		}
		items = append(items, directory.Item{Raw: raw})
	}
	return put(ctx, m, directory.GroupsPart, items...)
}

// keepPurpose keeps what Graph says of the mailbox, in the form in which
// collecting does.
func keepPurpose(ctx context.Context, m *directory.Memory, id string, t graph.Told) error {
	body := t.Body
	var failed *graph.Error
	switch {
	case errors.As(t.Err, &failed) && (failed.Kind == graph.NoMailbox || failed.Kind == graph.NotFound):
		body = json.RawMessage(`{"error":{"code":"MailboxNotEnabledForRESTAPI"}}`)
	case t.Err != nil:
		if err := m.Begin(ctx, directory.SettingsPart); err != nil {
			return err
		}
		return m.End(ctx, refusedPart(directory.SettingsPart, t.Err))
	}
	return put(ctx, m, directory.SettingsPart, directory.Item{Owner: strings.ToLower(id), Raw: body})
}
