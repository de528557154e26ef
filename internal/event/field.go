package event

// Field identifies one fact of a record, whatever shape the record came in.
// Ids are handed out by a Schema and mean nothing outside it.
type Field uint16

// NoField is never a valid field.
const NoField Field = 0
