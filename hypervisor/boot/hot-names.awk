# Reads `nm paravane.elf`, then hv.lds: each function or variable that hv.lds
# names exists (perhaps as a part: name.part.0), and the ways in and out of a
# guest's system call share a page with the first pcpu's stub.
FNR == NR {
	base = $3
	sub(/\..*/, "", base)
	found[base] = 1
	page[$3] = substr($1, 1, 13)
	next
}
/\*\(\.(text|rodata|data|bss)\.[a-z]/ {
	line = $0
	while (match(line, /\.(text|rodata|data|bss)\.[A-Za-z0-9_]+/)) {
		name = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		sub(/^\.[a-z]+\./, "", name)
		if (name == "fast" || name == "page_aligned" || name == "rel")
			continue
		names++
		if (!(name in found)) {
			print "hv.lds: nothing is called " name
			bad = 1
		}
	}
}
END {
	n = split("syscall_entry fast_syscall fast_iret gate_iretq leave_to_guest " \
		  "exception_entry stub_14", one)
	for (i = 1; i <= n; i++)
		if (page[one[i]] != page["gate_stubs"]) {
			print "hv.lds: " one[i] " is not in the page of gate_stubs"
			bad = 1
		}
	if (names < 50) {
		print "hv.lds: only " names + 0 " names found"
		bad = 1
	}
	if (!bad)
		print "hot names: " names " found"
	exit bad
}
