# docs/abi/reference.awk: hypercalls.md from the lists in pvabi/calls
#
# First file: hypercalls.def; then the sub-operation lists, in any order.
# Rows may run over several lines; a row ends at its closing parenthesis.

function field(n) { return parts[n] }
function unquote(s) { gsub(/^[ \t]*"|"[ \t]*$/, "", s); return s }
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }

# NAME(a, b, ..., "text with, commas"): split at the first quote
function parse(row,   head, q) {
	sub(/^[A-Z]+\(/, "", row)
	sub(/\)[ \t]*$/, "", row)
	q = index(row, "\"")
	head = substr(row, 1, q - 1)
	text = unquote(substr(row, q))
	gsub(/"[ \t]*"/, "", text)
	return split(head, parts, /,[ \t]*/)
}

function finish(row) {
	if (row ~ /^HYPERCALL\(/) {
		parse(row)
		name = trim(field(2))
		order[++calls] = name
		number[name] = trim(field(1))
		nargs[name] = trim(field(3))
		caller[name] = tolower(trim(field(4)))
		meaning[name] = text
	} else if (row ~ /^SUBOP\(/) {
		parse(row)
		name = trim(field(1))
		subs[name] = subs[name] sprintf("| %s | `%s` | %s |\n",
			trim(field(2)), trim(field(3)), text)
	}
}

/^(HYPERCALL|SUBOP)\(/ { row = ""; open = 1 }
open { row = row " " $0; sub(/^ /, "", row) }
open && /\)[ \t]*$/ { finish(row); open = 0 }

END {
	print "# Hypercalls"
	print ""
	print "Made from `pvabi/calls/*.def` by `make docs`; do not edit."
	print ""
	print "The number goes in eax, arguments in rdi, rsi, rdx, r10, r8, r9;"
	print "the result comes back in rax, and rcx and r11 are lost. Callers:"
	print "*kernel* is any guest kernel, *control* a domain with control"
	print "rights (dom0). The lists name all of the ABI; numbers that are not"
	print "here are -ENOSYS, and so is a sub-operation that is not offered."
	print ""
	print "| number | name | arguments | caller | meaning |"
	print "|---|---|---|---|---|"
	for (i = 1; i <= calls; i++) {
		n = order[i]
		link = n in subs ? "[" n "](#" n ")" : n
		printf "| %s | %s | %s | %s | %s |\n", number[n], link,
			nargs[n], caller[n], meaning[n]
	}
	for (i = 1; i <= calls; i++) {
		n = order[i]
		if (!(n in subs))
			continue
		printf "\n## %s\n\n| number | name | meaning |\n|---|---|---|\n%s",
			n, subs[n]
	}
}
