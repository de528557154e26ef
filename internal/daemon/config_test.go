package daemon_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vakt/internal/daemon"
)

const goodConfig = `tenants:
  - name: contoso
    id: 11111111-2222-3333-4444-555555555555
    credential: {kind: managed_identity}
baseline: baseline.yaml
exceptions: lists/exceptions.yaml
state: {dsn: vakt.db}
keep_blocked: {enabled: true, block_after: 48h}
`

func TestParseConfig(t *testing.T) {
	c, err := daemon.ParseConfig(filepath.Join("etc", "vakt.yaml"), []byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Tenants.Tenants) != 1 || c.Baseline != filepath.Join("etc", "baseline.yaml") || c.Exceptions != filepath.Join("etc", "lists", "exceptions.yaml") ||
		c.State != filepath.Join("etc", "vakt.db") || !c.Keep.Enabled || c.Keep.BlockAfter != 48*time.Hour {
		t.Errorf("read %+v", c)
	}
}

func TestParseConfigRefuses(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := daemon.ParseConfig("vakt.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q in it", text, err, want)
		}
	}
	f(strings.Replace(goodConfig, "baseline:", "basline:", 1), `vakt.yaml:5: unknown key "basline": did you mean "baseline"?`)
	f(strings.Replace(goodConfig, "dsn:", "dsm:", 1), "vakt.yaml:7: ")
	f(strings.Replace(goodConfig, "state: {dsn: vakt.db}", "state: [1]", 1), "vakt.yaml:7: ")
	f(strings.Replace(goodConfig, "48h", "1s", 1), "an account is blocked after an hour at the earliest")
	f(strings.Replace(goodConfig, "managed_identity", "global_admin", 1), "vakt.yaml:4: ")
}
