# Reads `go test -v` and prints what `go test` would print, and what failed in
# full. Skipped tests and their reasons are appended to the file in `skips`.

# said[test] is what a test printed, held what belongs to the failed ones.
/^=== /          { current = $3; next }
/^ *--- PASS: /  { delete said[$3]; next }
/^ *--- FAIL: /  { held = held $0 "\n" said[$3]; delete said[$3]; next }
/^ *--- SKIP: /  { print "skipped test " $3 ": " reason(said[$3]) >> skips; delete said[$3]; next }
/^(PASS|FAIL)$/  { next }
/^(ok  |\?   )/  { print; begin(); next }
/^FAIL\t/        { flush(); print; begin(); next }
current != ""    { said[current] = said[current] $0 "\n"; next }
                 { held = held $0 "\n" }

# A run that was cut off has no closing line.
END { flush() }

# flush prints what failed, and what tests that never ended had printed.
function flush(    test) {
	for (test in said)
		held = held said[test]
	printf "%s", held
}

function begin() {
	held = current = ""
	split("", said)
	fflush()
}

# reason is what a test printed last, without its place.
function reason(text) {
	sub(/\n$/, "", text)
	sub(/^.*\.go:[0-9]+: /, "", text)
	return text
}
