package baseline

import (
	"strings"

	"vakt/internal/event"
)

// grantOperations give somebody else a right on a mailbox: cmdlets of
// administrators. What owners share in their mail client are others.
// Source: "Audit log activities", Exchange mailbox and admin activities.
var grantOperations = map[string]bool{"add-mailboxpermission": true, "add-recipientpermission": true}

// mailbox takes a record of the unified audit log in: who gives rights on
// mailboxes and converts them.
func (l *Learner) mailbox(r *event.Record, once func(event.Key) bool) {
	f := &l.fields
	operation := strings.ToLower(string(firstText(r, f.operation)))
	converts := operation == "set-mailbox" && len(firstText(r, f.mailboxType)) > 0
	if !converts && !grantOperations[operation] {
		return
	}
	result := firstText(r, f.resultStatus)
	if strings.EqualFold(string(result), "False") || strings.EqualFold(string(result), "Failed") || !once(keyOf(r, []byte("mailbox"), []byte(operation))) {
		return
	}
	who, whose := strings.ToLower(string(firstText(r, f.mailboxActor))), strings.ToLower(string(firstText(r, f.mailboxName)))
	if !strings.Contains(who, "@") || who == whose || strings.HasPrefix(who, whose+"@") {
		return // Exchange itself, or the own mailbox
	}
	l.audits.mu.Lock()
	defer l.audits.mu.Unlock()
	l.audits.worked(actorKey{id: who, role: mailboxAdmin}, []byte(who), whose, r.Time())
}
