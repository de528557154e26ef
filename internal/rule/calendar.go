package rule

// Calendars is for Lists that know when an organisation works.
type Calendars interface {
	// WorkHours answers for working hours, holidays and time zones by
	// country; the names are those of parameters, and the last two may be "".
	// ok is false when one of them is no such parameter.
	WorkHours(hours, holidays, zones string) (w WorkHours, ok bool)
}

// WorkHours are the working hours of an organisation, by country. It does not
// change and may be shared. A country is a code of two letters in any case, or
// empty where nobody knows it.
type WorkHours interface {
	// Outside tells whether a moment, in Unix seconds, lies outside working
	// hours by the clock of the country; a holiday is outside as a whole. It
	// is Unknown where Known is false.
	Outside(at int64, country string) Truth
	// Known tells whether hours and clock of a country were said.
	Known(country string) bool
	// Words are the hours in words, a line for each country; none where
	// nobody has declared any.
	Words() []string
}
