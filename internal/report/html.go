package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"vakt/internal/text"
)

//go:embed page/report.html page/report.css page/report.js
var pageFiles embed.FS

// HTML writes the report as one file that asks the network for nothing: its
// style and script are in it, and a content security policy allows no other.
func (r *Report) HTML(w io.Writer, lang string) error {
	v, err := speaker(lang)
	if err != nil {
		return err
	}
	style, err := pageFiles.ReadFile("page/report.css")
	if err != nil {
		return fmt.Errorf("read the report's style: %w", err)
	}
	script, err := pageFiles.ReadFile("page/report.js")
	if err != nil {
		return fmt.Errorf("read the report's script: %w", err)
	}
	t, err := template.New("report.html").Funcs(functions(v)).ParseFS(pageFiles, "page/report.html")
	if err != nil {
		return fmt.Errorf("read the report's page: %w", err)
	}
	p := r.page(v)
	p.Style, p.Script = template.CSS(style), template.JS(script) //nolint:gosec // our own files, embedded
	p.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", digest(style), digest(script))
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("write the report as HTML: %w", err)
	}
	return nil
}

// digest is how a content security policy names an allowed inline text.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// mail is show for what is mostly an address: a narrow column breaks it before
// its domain first.
func mail(s string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(text.Terminal(s)), "@", "<wbr>@")) //nolint:gosec // escaped
}

// code is show for a sentence that has commands in backquotes.
func code(s string) template.HTML {
	parts := strings.Split(template.HTMLEscapeString(text.Terminal(s)), "`")
	if len(parts)%2 == 0 { // one of them is no pair's
		return template.HTML(strings.Join(parts, "`")) //nolint:gosec // escaped
	}
	for i := 1; i < len(parts); i += 2 {
		parts[i] = "<code>" + parts[i] + "</code>"
	}
	return template.HTML(strings.Join(parts, "")) //nolint:gosec // escaped
}

// functions are what the page can ask for. show makes a string of a directory
// safe to look at: control characters and marks that turn the direction of
// writing are shown as escapes; html/template then escapes it for its place.
func functions(v voice) template.FuncMap {
	return template.FuncMap{
		"t":    v.Say,
		"n":    v.Count,
		"show": text.Terminal,
		"mail": mail,
		"code": code,
	}
}
