//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// synthetic writes so many rules over sign-ins and audits that no record
// matches: addresses, applications, agents, countries and codes that nobody
// has, alone and together.
func synthetic(dir string, count int) (string, error) {
	var b strings.Builder
	for i := range count {
		service, search := "signinlogs", ""
		switch i % 5 {
		case 0:
			search = fmt.Sprintf("    ipAddress: [192.0.2.%d, 198.51.100.%d]\n    status.errorCode: %d", i%256, (i/256)%256, 900000+i)
		case 1:
			search = fmt.Sprintf("    appId: %08x-aaaa-4000-8000-000000000000", i)
		case 2:
			search = fmt.Sprintf("    userAgent|contains: 'scanner-%04d'\n    isInteractive: true", i)
		case 3:
			search = fmt.Sprintf("    location.countryOrRegion: X%c\n    userPrincipalName|startswith: 'svc-%04d'", 'A'+i%26, i)
		default:
			service, search = "auditlogs", fmt.Sprintf("    activityDisplayName: [Update thing %d, Delete thing %d]\n    result: success", i, i)
		}
		if i > 0 {
			b.WriteString("---\n")
		}
		fmt.Fprintf(&b, "title: Quiet rule %d\nid: %08x-0000-4000-8000-000000000000\nlogsource: {product: azure, service: %s}\ndetection:\n  selection:\n%s\n  condition: selection\nlevel: low\n", i, i, service, search)
	}
	file := filepath.Join(dir, fmt.Sprintf("quiet-%d.yml", count))
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

// crowdRules count the accounts that fail from one address.
const crowdRules = `title: Failed
name: failed
logsource: {product: azure, service: signinlogs}
detection:
  selection: {status.errorCode: 50126}
  condition: selection
---
title: Many accounts from one address
name: many
correlation: {type: value_count, rules: [failed], group-by: [ip], timespan: 1h, condition: {gte: 20, field: account}}
level: high
`
