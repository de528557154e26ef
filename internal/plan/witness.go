package plan

import (
	"time"

	"vakt/internal/directory"
)

// NewWitness is what an account shows that was read afresh with its mailbox,
// and how many attempts to sign in to it were refused.
func NewWitness(a *directory.Account, refused directory.Fact[int], last time.Time) Witness {
	return Witness{Delegates: delegates(a), Refused: refused, Last: last}
}
