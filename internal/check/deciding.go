package check

import (
	"time"

	"vakt/internal/directory"
)

// deciding are the facts behind a verdict, as a report shows them; null is not
// known. An account of unknown kind, of which there can be as many as there
// are accounts, gets none.
func (j *judge) deciding(a *directory.Account) map[string]any {
	if !a.Kind.Known {
		return nil
	}
	v := &view{j: j, a: a}
	facts := map[string]any{}
	for _, name := range []string{
		"enabled", "synced", "created_days", "password.age_days", "licence.name", "licence.room", "signin.recent", "signin.success_days",
		"signin.attempt_days", "use", "mfa.methods", "mfa.registered", "role.name", "mailbox.type", "mailbox.delegates", "employee_id", "manager",
	} {
		f, _ := schema{}.Lookup(accountFacts, name)
		facts[name] = factAt(f).get(v).plain()
	}
	if last := j.lastSuccess(a); !last.IsZero() {
		facts["last_success"] = last.UTC().Format(time.RFC3339)
	}
	return facts
}
