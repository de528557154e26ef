package rule

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// maxAlternatives is how many texts a regular expression may ask for before
// it is asked itself.
const maxAlternatives = 32

// needed gives texts, in folded form, of which every text that the regular
// expression matches holds at least one, in its folded form. Nil: nothing
// can be said.
func needed(expression string) []string {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	return neededOf(re)
}

func neededOf(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return neededLiteral(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return neededOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return neededOf(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if texts := neededOf(sub); shortest(texts) > shortest(best) {
				best = texts
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts := neededOf(sub)
			if texts == nil || len(all)+len(texts) > maxAlternatives {
				return nil
			}
			all = append(all, texts...)
		}
		return all
	}
	return nil
}

// neededLiteral takes the text itself. U+FFFD also stands for bytes that are
// no text, which folding leaves alone.
func neededLiteral(runes []rune) []string {
	text := string(runes)
	if text == "" || strings.ContainsRune(text, utf8.RuneError) {
		return nil
	}
	return []string{foldText(text)}
}

// shortest is the length of the shortest text; 0 for none.
func shortest(texts []string) int {
	least := 0
	for i, t := range texts {
		if i == 0 || len(t) < least {
			least = len(t)
		}
	}
	return least
}

// longest is the longest plain part of a pattern, folded; "" where there is
// none. Every text that matches the pattern holds it, in its folded form.
func (p pattern) longest() string {
	best := ""
	for _, part := range p {
		if part.wild == 0 && len(part.text) > len(best) {
			best = part.text
		}
	}
	return foldText(best)
}
