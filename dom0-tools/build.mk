# dom0-tools: what runs in dom0, linked statically so that an initramfs of
# busybox and these files is a complete dom0.
#
# A folder adds its part here or in its own build.mk:
#   <program>-srcs += files         sources of one program
#   TOOLS_PROGS    += program       it becomes build/tools/<program>
#   TOOLS_TESTS    += name          it becomes build/tests/<name>
#   <name>-srcs    := files         *_test.c and the sources under test
#
# Compilation puts objects beside each other in build/tools/obj and, for tests,
# build/tools/san, where everything carries the sanitizers.

TOOLS_CPPFLAGS := -D_GNU_SOURCE -D__XEN_TOOLS__ \
	-D__XEN_INTERFACE_VERSION__=0x00041100 -Ipvabi -Idom0-tools \
	-I$(B)/tools/gen
TOOLS_CFLAGS   := -std=gnu11 -O2 -g $(WARN) -fno-strict-aliasing \
	-ffunction-sections -fdata-sections
TOOLS_LDFLAGS  := -static -Wl,--gc-sections
TOOLS_SAN      := -fsanitize=address,undefined -Wno-format-overflow \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer

TOOLS_PROGS := vane vane-stored vane-consoled
TOOLS_TESTS :=

# Shared by every program: archive members nobody needs stay out.
lib-srcs := $(wildcard dom0-tools/lib/*.c)
lib-srcs := $(filter-out %_test.c,$(lib-srcs))

builder-srcs := $(filter-out %_test.c,$(wildcard dom0-tools/builder/*.c))
ctl-srcs     := $(filter-out %_test.c,$(wildcard dom0-tools/ctl/*.c))

vane-srcs := $(ctl-srcs) $(builder-srcs)
vane-gen  := cfg_lex.c cfg_parse.c
vane-libs := -ljson-c -lz -llzma -lzstd

tools-obj = $(patsubst dom0-tools/%.c,$(B)/tools/obj/%.o,$(1))
tools-san = $(patsubst dom0-tools/%.c,$(B)/tools/san/%.o,$(1))
tools-gen-obj = $(patsubst %.c,$(B)/tools/obj/gen/%.o,$(1))
tools-gen-san = $(patsubst %.c,$(B)/tools/san/gen/%.o,$(1))

-include dom0-tools/store/build.mk
-include dom0-tools/console/build.mk
-include dom0-tools/ctl/tests.mk

TOOLS_LIB     := $(B)/tools/obj/lib.a
TOOLS_LIB_SAN := $(B)/tools/san/lib.a

$(B)/tools/obj/%.o: dom0-tools/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tools/san/%.o: dom0-tools/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) $(TOOLS_SAN) -MMD -MP \
		-c -o $@ $<

# Flex and bison write C that predates our warnings.
TOOLS_GEN_WARN := -Wno-missing-prototypes -Wno-undef -Wno-shadow \
	-Wno-unused-function -Wno-unused-but-set-variable -Wno-sign-compare

$(B)/tools/obj/gen/%.o: $(B)/tools/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) $(TOOLS_GEN_WARN) \
		-Idom0-tools/ctl -MMD -MP -c -o $@ $<

$(B)/tools/san/gen/%.o: $(B)/tools/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOLS_CPPFLAGS) $(TOOLS_CFLAGS) $(TOOLS_GEN_WARN) \
		$(TOOLS_SAN) -Idom0-tools/ctl -MMD -MP -c -o $@ $<

$(B)/tools/gen/cfg_parse.c: dom0-tools/ctl/cfg_parse.y
	@mkdir -p $(@D)
	$(call say,BISON,$@)
	$(Q)bison -Wall -Werror --defines=$(@:.c=.h) -o $@ $<
$(B)/tools/gen/cfg_parse.h: $(B)/tools/gen/cfg_parse.c

$(B)/tools/gen/cfg_lex.c: dom0-tools/ctl/cfg_lex.l $(B)/tools/gen/cfg_parse.h
	@mkdir -p $(@D)
	$(call say,FLEX,$@)
	$(Q)flex -o $@ $<

$(TOOLS_LIB): $(call tools-obj,$(lib-srcs))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(TOOLS_LIB_SAN): $(call tools-san,$(lib-srcs))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# Link rules are written per program, so that each names its own objects.
define tools-prog
$(B)/tools/$(1): $$(call tools-obj,$$($(1)-srcs)) \
		$$(call tools-gen-obj,$$($(1)-gen)) $$(TOOLS_LIB)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(TOOLS_CFLAGS) $$(TOOLS_LDFLAGS) -o $$@ \
		$$(filter %.o,$$^) $$(TOOLS_LIB) $$($(1)-libs)
endef

define tools-test
$(B)/tests/$(1): $$(call tools-san,$$($(1)-srcs)) \
		$$(call tools-gen-san,$$($(1)-gen)) $$(TOOLS_LIB_SAN)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(TOOLS_CFLAGS) $$(TOOLS_SAN) -o $$@ $$(filter %.o,$$^) \
		$$(TOOLS_LIB_SAN) $$($(1)-libs) \
		$$$$(pkg-config --libs check)
endef

# A program whose sources are not there is not built.
TOOLS_BUILT := $(foreach p,$(TOOLS_PROGS),$(if $(strip $($(p)-srcs)),$(p)))
$(foreach p,$(TOOLS_BUILT),$(eval $(call tools-prog,$(p))))
$(foreach t,$(TOOLS_TESTS),$(eval $(call tools-test,$(t))))

## tools: the programs of dom0: vane, vane-stored, vane-consoled
.PHONY: tools check-tools
tools: $(addprefix $(B)/tools/,$(TOOLS_BUILT))
all: tools

## check-tools: host tests of the dom0 tools
CHECK_TARGETS += check-tools
check-tools: $(addprefix $(B)/tests/,$(TOOLS_TESTS)) $(TOOLS_CHECKS)
	$(Q)for t in $(TOOLS_TESTS); do $(B)/tests/$$t || exit 1; done

-include $(shell find $(B)/tools -name '*.d' 2>/dev/null)
