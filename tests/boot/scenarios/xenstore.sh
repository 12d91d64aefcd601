# Debian's own xenstore-utils against the store daemon.

says_exactly() {
	promise=$1
	wanted=$2
	shift 2
	got=$("$@" 2>&1)
	if [ "$got" = "$wanted" ]; then
		pass "$promise"
	else
		fail "$promise" "$* said '$got'"
	fi
}

check write_succeeds xenstore-write /tool/a/b hello
says_exactly read_returns_the_value hello xenstore-read /tool/a/b
says_exactly list_names_children b xenstore-list /tool/a
says_exactly ls_shows_the_tree 'b = "hello"' xenstore-ls /tool/a
says_exactly ls_f_shows_paths '/tool/a/b = "hello"' xenstore-ls -f /tool/a
check exists_finds_a_node xenstore-exists /tool/a/b
xenstore-exists /tool/none
check exists_misses_no_node test $? -ne 0
xenstore-read /tool/none 2>/tmp/err
check read_of_no_node_fails test $? -ne 0
check write_of_many_nodes xenstore-write /tool/c 1 /tool/d 2 /tool/e 3
says_exactly read_of_many_nodes "$(printf '1\n2\n3')" \
	xenstore-read /tool/c /tool/d /tool/e
check chmod_succeeds xenstore-chmod /tool/a n0 r1
check ls_p_shows_permissions sh -c \
	'xenstore-ls -p /tool/a | grep -q "^b = .hello. .*(n0)$"'

xenstore-watch /tool/w >/tmp/watch.out &
watcher=$!
wait_for 5 grep -q . /tmp/watch.out
xenstore-write /tool/w/deep now
check watch_reports_a_deep_write wait_for 5 grep -qx /tool/w/deep /tmp/watch.out
xenstore-rm /tool/w
check watch_reports_a_removal \
	wait_for 5 sh -c '[ "$(grep -cx /tool/w /tmp/watch.out)" -ge 2 ]'
kill $watcher

check rm_removes_a_tree xenstore-rm /tool/a
xenstore-exists /tool/a/b
check removed_tree_is_gone test $? -ne 0
long=$(head -c 3000 /dev/zero | tr '\0' x)
xenstore-write /tool/long "$long"
says_exactly long_value_survives "$long" xenstore-read /tool/long
i=0
while [ $i -lt 300 ]; do
	set -- "$@" "/tool/many/node-with-a-long-name-$i" $i
	i=$((i + 1))
done
check write_of_300_nodes xenstore-write "$@"
check list_of_300_nodes test "$(xenstore-list /tool/many | wc -l)" -eq 300
check rm_of_300_nodes xenstore-rm /tool/many
finish
