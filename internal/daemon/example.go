package daemon

import (
	"bytes"
	"context"

	"vakt/internal/rule"
	"vakt/internal/source"
)

// RunCase runs the rules of one file over the records of a case, as they stand
// in it, under the case's baseline and directory. The alerts hold their
// records.
func RunCase(ctx context.Context, rules []*rule.Rule, c *Case) (*Report, error) {
	batch, err := caseBatch(rules, c)
	if err != nil {
		return nil, err
	}
	batch.ShowEvents = true
	batch.Files = source.Files{Stdin: bytes.NewReader(bytes.Join(c.Records, []byte("\n")))}
	return batch.Run(ctx, []string{"-"})
}
