package rule

// CanonicalTexts is a list of texts as RFC 8785 canonical JSON, which is what
// identities are hashed over.
func CanonicalTexts(list []string) []byte {
	b := []byte{'['}
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = canonicalText(b, s)
	}
	return append(b, ']')
}
