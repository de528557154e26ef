package sim

import (
	"iter"
	"strconv"
)

// purviewColumns are those of an audit search in the Purview portal.
var purviewColumns = []string{
	"RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData", "AssociatedAdminUnits", "AssociatedAdminUnitsNames",
}

// exportColumns are those of Search-UnifiedAuditLog piped to Export-Csv from a
// remote session.
var exportColumns = []string{
	"PSComputerName", "RunspaceId", "PSShowComputerName", "RecordType", "CreationDate", "UserIds", "Operations", "AuditData",
	"ResultIndex", "ResultCount", "Identity", "IsValid", "ObjectState",
}

// runspace is the session in which the search was made.
const runspace = "77777777-6666-4555-8444-333333333333"

// purviewCSV writes a row of the Purview portal's download: the record type is
// a number, and the time ends in a blank.
func purviewCSV(opts *Options, rec Record, o object) object {
	data := managementActivity(opts, rec, o)
	row := object{}
	row.addText("RecordId", data.text("Id"))
	row.addText("CreationDate", unifiedTime(data, "2006-01-02T15:04:05.0000000Z "))
	row.addText("RecordType", data.text("RecordType"))
	row.addText("Operation", data.text("Operation"))
	row.addText("UserId", data.text("UserId"))
	row.addText("AuditData", string(data.bytes()))
	row.addText("AssociatedAdminUnits", "")
	row.addText("AssociatedAdminUnitsNames", "")
	return row
}

// unifiedCSV writes a row of Export-Csv: the record type is a name, and the
// time is in US form. The place in the result comes later.
func unifiedCSV(opts *Options, rec Record, o object) object {
	data := managementActivity(opts, rec, o)
	row := object{}
	row.addText("PSComputerName", "outlook.office365.com")
	row.addText("RunspaceId", runspace)
	row.addText("PSShowComputerName", "False")
	row.addText("RecordType", recordTypeName(data))
	row.addText("CreationDate", unifiedTime(data, "1/2/2006 3:04:05 PM"))
	row.addText("UserIds", data.text("UserId"))
	row.addText("Operations", data.text("Operation"))
	row.addText("AuditData", string(data.bytes()))
	row.addText("ResultIndex", "")
	row.addText("ResultCount", "")
	row.addText("Identity", data.text("Id"))
	row.addText("IsValid", "True")
	row.addText("ObjectState", "Unchanged")
	return row
}

func unifiedTime(data object, format string) string {
	t, ok := moment(data.text("CreationTime"))
	if !ok {
		return data.text("CreationTime")
	}
	return t.Format(format)
}

// searched numbers the rows of a search, and gives every n-th one again right
// after it, as paging does; 0 gives none again.
func searched(rows iter.Seq2[object, error], n int) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		var all []object
		i := 0
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			all = append(all, row)
			if i++; n > 0 && i%n == 0 {
				all = append(all, row)
			}
		}
		for i, row := range all {
			numbered := object{}
			for _, m := range row {
				switch m.key {
				case "ResultIndex":
					m.raw = strconv.AppendInt(nil, int64(i+1), 10)
				case "ResultCount":
					m.raw = strconv.AppendInt(nil, int64(len(all)), 10)
				}
				numbered = append(numbered, m)
			}
			if !yield(numbered, nil) {
				return
			}
		}
	}
}
