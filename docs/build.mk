# docs/abi/hypercalls.md is generated, and committed so that it can be read
# without a build; docs-check says when it is old.

DOC_LISTS := pvabi/calls/hypercalls.def \
	$(filter-out %/hypercalls.def %/errno.def,$(wildcard pvabi/calls/*.def))

## docs: generate docs/abi/hypercalls.md from the lists in pvabi/calls
docs:
	$(call say,GEN,docs/abi/hypercalls.md)
	$(Q)awk -f docs/abi/reference.awk $(DOC_LISTS) > docs/abi/hypercalls.md

## docs-check: the generated pages are those of the lists, no option is missing
.PHONY: docs-check
docs-check:
	$(Q)awk -f docs/abi/reference.awk $(DOC_LISTS) | \
		cmp - docs/abi/hypercalls.md || \
		{ echo "docs/abi/hypercalls.md is old: run make docs"; exit 1; }
	$(Q)for option in $$(grep -rhoE '^OPTION_[A-Z]+\("[^"]+' hypervisor \
		--include='*.c' | cut -d'"' -f2); do \
		grep -qE "^\| [^|]*\`$$option[=\`]" docs/boot-options.md || \
		{ echo "docs/boot-options.md: no $$option"; exit 1; }; \
	done
CHECK_TARGETS += docs-check
