# nm -n output to the table symbol_name() searches: text symbols only, by
# rising address, as 32-bit offsets from the link address (-v base=), then
# their names. Empty input gives the empty table of the first link pass.
BEGIN { n = 0 }
$2 ~ /^[tTwW]$/ && $3 !~ /^(hv_text_end|hv_start|\.L)/ {
	addr[n] = $1
	name[n++] = $3
}
END {
	print "\t.section .symtab_hv, \"a\", @progbits"
	print "\t.globl hv_sym_nr, hv_sym_addr, hv_sym_name, hv_sym_text"
	print "\t.hidden hv_sym_nr, hv_sym_addr, hv_sym_name, hv_sym_text"
	print "\t.balign 4"
	printf "hv_sym_nr:\t.long %d\n", n
	print "hv_sym_addr:"
	for (i = 0; i < n; i++)
		printf "\t.long 0x%s - %s\n", addr[i], base
	print "hv_sym_name:"
	for (i = 0; i < n; i++)
		printf "\t.long .Ln%d - hv_sym_text\n", i
	print "hv_sym_text:"
	for (i = 0; i < n; i++)
		printf ".Ln%d:\t.asciz \"%s\"\n", i, name[i]
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
