package rig

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Routes of the administration interface, as faults and hooks name them;
// cmdlets stand under their own names.
const (
	routeExchangeBatch = "/adminapi/$batch"
	routeModule        = "/adminapi/EXOModuleFile"
	routeBanner        = "/adminapi/EXOBanner"
)

// exchange answers a request to the interface behind the Exchange Online
// PowerShell module, which is not a published contract: what is known of it
// was read from tools that use it.
func (s *Server) exchange(r *http.Request, c *call) *answer {
	parts := strings.SplitN(strings.Trim(c.path, "/"), "/", 4)
	if len(parts) != 4 || !strings.EqualFold(parts[0], "adminapi") {
		return s.unknown(c)
	}
	c.version, c.path = parts[0]+"/"+parts[1], "/"+parts[2]+"/"+parts[3]
	endpoint := parts[3]
	if unescaped, err := url.PathUnescape(endpoint); err == nil {
		endpoint = unescaped
	}
	name, _, _ := strings.Cut(endpoint, "(")
	what := c.method + " " + strings.ToLower(name)
	if c.told.Route = exchangeRoutes[what]; c.told.Route == "" {
		return s.unknown(c)
	}
	var in envelope
	if what == "POST invokecommand" {
		var bad *answer
		if in, bad = c.envelope(); bad != nil {
			return bad
		}
		c.describe(in)
	}
	return s.exchangeEndpoint(r, c, parts[2], what, in)
}

var exchangeRoutes = map[string]string{
	"POST invokecommand": "InvokeCommand", "POST $batch": routeExchangeBatch,
	"GET exomodulefile": routeModule, "GET exobanner": routeBanner,
}

// exchangeEndpoint answers with what the token allows.
func (s *Server) exchangeEndpoint(r *http.Request, c *call, tenant, what string, in envelope) *answer {
	c.draw()
	var bad *answer
	if c.who, bad = s.bearer(r, c.told.Service); bad != nil {
		return bad
	}
	switch {
	case !s.isTenant(tenant):
		return exchangeError(http.StatusForbidden, "Forbidden", "UnauthorizedAccessException", "The tenant in the address is not the token's.")
	case !c.has("Exchange.ManageAsApp") && !c.who.delegated() || len(c.managementRoles()) == 0:
		return exchangeError(http.StatusUnauthorized, "Unauthorized", "UnauthorizedAccessException", "The role assigned to application isn't supported in this scenario.")
	}
	if bad := c.before(); bad != nil {
		return bad
	}
	c.view = s.view(c)
	switch what {
	case "GET exomodulefile":
		return c.after(c.moduleFile())
	case "GET exobanner":
		return c.after(c.banner(r))
	case "POST $batch":
		return c.after(c.exchangeBatch())
	}
	return c.after(c.invoke(in))
}

// envelope is the body of InvokeCommand.
type envelope struct {
	CmdletInput struct {
		CmdletName string
		Parameters map[string]json.RawMessage
	}
}

func (c *call) envelope() (in envelope, bad *answer) {
	if err := json.Unmarshal(c.body, &in); err != nil || in.CmdletInput.CmdletName == "" {
		return in, exchangeError(http.StatusBadRequest, "BadRequest", "ArgumentException", "The body holds no CmdletInput.")
	}
	return in, nil
}

// describe notes the cmdlet and whom it is about.
func (c *call) describe(in envelope) {
	c.told.Route = in.CmdletInput.CmdletName
	for _, name := range []string{"Identity", "Mailbox", "SenderAddress"} {
		if raw := in.CmdletInput.Parameters[name]; raw != nil && c.told.Object == "" {
			c.told.Object = textOf(raw)
		}
	}
	c.told.Paged = strings.HasPrefix(in.CmdletInput.CmdletName, "Get-")
}

// invoke runs a cmdlet.
func (c *call) invoke(in envelope) *answer {
	name := in.CmdletInput.CmdletName
	cmd, ok := cmdlets()[strings.ToLower(name)]
	if !ok || c.told.Service == serviceCompliance {
		return c.s.unknownCmdlet(c, name)
	}
	if !c.mayRun(cmd) {
		return c.cmdletDenied(name)
	}
	run := &run{call: c, cmd: cmd, params: parameters{}}
	if bad := run.bind(in.CmdletInput.Parameters); bad != nil {
		return bad
	}
	if cmd.part != "" {
		if state, _ := c.s.state.PartState(cmd.part); state == Absent {
			return c.cmdletDenied(name)
		}
	}
	items, bad := cmd.do(run)
	if bad != nil {
		if strings.HasPrefix(cmd.name, "Get-") {
			return bad
		}
		c.s.state.Refused(run.by(), c.told.Object, nil, jsonOrNil(c.body))
		return bad
	}
	return run.pageOf(items)
}

func (s *Server) unknownCmdlet(c *call, name string) *answer {
	text := c.method + " " + c.told.Path + " " + name
	if s.o.OnUnknown != nil {
		s.o.OnUnknown(text)
	}
	return exchangeError(http.StatusNotImplemented, "NotImplemented", "NotImplementedException", "The simulated tenant does not know this request: "+text)
}

func (c *call) cmdletDenied(name string) *answer {
	return exchangeError(http.StatusForbidden, "CmdletAccessDenied", "System.Management.Automation.CommandNotFoundException",
		"The term '"+name+"' isn't recognized as a name of a cmdlet, function, script file, or executable program.")
}

// exchangeError is the error body of the administration interface: the text
// stands in details with a code and the type of the exception before it.
func exchangeError(status int, code, exception, text string) *answer {
	if !strings.Contains(exception, ".") {
		exception = "Microsoft.Exchange.Configuration.Tasks." + exception
	}
	message := "Ex" + exceptionCode(exception) + "|" + exception + "|" + text
	return jsonAnswer(status, map[string]any{"error": map[string]any{
		"code": code, "message": "Error executing request. " + text,
		"details":    []any{map[string]any{"code": "Context", "target": "", "message": message}},
		"innererror": map[string]any{"message": message, "internalException": map[string]any{"message": message, "type": exception}},
	}})
}

// exceptionCode is a code of six digits that belongs to a type.
func exceptionCode(exception string) string {
	sum := uint32(2166136261)
	for i := range len(exception) {
		sum = (sum ^ uint32(exception[i])) * 16777619
	}
	return strings.ToUpper(strconv.FormatUint(uint64(sum&0xffffff|0x100000), 16))
}

func notFoundInExchange(identity string) *answer {
	return exchangeError(http.StatusNotFound, "NotFound", "ManagementObjectNotFoundException",
		"The operation couldn't be performed because object '"+identity+"' couldn't be found on the server.")
}

// run is a cmdlet on its way.
type run struct {
	*call
	cmd      *cmdlet
	params   parameters
	warnings []string
}

// by says who writes, for the truth: the path ends in the cmdlet's name.
func (r *run) by() Who {
	return Who{Principal: r.who.Object, Method: r.method, Path: "/" + r.version + r.path + "/" + r.cmd.name}
}

// bind checks the parameters of a cmdlet; names are taken in any case.
func (r *run) bind(given map[string]json.RawMessage) *answer {
	for name, raw := range given {
		at := slices.IndexFunc(r.cmd.params, func(p string) bool { return strings.EqualFold(p, name) })
		if at < 0 && !slices.ContainsFunc(commonParams, func(p string) bool { return strings.EqualFold(p, name) }) {
			return exchangeError(http.StatusBadRequest, "BadRequest", "System.Management.Automation.ParameterBindingException",
				"A parameter cannot be found that matches parameter name '"+name+"'.")
		}
		if at >= 0 {
			r.params[r.cmd.params[at]] = raw
		}
	}
	for _, name := range r.cmd.required {
		if r.params.text(name) == "" {
			return exchangeError(http.StatusBadRequest, "BadRequest", "System.Management.Automation.ParameterBindingException",
				"Cannot process command because of one or more missing mandatory parameters: "+name+".")
		}
	}
	return nil
}

// commonParams are taken by every cmdlet.
var commonParams = []string{"Confirm", "ErrorAction", "WarningAction", "Debug", "Verbose", "WhatIf"}

// parameters are what a cmdlet was given, by the names of its table.
type parameters map[string]json.RawMessage

func (p parameters) text(name string) string { return textOf(p[name]) }
func (p parameters) true(name string) bool   { return string(p[name]) == "true" }

// texts is a parameter that takes one text or many; commas part them too.
func (p parameters) texts(name string) []string {
	var out []string
	for _, item := range Elements(p[name]) {
		out = append(out, textOf(item))
	}
	if one := p.text(name); one != "" {
		for _, part := range strings.Split(one, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

// limit is ResultSize: 1,000 without one, 0 for no limit.
func (p parameters) limit() int {
	switch raw := p["ResultSize"]; {
	case raw == nil:
		return 1000
	case strings.EqualFold(textOf(raw), "Unlimited"):
		return 0
	default:
		n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
		if err != nil || n < 0 {
			return 1000
		}
		return n
	}
}

// pageOf answers a page of a cmdlet's output.
func (r *run) pageOf(items []Object) *answer {
	if limit := r.params.limit(); limit > 0 && len(items) > limit && strings.HasPrefix(r.cmd.name, "Get-") {
		items = items[:limit]
		r.warnings = append(r.warnings, "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.")
	}
	now, bad := r.position()
	if bad != nil {
		return bad
	}
	if r.suffers(FaultPageEmpty) && now.times == 0 {
		return r.output(nil, r.next(now, cursor{now.place, now.about, 1}))
	}
	start := min(now.place, len(items))
	end := min(start+r.pageSize(), len(items))
	next := ""
	state, _ := r.s.state.PartState(r.cmd.part)
	switch {
	case end < len(items):
		next = r.next(now, cursor{place: end, about: now.about})
	case r.cmd.part != "" && state == Partial && r.params.text("Identity") == "" && now.times < 2:
		next = r.next(now, cursor{place: end, about: now.about, times: 2})
	case now.times == 2:
		return r.cmdletDenied(r.cmd.name)
	}
	return r.output(items[start:end], next)
}

// pageSize reads the header Prefer: odata.maxpagesize=1000.
func (r *run) pageSize() int {
	for _, part := range strings.FieldsFunc(r.header.Get("Prefer"), func(c rune) bool { return c == ';' || c == ',' }) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(part), "odata.maxpagesize="); ok {
			if size, err := strconv.Atoi(n); err == nil && size > 0 {
				return min(size, 1000)
			}
		}
	}
	return 1000
}

// output writes a page as rows of a hash table.
func (r *run) output(items []Object, next string) *answer {
	var fields []string
	if list := r.query.Get("$select"); list != "" {
		fields = strings.Split(list, ",")
	}
	body := append([]byte(`{"@odata.context":`), quoted(r.base+"/"+r.version+strings.TrimSuffix(r.path, "/InvokeCommand")+"/$metadata#Collection(Exchange.GenericHashTable)")...)
	body = append(body, `,"@adminapi.warnings":`...)
	warnings, err := json.Marshal(append([]string{}, r.warnings...))
	if err != nil {
		return graphError(http.StatusInternalServerError, "generalException", err.Error())
	}
	body = append(body, warnings...)
	if next != "" {
		body = append(append(body, `,"@odata.nextLink":`...), quoted(next)...)
	}
	body = append(body, `,"value":[`...)
	for i, o := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"@odata.type":"#Exchange.GenericHashTable"`...)
		for m := range o.members() {
			if name := nameOf(o[m.start:m.colon]); fields == nil && name != "@odata.type" || slices.Contains(fields, name) {
				body = append(append(body, ','), o[m.start:m.end]...)
			}
		}
		body = append(body, '}')
	}
	return rawAnswer(http.StatusOK, append(body, ']', '}'))
}
