package main

import (
	"fmt"
	"regexp"

	"vakt/internal/baseline"
	"vakt/internal/directory"
)

// misnamed is the live list of accounts that are not named like
// administrators.
const misnamed = "accounts_not_named_admin"

// listsOf are the live lists of a folder, with the one that needs a pattern of
// the baseline. That one is left out, and stays unread, where the accounts
// were not read.
func listsOf(b *baseline.Baseline, d *directory.Directory) (map[string][]string, error) {
	lists := d.Lists()
	named, _ := b.Expand("upn_regex_admin")
	if len(named.Items) == 0 {
		return lists, nil
	}
	pattern, err := regexp.Compile(named.Items[0].Value)
	if err != nil {
		return nil, fmt.Errorf("upn_regex_admin: %w", err)
	}
	if ids, ok := d.NamedOtherwise(pattern); ok {
		lists[misnamed] = ids
	}
	return lists, nil
}
