package rig

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// cursor is what a page token holds: the place at which the next page begins,
// and what the enumeration was about, as a token is good for that alone.
type cursor struct {
	place int
	about uint64
	// times counts how often an empty page stood before this place.
	times int
}

const cursorVersion = 'r'

// token writes a cursor as an opaque text.
func (u cursor) token() string {
	b := []byte{cursorVersion}
	b = binary.AppendUvarint(b, uint64(u.place))
	b = binary.AppendUvarint(b, uint64(u.times))
	b = binary.BigEndian.AppendUint64(b, u.about)
	return base64.RawURLEncoding.EncodeToString(b)
}

// readCursor reads a token; one that we did not write is refused.
func readCursor(text string) (u cursor, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 || b[0] != cursorVersion {
		return u, false
	}
	place, n := binary.Uvarint(b[1:])
	if n <= 0 || place > 1<<40 {
		return u, false
	}
	times, m := binary.Uvarint(b[1+n:])
	if m <= 0 || times > 1<<10 || len(b) != 1+n+m+8 {
		return u, false
	}
	u = cursor{int(place), binary.BigEndian.Uint64(b[1+n+m:]), int(times)}
	return u, u.token() == text
}

// about is a hash of what an enumeration asks for: path, query without the
// token, and body.
func (c *call) about() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.version + strings.ToLower(c.path))) // a hash never returns an error
	q := url.Values{}
	for name, values := range c.query {
		if name != "$skiptoken" {
			q[name] = values
		}
	}
	_, _ = h.Write([]byte(q.Encode()))
	_, _ = h.Write(c.body) // a cmdlet's page is asked for with the cmdlet again
	return h.Sum64()
}

// position reads the page token of a request, if it has one.
func (c *call) position() (cursor, *answer) {
	text := c.query.Get("$skiptoken")
	if text == "" {
		return cursor{about: c.about()}, nil
	}
	u, ok := readCursor(text)
	if !ok || u.about != c.about() {
		return u, graphError(http.StatusBadRequest, "Request_BadRequest", "The skip token is not valid for this request.")
	}
	if c.suffers(FaultPageExpired) {
		return u, graphError(http.StatusBadRequest, "Directory_ExpiredPageToken",
			"The specified page token value has expired and can no longer be included in your request.")
	}
	return u, nil
}

// next is the link to the page that begins at a cursor, spoilt if the request
// was drawn such a fault.
func (c *call) next(now, then cursor) string {
	base := c.base
	switch {
	case c.suffers(FaultPageLoop):
		then = now
	case c.suffers(FaultPageForeign):
		base = "https://attacker.example.com"
	case c.suffers(FaultPageRepeat) && then.place > now.place:
		then.place--
	}
	q := url.Values{}
	for name, values := range c.query {
		q[name] = values
	}
	q.Set("$skiptoken", then.token())
	return base + "/" + c.version + c.path + "?" + encodeQuery(q)
}

// encodeQuery writes a query as the service does, with the dollar signs of
// the options as they are.
func encodeQuery(q url.Values) string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		for _, value := range q[name] {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(strings.Replace(url.QueryEscape(name), "%24", "$", 1) + "=" + url.QueryEscape(value))
		}
	}
	return b.String()
}
