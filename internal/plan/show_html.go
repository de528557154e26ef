package plan

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"sync"

	"vakt/internal/action"
)

//go:embed show.html
var page string

// pageTemplate is the page, parsed once, when a page is asked for.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("plan").Funcs(template.FuncMap{
		"minute": minute, "named": named, "value": value, "affected": affected, "reasons": reasonTexts,
	}).Parse(page))
})

// pageView is a plan with what the page asks of it.
type pageView struct{ *Plan }

// CoverageLine is the MFA coverage before and after the plan.
func (v pageView) CoverageLine() string { return v.coverageLine() }

// Residue are the actions that leave something open.
func (v pageView) Residue() []action.About { return v.residue() }

// Beyond says which limit the plan goes beyond; empty for none.
func (v pageView) Beyond() string {
	if err := v.Within(); err != nil {
		return err.Error()
	}
	return ""
}

// HTML writes a plan as one page that needs no other file and runs no script.
func HTML(w io.Writer, p *Plan) error {
	if err := pageTemplate().Execute(w, pageView{p}); err != nil {
		return fmt.Errorf("write plan %s as HTML: %w", p.ID, err)
	}
	return nil
}
