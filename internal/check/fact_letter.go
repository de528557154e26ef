package check

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"vakt/internal/directory"
)

// blockedSender is why an account must not send: the entry for its mail
// address or its name.
func (v *view) blockedSender() value {
	var why []string
	for _, b := range v.j.s.Blocked.Value {
		if strings.EqualFold(b.Address, v.a.Mail) || strings.EqualFold(b.Address, v.a.UPN) {
			reason := b.Reason
			if reason == "" {
				reason = "blocked"
			}
			why = append(why, reason)
		}
	}
	if len(why) == 0 && !v.j.s.Blocked.Known {
		return unknown(v.j.s.Blocked.Why)
	}
	return words(why...)
}

// tags are the marks of HTML, and what is not shown: style and script.
var tags = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<(style|script)\b.*?</(style|script)\s*>|<!--.*?-->|<[^>]*>`)
})

// shown is the text that a person sees of HTML, with single blanks.
func shown(text string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags().ReplaceAllString(text, " "))), " ")
}

// signature is unknown where it was not read. Without HTML, the plain text
// counts.
func (v *view) signature() value {
	f := v.j.s.Signature(v.a.ID)
	if !f.Known {
		return unknown(f.Why)
	}
	return words(shown(f.Value.HTML), shown(f.Value.Text))
}

// links are addresses of the web and of mail in HTML or plain text.
var links = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:https?://|mailto:)[^\s"'<>]+`)
})

// signatureDomains are the foreign domains that a signature leads to.
func (v *view) signatureDomains() value {
	f := v.j.s.Signature(v.a.ID)
	if !f.Known {
		return unknown(f.Why)
	}
	var list []string
	for _, link := range links().FindAllString(html.UnescapeString(f.Value.HTML+" "+f.Value.Text), -1) {
		if domain := linkDomain(link); domain != "" {
			list = append(list, "@"+domain)
		}
	}
	return v.foreign(list)
}

// linkDomain is the host that a link leads to, in lower case, without www.
func linkDomain(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	if u.Opaque != "" {
		address, _, _ := strings.Cut(u.Opaque, "?")
		host = domainOf(address)
	}
	return strings.TrimPrefix(strings.ToLower(host), "www.")
}

// massMail is what stands in messages of one subject that went to many foreign
// addresses. It is unknown where no search was made, or not all was read and
// nothing is found.
func (v *view) massMail() value {
	f := v.j.s.Search(v.a.ID)
	if !f.Known && len(f.Value) == 0 {
		return unknown(f.Why)
	}
	own := v.j.ownDomains
	if !own.Known {
		return unknown(own.Why)
	}
	to, texts := map[string][]string{}, map[string][]string{}
	for _, m := range f.Value {
		key := strings.ToLower(strings.TrimSpace(m.Subject))
		to[key] = append(to[key], foreignTo(m, own.Value)...)
		texts[key] = append(texts[key], strings.TrimSpace(m.Subject+" "+m.Preview))
	}
	var list []string
	for key, all := range to {
		slices.Sort(all)
		if len(slices.Compact(all)) >= v.j.scamTo {
			list = append(list, texts[key]...)
		}
	}
	slices.Sort(list)
	if len(list) == 0 && !f.Known {
		return unknown(f.Why)
	}
	return words(slices.Compact(list)...)
}

// foreignTo are the addresses that a message went to outside of the tenant.
func foreignTo(m directory.Message, own map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(m.To), func(to string) bool { return own[domainOf(to)] })
}
