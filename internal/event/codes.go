package event

import "bytes"

// Certainty is yes, no, or not to be told.
type Certainty uint8

// The certainties.
const (
	Unclear Certainty = iota
	Yes
	No
)

// Code is what a sign-in error code means for analysis.
type Code struct {
	// Class groups codes that mean the same to an analyst, such as
	// "bad_credentials" or "mfa_required"; "other" for a code not listed.
	Class string
	// PasswordAccepted says whether the first factor was right, or the code
	// only appears after it.
	PasswordAccepted Certainty
}

// CodeOf looks up an error code by its digits. Source of the meanings:
// Microsoft's reference of sign-in error codes; the classes are ours. Codes
// are compared, never the message texts, which change.
func CodeOf(code []byte) Code {
	if c, ok := codes[string(bytes.TrimSpace(code))]; ok {
		return c
	}
	return Code{Class: "other"}
}

var codes = map[string]Code{
	"0": {"success", Yes},

	"50126": {"bad_credentials", No}, "50056": {"bad_credentials", No}, "50064": {"bad_credentials", No},
	"120000": {"bad_credentials", No}, "130503": {"bad_credentials", No},
	"50034": {"unknown_user", No}, "51004": {"unknown_user", No},
	"50020": {"unknown_user_external", Unclear}, "90072": {"unknown_user_external", Unclear},
	"50177": {"unknown_user_external", Unclear}, "16003": {"unknown_user_external", Unclear},

	"50053": {"lockout", Unclear},
	"50057": {"disabled", Unclear},

	"50055": {"password_expired", Yes}, "50144": {"password_expired", Yes},
	"50142": {"password_change_required", Yes},
	"50135": {"risk_block", Yes}, "53011": {"risk_block", Yes}, "530034": {"risk_block", Yes},

	"50072": {"mfa_required", Yes}, "50074": {"mfa_required", Yes}, "50076": {"mfa_required", Yes},
	"50078": {"mfa_required", Yes}, "50079": {"mfa_required", Yes}, "54008": {"mfa_required", Unclear},
	"500121": {"mfa_failed", Yes},
	"50087":  {"mfa_service", Yes}, "50088": {"mfa_service", Yes},
	"75011": {"mfa_or_method", Yes},

	"50158": {"interrupt_external", Yes},
	"50097": {"interrupt_device", Yes}, "50129": {"interrupt_device", Yes}, "50127": {"interrupt_device", Yes},
	"50155": {"device_failed", Yes}, "50187": {"device_failed", Yes}, "135011": {"device_failed", Unclear},

	"50005": {"ca_block", Yes}, "50131": {"ca_block", Yes}, "53000": {"ca_block", Yes}, "53001": {"ca_block", Yes},
	"53002": {"ca_block", Yes}, "53003": {"ca_block", Yes}, "53009": {"ca_block", Yes}, "530031": {"ca_block", Yes},
	"530032": {"ca_block", Yes}, "530035": {"ca_block", Yes},
	"53004": {"registration_block", Yes}, "53010": {"registration_block", Yes},
	"500212": {"cross_tenant_block", Yes}, "500213": {"cross_tenant_block", Yes},
	"500021": {"cross_tenant_block", Unclear}, "500022": {"cross_tenant_block", Unclear},
	"50105": {"app_assignment", Yes},

	"65001": {"consent", Yes}, "65004": {"consent", Yes}, "90094": {"consent", Yes}, "90095": {"consent", Yes},
	"900941": {"consent", Yes},

	"50058": {"interrupt_benign", No}, "50059": {"interrupt_benign", No},
	"50125": {"interrupt_benign", Yes}, "50140": {"interrupt_benign", Yes}, "50199": {"interrupt_benign", Yes},
	"50203": {"interrupt_benign", Yes}, "50201": {"interrupt_benign", Yes}, "1000000": {"interrupt_benign", Yes},
	"16000": {"interrupt_benign", Unclear}, "16001": {"interrupt_benign", Unclear},
	"81010": {"interrupt_sso", Unclear}, "81012": {"interrupt_sso", Unclear}, "81014": {"interrupt_sso", Unclear},
	"51006": {"interrupt_sso", Unclear}, "50180": {"interrupt_sso", Unclear},

	"50132": {"token_lifecycle", Unclear}, "50133": {"token_lifecycle", Unclear}, "50173": {"token_lifecycle", Unclear},
	"50089": {"token_lifecycle", Unclear}, "70008": {"token_lifecycle", Unclear}, "700082": {"token_lifecycle", Unclear},
	"700084": {"token_lifecycle", Unclear}, "70043": {"token_lifecycle", Unclear}, "70044": {"token_lifecycle", Unclear},
	"70046": {"token_lifecycle", Unclear},
	"70016": {"device_code", Unclear}, "70018": {"device_code", Unclear}, "70019": {"device_code", Unclear},

	"80002": {"onprem_validation", Unclear}, "80005": {"onprem_validation", Unclear},
	"80007": {"onprem_validation", Unclear}, "80014": {"onprem_validation", Unclear},
	"80012": {"onprem_policy", Unclear},
	"50196": {"client_error", Unclear},
	"50014": {"guest_pending", Unclear},
}

// clientClasses names the clients that can do modern authentication, and the
// legacy ones under the spellings of Graph's documentation, the sign-in logs
// and the portal.
var clientClasses = map[string]string{
	"browser": "modern", "mobile apps and desktop clients": "modern", "modern clients": "modern",
	"authenticated smtp": "legacy", "smtp": "legacy", "autodiscover": "legacy",
	"exchange activesync": "legacy", "exchange online powershell": "legacy", "exchange web services": "legacy",
	"imap4": "legacy", "imap": "legacy", "mapi over http": "legacy", "mapi": "legacy",
	"offline address book": "legacy", "outlook anywhere (rpc over http)": "legacy", "outlook anywhere": "legacy",
	"outlook service": "legacy", "pop3": "legacy", "pop": "legacy", "reporting web services": "legacy",
	"universal outlook": "legacy", "other clients": "legacy", "unknown": "legacy",
}

// ClientClass is "modern" or "legacy". An unknown client that is not empty is
// legacy, as the set of modern ones is closed.
func ClientClass(client []byte) string {
	if class, ok := clientClasses[string(bytes.ToLower(client))]; ok {
		return class
	}
	return "legacy"
}
