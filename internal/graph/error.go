package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vakt/internal/tenant"
)

// A Kind says what a failed request means for the caller. It is told from
// status and code, never from the words of a message.
type Kind string

// Kinds of failures.
const (
	NotPermitted Kind = "not_permitted" // a permission or role is missing; Error.Permission names it
	NotLicensed  Kind = "not_licensed"  // the tenant lacks the licence in Error.Licence
	NotFound     Kind = "not_found"     // no such object, or no such API on this cloud
	NoMailbox    Kind = "no_mailbox"    // the account has no mailbox in the cloud
	Throttled    Kind = "throttled"     // told to wait longer than we do; go on after Error.RetryAfter
	Gone         Kind = "gone"          // a page or delta token is dead
	Unauthorized Kind = "unauthorized"  // the token was refused twice, or there is none
	WrongTenant  Kind = "wrong_tenant"  // the credential belongs to another tenant
	BadRequest   Kind = "bad_request"   // the service does not understand the request
	Conflict     Kind = "conflict"      // the object is not in the state that the request needs
	Malformed    Kind = "malformed"     // the answer cannot be read, or would lead elsewhere
	Unavailable  Kind = "unavailable"   // no usable answer after several tries
	Refused      Kind = "refused"       // not on the list of requests that this client may send; nothing was sent
)

// Error is a request that failed. Its text holds no token and no body.
type Error struct {
	Kind       Kind
	Status     int    // HTTP status; 0: no answer, or nothing was sent
	Code       string // the service's error code, or ours where it gave none
	Method     string
	Path       string // the request's path, or "InvokeCommand Get-Mailbox"
	RequestID  string // the service's request-id, for Microsoft's support
	Permission string // NotPermitted: the least permission that the route needs, where known
	Licence    tenant.Licence
	RetryAfter time.Duration // Throttled: how long the service wants to be left alone
	Message    string        // the service's words, shortened; from outside: escape before showing
	Err        error         // the cause, where there is one
}

// Error says what failed, and what the service answered.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Method, e.Path, e.meaning())
	if e.Status != 0 || e.Code != "" {
		fmt.Fprintf(&b, " (%s)", strings.TrimSpace(fmt.Sprintf("%s %s", status(e.Status), e.Code)))
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %q", e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %q]", e.RequestID)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func status(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprint(code)
}

// meaning is the failure in words, with what to do about it.
func (e *Error) meaning() string {
	switch e.Kind {
	case NotPermitted:
		if e.Permission != "" {
			return "not permitted: grant " + e.Permission
		}
		return "not permitted"
	case NotLicensed:
		if e.Licence != "" {
			return "the tenant has no " + e.Licence.Title()
		}
		return "the tenant lacks the licence"
	case NotFound:
		return "not found"
	case NoMailbox:
		return "no mailbox in the cloud"
	case Throttled:
		return fmt.Sprintf("throttled: try again in %s", e.RetryAfter.Round(time.Second))
	case Gone:
		return "the page token has expired"
	case Unauthorized:
		return "the token was refused: check the credential"
	case WrongTenant:
		return "the credential belongs to another tenant: check id and credential in the configuration"
	case Conflict:
		return "the object is in another state"
	case Malformed:
		return "the answer cannot be used"
	case Unavailable:
		return "no usable answer"
	case Refused:
		return "not sent: this client may not send it"
	}
	return "the service refused the request"
}

// unlicensed are the codes that say that the tenant lacks a licence, in lower
// case. The first three come from sign-ins and signInActivity without P1, the
// others from PIM and Identity Protection without P2.
var unlicensed = []string{
	"authentication_requestfromnonpremiumtenantorb2ctenant",
	"requestfromnonpremiumtenantorb2ctenant",
	"authentication_requestfromunsupporteduserrole_nonpremium",
	"aadpremiumlicenserequired",
	"missinglicense",
	"tenantnotlicensed",
}

// withoutMailbox are the codes of a mailbox call for an account that has no
// mailbox in the cloud.
var withoutMailbox = []string{"mailboxnotenabledforrestapi", "mailboxnothostedinexchangeonline", "mailboxnotfound"}

// deadToken are the codes of a page or delta token that has expired.
var deadToken = []string{
	"directory_expiredpagetoken", "expiredpagetoken", "syncstatenotfound", "resyncrequired",
	"syncstateinvalid", "directoryexpiredpagetoken", "invalidskiptoken",
}

// kindOf classifies an error answer by status and code.
func kindOf(code int, word string) Kind {
	word = strings.ToLower(word)
	switch {
	case slices.Contains(unlicensed, word):
		return NotLicensed
	case slices.Contains(withoutMailbox, word):
		return NoMailbox
	case slices.Contains(deadToken, word), code == http.StatusGone:
		return Gone
	}
	switch code {
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return NotPermitted
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return NotFound
	case http.StatusTooManyRequests:
		return Throttled
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusFailedDependency, http.StatusLocked:
		return Conflict
	}
	switch {
	case code >= 500, code == http.StatusRequestTimeout:
		return Unavailable
	case code >= 400:
		return BadRequest
	}
	return Malformed
}

// errorBody is the shape of an error answer of Graph and of the Exchange
// admin interface.
type errorBody struct {
	Error struct {
		Code       string `json:"code"`
		Message    string `json:"message"`
		InnerError struct {
			RequestID string `json:"request-id"`
			Internal  struct {
				Message string `json:"message"`
			} `json:"internalException"`
		} `json:"innerError"`
		Details []struct {
			Message string `json:"message"`
		} `json:"details"`
	} `json:"error"`
}

// maxMessage is how many bytes of the service's words an error keeps.
const maxMessage = 300

// failure makes the error of an answer that is none. The body may be anything.
func failure(c *call, a answer) *Error {
	e := &Error{Status: a.status, Method: c.method, Path: c.label(), RequestID: a.header.Get("request-id")}
	var body errorBody
	if json.Unmarshal(a.body, &body) == nil {
		e.Code, e.Message = body.Error.Code, body.Error.Message
		if e.RequestID == "" {
			e.RequestID = body.Error.InnerError.RequestID
		}
		if c.route.service != tenant.Graph {
			e.Code, e.Message = exchangeWords(body)
		}
	}
	e.Message = shorten(e.Message)
	e.Kind = kindOf(a.status, e.Code)
	if c.route.service != tenant.Graph {
		e.Kind = exchangeKind(e.Kind, e.Code)
	}
	if e.Kind == NotPermitted {
		e.Permission = c.permission()
	}
	if e.Kind == NotLicensed {
		e.Licence = c.licence()
	}
	return e
}

func shorten(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessage], "") + "…"
}

// exchangeWords finds code and message in an error of the Exchange admin
// interface: the detail comes first, then the inner exception. Its text reads
// "Ex6F9304|Microsoft.Exchange.….ManagementObjectNotFoundException|words", and
// the exception's type is the only code worth branching on.
func exchangeWords(body errorBody) (code, message string) {
	code, message = body.Error.Code, body.Error.Message
	if m := body.Error.InnerError.Internal.Message; m != "" {
		message = m
	}
	if len(body.Error.Details) > 0 && body.Error.Details[0].Message != "" {
		message = body.Error.Details[0].Message
	}
	if parts := strings.SplitN(message, "|", 3); len(parts) == 3 {
		code, message = parts[1][strings.LastIndexByte(parts[1], '.')+1:], parts[2]
	}
	return code, message
}

// exchangeKind refines the kind by the type of the exception.
func exchangeKind(k Kind, code string) Kind {
	switch code {
	case "ManagementObjectNotFoundException", "RecipientNotFoundException":
		return NotFound
	case "CmdletAccessDeniedException", "CmdletAccessDenied", "CommandNotFoundException", "UnauthorizedAccessException", "AuthorizationException":
		return NotPermitted
	}
	if k == Unauthorized { // the token is fine, the role behind it is not
		return NotPermitted
	}
	return k
}
