package main

import (
	"fmt"
	"regexp"

	"vakt/internal/baseline"
)

// misnamed is the live list of accounts that are not named like
// administrators.
const misnamed = "accounts_not_named_admin"

// dormant is the live list of accounts that nobody has used for long.
const dormant = "dormant_accounts"

// listed answers for the live lists of a tenant: a folder, or a snapshot.
type listed interface {
	Lists() map[string][]string
	DormantAccounts(days int) (ids []string, ok bool)
	NamedOtherwise(pattern *regexp.Regexp, except ...string) (ids []string, ok bool)
}

// listsOf are the live lists of a tenant, with those that need a parameter of
// the baseline. One is left out, and stays unread, where the accounts were not
// read.
func listsOf(b *baseline.Baseline, d listed) (map[string][]string, error) {
	lists := d.Lists()
	if days, ok := b.Number("dormant_days"); ok {
		if ids, ok := d.DormantAccounts(int(days)); ok {
			lists[dormant] = ids
		}
	}
	named, _ := b.Expand("upn_regex_admin")
	if len(named.Items) == 0 {
		return lists, nil
	}
	pattern, err := regexp.Compile(named.Items[0].Value)
	if err != nil {
		return nil, fmt.Errorf("upn_regex_admin: %w", err)
	}
	// An emergency account may be declared by its name, which the records that
	// the list is compared with do not have. One with an end stays on the list:
	// when it ends is asked of each record.
	var except []string
	emergency, _ := b.Expand("break_glass_accounts")
	for _, it := range emergency.Items {
		if it.Until == 0 {
			except = append(except, it.Value)
		}
	}
	if ids, ok := d.NamedOtherwise(pattern, except...); ok {
		lists[misnamed] = ids
	}
	return lists, nil
}
