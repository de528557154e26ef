package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"vakt/internal/tenant"
)

// Cmdlet names a command of Exchange Online and how it is wanted.
type Cmdlet struct {
	Name string // "Get-Mailbox"; the list of reads decides
	// Parameters as the cmdlet takes them: texts, flags, numbers, lists, and
	// Hashtable for changes to a list. None may be nil.
	Parameters map[string]any
	Select     []string // properties of the answer; none: all
	// Anchor routes the request to a mailbox's server; "": the tenant's own.
	Anchor  string
	Service tenant.Service // Exchange, which "" means, or Compliance
}

// Hashtable is a change to a list property, as the admin interface takes it.
func Hashtable(add, remove []string) map[string]any {
	out := map[string]any{"@odata.type": "#Exchange.GenericHashTable"}
	if len(add) > 0 {
		out["add"] = add
	}
	if len(remove) > 0 {
		out["remove"] = remove
	}
	return out
}

// endpoint is where a cmdlet is sent. InvokeCommand carries every cmdlet but
// is no published contract; it is what Microsoft's own module calls. The
// supported Admin API v2.0 (preview) has six endpoints with the same envelope,
// of which Mailbox alone concerns reads of ours, and wants another permission,
// Exchange.ManageAsAppV2: a cmdlet moves there when this says so.
type endpoint struct {
	version, name string
}

func (e endpoint) path(tenantID string) string {
	return "/adminapi/" + e.version + "/" + tenantID + "/" + e.name
}

var (
	invoke  = endpoint{"beta", "InvokeCommand"}
	modules = endpoint{"v1.0", "EXOModuleFile"}
	banner  = endpoint{"beta", "EXOBanner('AutogenSession')"}
)

// moduleVersion is the version of the module that the two set-up calls name.
const moduleVersion = "3.9.2"

const (
	cmdletHeader  = "X-Cmdletname"
	systemMailbox = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
	exchangePage  = 1000
)

// Cmdlet runs a command that reads, and hands its objects over page by page as
// List does.
func (r *Reader) Cmdlet(ctx context.Context, c Cmdlet, resume string, page func(Page) error) error {
	one, err := r.c.cmdletCall(ctx, c)
	if err != nil {
		return err
	}
	return r.c.walk(ctx, one, resume, page)
}

func (c *client) cmdletCall(ctx context.Context, m Cmdlet) (*call, error) {
	if err := m.check(); err != nil {
		return nil, &Error{Kind: Refused, Method: post, Path: "InvokeCommand " + m.Name, Code: "bad_parameter", Err: err}
	}
	base, err := c.adminBase(ctx, m.Service)
	if err != nil {
		return nil, err
	}
	parameters := m.Parameters
	if parameters == nil {
		parameters = map[string]any{}
	}
	body, err := encode(invokeRequest{cmdletInput{m.Name, parameters}})
	if err != nil {
		return nil, fmt.Errorf("cmdlet %q: %w", m.Name, err)
	}
	one := &call{
		route: invokeRoute, method: post, name: "InvokeCommand " + m.Name, url: base + invoke.path(c.tenant.ID), body: body,
		header: c.adminHeader(m), timeout: c.timeout(tenant.Exchange),
	}
	if m.Service == tenant.Compliance {
		one.route = complianceRoute
	}
	if len(m.Select) > 0 {
		one.url += "?$select=" + escapeQuery(strings.Join(m.Select, ","))
	}
	one.charges = []charge{{one.route.service, exchange, 1, ""}}
	return one, nil
}

// check refuses parameters that mean everything: an empty identity has made
// Get-RoleGroupMember list every member of every group.
func (m Cmdlet) check() error {
	if m.Service != "" && m.Service != tenant.Exchange && m.Service != tenant.Compliance {
		return fmt.Errorf("the service %q takes no cmdlets", m.Service)
	}
	for name, value := range m.Parameters {
		if value == nil || value == "" {
			return fmt.Errorf("the parameter %q is empty", name)
		}
	}
	return nil
}

func (c *client) adminHeader(m Cmdlet) http.Header {
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("Prefer", fmt.Sprintf("odata.maxpagesize=%d", exchangePage))
	h.Set(cmdletHeader, m.Name)
	h.Set("X-ResponseFormat", "json")
	h.Set("X-SerializationLevel", "Partial")
	anchor := m.Anchor
	if anchor == "" {
		anchor = "APP:" + systemMailbox + "@" + c.tenant.ID
	}
	h.Set("X-AnchorMailbox", anchor)
	return h
}

// Cmdlets lists the commands that the credential may run, sorted: the service
// hides the others. A NotPermitted error means that there is no role at all.
func (r *Reader) Cmdlets(ctx context.Context) ([]string, error) {
	base, err := r.c.adminBase(ctx, tenant.Exchange)
	if err != nil {
		return nil, err
	}
	h := http.Header{"Accept": {"application/json"}}
	h.Set("CommandName", "*")
	var files list
	one := &call{
		route: modulesRoute, method: get, name: modules.name, url: base + modules.path(r.c.tenant.ID) + "?Version=" + moduleVersion,
		header: h, timeout: r.c.timeout(tenant.Exchange), charges: []charge{{tenant.Exchange, exchange, 1, ""}},
		read: func(a answer) (err error) {
			files, err = readList(a.body)
			return err
		},
	}
	if _, err := r.c.do(ctx, one); err != nil {
		return nil, err
	}
	return exported(*files.Value)
}

func exported(files []json.RawMessage) ([]string, error) {
	var out []string
	for _, raw := range files {
		var file struct {
			Exported string `json:"exportedCmdlets"`
		}
		if err := json.Unmarshal(raw, &file); err != nil {
			return nil, &Error{Kind: Malformed, Method: get, Path: modules.name, Code: "unreadable_answer", Err: err}
		}
		for name := range strings.SplitSeq(file.Exported, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// adminBase is where the admin interface of a service answers. That of
// Compliance is regional and asked for once.
func (c *client) adminBase(ctx context.Context, s tenant.Service) (string, error) {
	if s != tenant.Compliance {
		return c.tenant.Cloud.Exchange, nil
	}
	return c.region.base(ctx, c.discover)
}

// discover asks the front door of Compliance which region the tenant is in. It
// answers with a redirect, of which only the first label of the host is used.
func (c *client) discover(ctx context.Context) (string, error) {
	front, err := c.tenant.Cloud.Base(tenant.Compliance)
	if err != nil {
		return "", &Error{Kind: NotFound, Method: get, Path: banner.name, Code: "service_not_offered", Err: err}
	}
	one := &call{
		route: bannerRoute, method: get, name: banner.name, url: front + banner.path(c.tenant.ID) + "?Version=" + moduleVersion,
		header: http.Header{"Accept": {"application/json"}}, timeout: c.timeout(tenant.Exchange), redirect: true,
		charges: []charge{{tenant.Compliance, exchange, 1, ""}},
	}
	a, err := c.do(ctx, one)
	if err != nil {
		return "", err
	}
	if a.status < 300 {
		return front, nil
	}
	base, err := regional(front, a.header.Get("Location"))
	if err != nil {
		return "", &Error{Kind: Malformed, Status: a.status, Method: get, Path: banner.name, Code: "foreign_region", Err: err}
	}
	return base, nil
}

// regional puts the first label of a redirect's host before the front door's.
func regional(front, location string) (string, error) {
	to, err := url.Parse(location)
	if err != nil {
		return "", errors.New("the address of the region cannot be read")
	}
	door, err := url.Parse(front)
	if err != nil {
		return "", errors.New("the address of the service cannot be read")
	}
	label, rest, _ := strings.Cut(strings.ToLower(to.Hostname()), ".")
	switch {
	case to.Scheme == "https" && strings.EqualFold(to.Hostname(), door.Hostname()):
		return front, nil
	case to.Scheme != "https" || label == "" || rest != strings.ToLower(door.Hostname()):
		return "", fmt.Errorf("the region would be at %q, which is not the service", to.Host)
	}
	door.Host = label + "." + door.Host
	return door.String(), nil
}

// region remembers the base of the tenant's region.
type region struct{ turn chan string }

func newRegion() region {
	r := region{make(chan string, 1)}
	r.turn <- ""
	return r
}

// base gives what is remembered, or asks once while others wait. A failure is
// not remembered.
func (r region) base(ctx context.Context, ask func(context.Context) (string, error)) (known string, err error) {
	select {
	case known = <-r.turn:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { r.turn <- known }()
	if known == "" {
		known, err = ask(ctx)
	}
	return known, err
}
