# Paravane: one makefile. Each top-level folder adds its part in build.mk:
# lists of sources and the rules that only it needs. Everything made lands in
# build/.
#
#   make            hypervisor and tools
#   make run        build, boot dom0 under QEMU, create a demo domU
#   make test       everything that fits in half an hour
#   make help       all targets

B      := build
DEBUG  ?= 1
CC     ?= gcc
HOSTCC ?= $(CC)
V      ?= 0
-include config.local.mk

ifeq ($(V),0)
  Q := @
  say = @printf '  %-8s%s\n' '$(1)' '$(2)'
else
  Q :=
  say = @:
endif

WARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wvla -Wundef -Wshadow

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help clean run test check headers-check format-check docs
all:

include pvabi/build.mk
include hypervisor/build.mk
include dom0-tools/build.mk
include docs/build.mk
include tests/build.mk
-include guest-patches/build.mk

clean:
	rm -rf $(B)/hypervisor $(B)/tools $(B)/tests $(B)/paravane*

# A target's help is the comment `## target: what it does` in any makefile.
help:
	@grep -h '^## ' Makefile */build.mk */*/build.mk | sort -u | sed 's/^## /  make /'
