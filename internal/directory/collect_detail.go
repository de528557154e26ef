package directory

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"vakt/internal/graph"
)

// details reads what can be asked for only when the lists are known.
func (c *collector) details(ctx context.Context) error {
	s, err := Decode(c.sink.Parts(ctx))
	if err != nil {
		return err
	}
	if !s.whole(MailboxesPart) {
		if err := c.purposes(ctx, s); err != nil {
			return err
		}
		if s, err = Decode(c.sink.Parts(ctx)); err != nil {
			return err
		}
	}
	asked := s.ids(wantsDetail)
	graphLane := []func(context.Context) error{
		func(ctx context.Context) error { return c.groups(ctx, namedGroups(s), s.unnamedGroups()) },
		func(ctx context.Context) error { return c.methods(ctx, s, asked) },
	}
	if c.options.Rules {
		graphLane = append(graphLane, func(ctx context.Context) error { return c.rules(ctx, s) })
	}
	exchangeLane := []func(context.Context) error{func(ctx context.Context) error { return c.permissions(ctx, s) }}
	return parallel(ctx, graphLane, exchangeLane)
}

// How many accounts are asked about between two positions: ten batches, or one
// command.
const (
	byBatch   = 200
	byCommand = 1
)

// chunks goes through ids in their order, n at a time, from behind the last
// one that was kept. read gives the items of some of them.
func (c *collector) chunks(ctx context.Context, part string, ids []string, n int, read func(ctx context.Context, ids []string) ([]Item, error)) error {
	ids = sorted(ids)
	return c.part(ctx, part, func(ctx context.Context, resume string, put putter) error {
		from, _ := slices.BinarySearch(ids, resume+"\x00")
		for some := range slices.Chunk(ids[from:], n) {
			items, err := read(ctx, some)
			if err != nil {
				return err
			}
			if err := put(items, some[len(some)-1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// unless tells of a part whose accounts could not be chosen, because what they
// are chosen by was not read.
func (c *collector) unless(ctx context.Context, part, why string) error {
	_, before, err := c.sink.Position(ctx, part)
	if err != nil || before.State == StateComplete {
		return err
	}
	return c.sink.End(ctx, PartState{Name: part, State: StatePartial, Why: why})
}

// batch reads one path for each id. An error that says something about one
// account alone is kept as its body; any other ends the part.
func (c *collector) batch(ctx context.Context, ids []string, path func(id string) string) ([]Item, error) {
	subs := make([]graph.Sub, len(ids))
	for i, id := range ids {
		subs[i] = graph.Sub{ID: id, Path: path(id)}
	}
	var items []Item
	err := c.reader.Batch(ctx, subs, func(id string, _ int, body json.RawMessage, err error) error {
		if err != nil {
			body, err = ownRefusal(err)
		}
		items = append(items, Item{Owner: id, Raw: slices.Clone(body)})
		return err
	})
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Owner, b.Owner) })
	return items, err
}

// ownRefusal turns a refusal that concerns one account into an error body.
func ownRefusal(err error) (json.RawMessage, error) {
	var e *graph.Error
	if !errors.As(err, &e) || e.Kind != graph.NotFound && e.Kind != graph.NoMailbox {
		return nil, err
	}
	code := e.Code
	if e.Kind == graph.NoMailbox {
		code = "MailboxNotEnabledForRESTAPI"
	}
	return json.Marshal(map[string]any{"error": map[string]string{"code": firstOf(code, string(e.Kind))}})
}

// purposes reads what mailboxes are for where Exchange does not tell.
func (c *collector) purposes(ctx context.Context, s *Snapshot) error {
	ids := s.ids(func(a *Account) bool { return !isGuest(a) && !a.Mailbox.Known })
	return c.chunks(ctx, SettingsPart, ids, byBatch, func(ctx context.Context, some []string) ([]Item, error) {
		var items []Item
		err := c.reader.Purposes(ctx, some, func(id, purpose string, err error) error {
			body, encodeErr := json.Marshal(map[string]string{"userPurpose": purpose})
			if err != nil {
				body, encodeErr = ownRefusal(err)
			}
			items = append(items, Item{Owner: id, Raw: body})
			return encodeErr
		})
		slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Owner, b.Owner) })
		return items, err
	})
}

func (c *collector) methods(ctx context.Context, s *Snapshot, ids []string) error {
	if why := s.unknownKinds(); why != "" && len(ids) == 0 {
		return c.unless(ctx, MethodsPart, why)
	}
	return c.chunks(ctx, MethodsPart, ids, byBatch, func(ctx context.Context, some []string) ([]Item, error) {
		return c.batch(ctx, some, func(id string) string { return "/users/" + url.PathEscape(id) + "/authentication/methods" })
	})
}

// unknownKinds tells why it is not known which accounts are resource accounts.
func (s *Snapshot) unknownKinds() string {
	for i := range s.Accounts {
		if !s.Accounts[i].Kind.Known {
			return "which accounts are resource accounts is not known: " + s.Accounts[i].Kind.Why
		}
	}
	if !s.whole(UsersPart) {
		return "the accounts were not read"
	}
	return ""
}

func (c *collector) rules(ctx context.Context, s *Snapshot) error {
	ids := s.ids(func(a *Account) bool { return !Is(a.Enabled, false) && a.Mailbox.Value != nil })
	return c.chunks(ctx, RulesPart, ids, byBatch, func(ctx context.Context, some []string) ([]Item, error) {
		return c.batch(ctx, some, func(id string) string { return "/users/" + url.PathEscape(id) + "/mailFolders/inbox/messageRules" })
	})
}

// permissions asks for each enabled resource mailbox who may open it. Rows name
// their mailbox by words that two mailboxes can share, so its id is added.
func (c *collector) permissions(ctx context.Context, s *Snapshot) error {
	if !s.whole(MailboxesPart) {
		return c.unless(ctx, PermissionsPart, "the mailboxes were not read")
	}
	ids := s.ids(func(a *Account) bool { return wantsDetail(a) && a.Mailbox.Value != nil })
	return c.chunks(ctx, PermissionsPart, ids, byCommand, func(ctx context.Context, some []string) ([]Item, error) {
		var items []Item
		for _, id := range some {
			cmdlet := graph.Cmdlet{Name: permissionCmdlet, Parameters: map[string]any{"Identity": id}}
			err := c.reader.Cmdlet(ctx, cmdlet, "", func(p graph.Page) error {
				for _, raw := range p.Items {
					row, err := withMember(raw, "Mailbox", id)
					if err != nil {
						return err
					}
					items = append(items, Item{Raw: row})
				}
				return nil
			})
			var e *graph.Error
			if err != nil && (!errors.As(err, &e) || e.Kind != graph.NotFound) { // not found: gone meanwhile
				return nil, err
			}
		}
		return items, nil
	})
}

// withMember adds a member to an object.
func withMember(raw json.RawMessage, name string, value any) (json.RawMessage, error) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = map[string]json.RawMessage{}
	}
	o[name] = text
	return json.Marshal(o)
}

// namedGroups are the groups that roles and policies name. A holder of unknown
// type that is no account may be one: asking tells.
func namedGroups(s *Snapshot) []string {
	accounts := map[string]bool{}
	for i := range s.Accounts {
		accounts[s.Accounts[i].ID] = true
	}
	var ids []string
	for _, a := range s.Assignments.Value {
		if strings.EqualFold(a.PrincipalType, "group") || a.PrincipalType == "" && !accounts[a.Principal] {
			ids = append(ids, a.Principal)
		}
	}
	for _, p := range s.Policies.Value {
		ids = append(ids, p.Users.IncludeGroups...)
		ids = append(ids, p.Users.ExcludeGroups...)
	}
	return sorted(ids)
}

// unnamedGroups tells why not all groups that matter are known.
func (s *Snapshot) unnamedGroups() string {
	switch {
	case !s.Assignments.Known:
		return "which groups hold roles is not known: " + s.Assignments.Why
	case !s.Policies.Known:
		return "which groups policies name is not known: " + s.Policies.Why
	}
	return ""
}

// groups reads the groups with their transitive members. A group that is gone
// has no members; it is left out.
func (c *collector) groups(ctx context.Context, ids []string, why string) error {
	err := c.chunks(ctx, GroupsPart, ids, byBatch, func(ctx context.Context, some []string) ([]Item, error) {
		about, err := c.batch(ctx, some, func(id string) string {
			return "/groups/" + url.PathEscape(id) + "?$select=id,displayName,mail,isAssignableToRole"
		})
		if err != nil {
			return nil, err
		}
		members, err := c.batch(ctx, some, func(id string) string {
			return "/groups/" + url.PathEscape(id) + "/transitiveMembers?$select=id&$top=999"
		})
		if err != nil {
			return nil, err
		}
		return joinGroups(about, members)
	})
	if err != nil || why == "" {
		return err
	}
	return c.sink.End(ctx, PartState{Name: GroupsPart, State: StatePartial, Why: why})
}

// joinGroups puts the members into their groups; both come in the same order.
func joinGroups(about, members []Item) ([]Item, error) {
	var out []Item
	for i, g := range about {
		o, err := parseObject(g.Raw)
		if err != nil {
			return nil, err
		}
		if o.has("error") { // deleted
			continue
		}
		item := Item{Raw: g.Raw}
		if list, ok := elements(members[i].Raw); ok {
			if item.Raw, err = withMember(g.Raw, "members", list); err != nil {
				return nil, err
			}
		}
		out = append(out, item)
	}
	return out, nil
}
