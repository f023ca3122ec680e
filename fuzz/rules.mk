# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: fuzz targets in every variant that an engine or a test wants.

-include fuzz/generated/targets.mk

# One target for each format that the spec has, and those about several of them.
FUZZ_ALL := $(FUZZ_FORMATS) convert differential
TARGETS ?= $(FUZZ_ALL)
VARIANT ?= libfuzzer
FUZZ := $(BUILD)/fuzz

FUZZ_HARNESS := $(addprefix fuzz/targets/,promise.c input.c watch.c item.c reading.c writing.c)
FUZZ_CORE := $(CORE) $(TABLES)

# ---- Variants ----

FUZZ_CLANG ?= clang
FUZZ_AFL ?= afl-clang-fast
FUZZ_SAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_VARIANTS := libfuzzer plain replay afl cov msan out

# Of each variant: the compiler, what compiles, what links, and the driver.
FUZZ_CC_libfuzzer = $(FUZZ_CLANG)
FUZZ_CFLAGS_libfuzzer = -O2 -g $(FUZZ_SAN) -fsanitize=fuzzer-no-link
FUZZ_LINK_libfuzzer = $(FUZZ_CLANG) $(FUZZ_SAN) -fsanitize=fuzzer

# libFuzzer with its own mutations alone.
FUZZ_CC_plain = $(FUZZ_CC_libfuzzer)
FUZZ_CFLAGS_plain = $(FUZZ_CFLAGS_libfuzzer)
FUZZ_LINK_plain = $(FUZZ_LINK_libfuzzer)

# Any compiler, and whatever EXTRA adds.
FUZZ_CC_replay = $(CC)
FUZZ_CFLAGS_replay = $(CFLAGS) $(EXTRA)
FUZZ_LINK_replay = $(CC) $(CFLAGS) $(EXTRA)
FUZZ_DRIVER_replay = fuzz/targets/replay.c

FUZZ_CC_afl = AFL_QUIET=1 $(FUZZ_AFL)
FUZZ_CFLAGS_afl = -O2 -g
FUZZ_LINK_afl = AFL_QUIET=1 $(FUZZ_AFL)
FUZZ_DRIVER_afl = fuzz/targets/afl.c
# Its own macros are no plain C.
$(FUZZ)/afl/obj/fuzz/targets/afl.o: FUZZ_DEFINES += -Wno-gnu-statement-expression -Wno-shorten-64-to-32

FUZZ_CC_cov = $(FUZZ_CLANG)
FUZZ_CFLAGS_cov = -O1 -g -fprofile-instr-generate -fcoverage-mapping
FUZZ_LINK_cov = $(FUZZ_CLANG) -fprofile-instr-generate -fcoverage-mapping
FUZZ_DRIVER_cov = fuzz/targets/replay.c

FUZZ_CC_msan = $(FUZZ_CLANG)
FUZZ_CFLAGS_msan = -O2 -g -fno-omit-frame-pointer -fsanitize=memory,fuzzer-no-link -fsanitize-memory-track-origins
FUZZ_LINK_msan = $(FUZZ_CLANG) -fsanitize=memory,fuzzer -fsanitize-memory-track-origins

# What OSS-Fuzz and ClusterFuzzLite give, and nothing else. Linked as C++, which engines are.
FUZZ_CC_out = $(CC)
FUZZ_CFLAGS_out = $(CFLAGS)
FUZZ_LINK_out = $(CXX) $(CXXFLAGS)
FUZZ_LIBS_out = $(LIB_FUZZING_ENGINE)

FUZZ_DEFINES = -std=c11 $(WARN) -D_GNU_SOURCE -DDEVFD_VERSION='"$(VERSION)"' -DDEVFD_LOADED=devfd_loaded

# variant, sources
fuzz_obj = $(patsubst %.c,$(FUZZ)/$(1)/obj/%.o,$(2))

define FUZZ_RULES
$(FUZZ)/$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$$(FUZZ_CC_$(1)) $$(FUZZ_DEFINES) $$(FUZZ_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<

$(FUZZ)/$(1)/libdevfd.a: $(call fuzz_obj,$(1),$(FUZZ_CORE) $(FUZZ_HARNESS))
	@rm -f $$@
	$(AR) rcs $$@ $$^

$(FUZZ)/$(1)/%: $(FUZZ)/$(1)/obj/fuzz/targets/%.o $$(call fuzz_obj,$(1),$$(FUZZ_DRIVER_$(1))) $(FUZZ)/$(1)/libdevfd.a
	$$(FUZZ_LINK_$(1)) -o $$@ $$^ $$(FUZZ_LIBS_$(1))
endef
$(foreach v,$(FUZZ_VARIANTS),$(eval $(call FUZZ_RULES,$(v))))

# variant, format
define FUZZ_FORMAT_RULES
$(FUZZ)/$(1)/obj/fuzz/targets/$(2).o: fuzz/targets/format.c
	@mkdir -p $$(@D)
	$$(FUZZ_CC_$(1)) $$(FUZZ_DEFINES) $$(FUZZ_CFLAGS_$(1)) -DFUZZ_FORMAT=$(FUZZ_FORMAT_$(2)) -DFUZZ_NAME='"$(2)"' -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(FUZZ_VARIANTS),$(foreach f,$(FUZZ_FORMATS),$(eval $(call FUZZ_FORMAT_RULES,$(v),$(f)))))

.PHONY: fuzz-targets print-fuzz-targets fuzz-out
fuzz-targets: $(addprefix $(FUZZ)/$(VARIANT)/,$(TARGETS))

print-fuzz-targets:
	@echo $(FUZZ_ALL)

# All that a fuzzing service takes: targets, dictionaries, options and seeds. OUT: the folder.
fuzz-out: $(addprefix $(FUZZ)/out/,$(FUZZ_ALL))
	$(if $(OUT),,$(error OUT is missing: the folder to write to))
	cp $^ $(OUT)/
	@for t in $(FUZZ_ALL); do \
		for f in fuzz/generated/$$t.dict fuzz/generated/$$t.options; do \
			if [ -e $$f ]; then cp $$f $(OUT)/; fi; \
		done; \
		for d in fuzz/seeds/$$t fuzz/regressions/$$t; do \
			if [ -d $$d ]; then find $$d -type f; fi; \
		done | LC_ALL=C sort | zip -q -X -D -@ $(OUT)/$${t}_seed_corpus.zip || exit 1; \
	done

include fuzz/campaign/rules.mk

-include $(shell find $(FUZZ) -name '*.d' 2>/dev/null)
