package plan

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/directory"
)

// globalAdministrator is the template id of the role, which is the same in
// every tenant (Microsoft Entra built-in roles).
const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

// leastDoors is how many emergency accounts, and how many enabled Global
// Administrators, a tenant must have.
const leastDoors = 2

// emergency wants two emergency accounts that are declared, there and enabled:
// whatever a run does, somebody must be able to get in and undo it.
func (b *builder) emergency() error {
	declared := membersOf(b.in.Policy.baseline().WithDirectory(b.in.Snapshot.Lists()), "break_glass_accounts", b.in.Now)
	usable := map[string]bool{}
	var wrong []string
	for name := range declared.ids {
		a, err := b.find(name)
		switch {
		case err != nil:
			wrong = append(wrong, err.Error())
		case directory.Is(a.Enabled, false):
			wrong = append(wrong, fmt.Sprintf("%q is disabled", a.UPN))
		case !a.Enabled.Known:
			wrong = append(wrong, fmt.Sprintf("whether %q is enabled was not read", a.UPN))
		default:
			usable[a.ID] = true
		}
	}
	if len(usable) >= leastDoors {
		return nil
	}
	slices.Sort(wrong)
	if declared.unread != "" {
		wrong = append(wrong, declared.unread)
	}
	what := ""
	if len(wrong) > 0 {
		what = " (" + strings.Join(wrong, "; ") + ")"
	}
	return fmt.Errorf("%d of %d emergency accounts can be used%s, at least %d must be: nothing is planned: declare them as break_glass_accounts in the baseline",
		len(usable), len(declared.ids), what, leastDoors)
}

// lastDoor refuses a plan that disables accounts and would leave fewer than two
// enabled Global Administrators. Eligible ones do not count: whoever must first
// activate the role may need somebody who has it.
func (b *builder) lastDoor(gone map[string]bool) error {
	if len(gone) == 0 {
		return nil
	}
	left := 0
	for i := range b.in.Snapshot.Accounts {
		a := &b.in.Snapshot.Accounts[i]
		if !gone[a.ID] && directory.Is(a.Enabled, true) && slices.ContainsFunc(a.Roles.Value, isOpenDoor) {
			left++
		}
	}
	if left >= leastDoors {
		return nil
	}
	return fmt.Errorf("the plan would leave %d enabled Global Administrators, at least %d must be left: nothing is planned: leave an administrator out, or give the role to somebody first",
		left, leastDoors)
}

func isOpenDoor(r directory.Role) bool {
	return r.Template == globalAdministrator && !r.Eligible && (r.Scope == "" || r.Scope == "/")
}
