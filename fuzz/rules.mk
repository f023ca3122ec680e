# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: fuzz targets in every variant that an engine or a test wants.

include fuzz/generated/targets.mk

# One target for each format that the spec has, and those about several of them.
FUZZ_ALL := $(FUZZ_FORMATS) convert differential encode dance json
TARGETS ?= $(FUZZ_ALL)
VARIANT ?= libfuzzer
FUZZ := $(BUILD)/fuzz

FUZZ_HARNESS := $(addprefix fuzz/targets/,promise.c input.c watch.c item.c reading.c stream.c writing.c)
FUZZ_LIB := $(CORE) $(TABLES) $(FUZZ_HARNESS)

# The target of text has more of the tool in it, and a JSON parser, linked into it where that can be had.
FUZZ_CLI := $(addprefix codec/cli/,input.c import.c capture.c convert.c dump.c diff.c output.c)
FUZZ_LIBS_json = -l:libjansson.a

# ---- How objects are compiled ----

FUZZ_CLANG ?= clang
FUZZ_AFL ?= afl-clang-fast
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Sanitizers without coverage, and both together.
FUZZ_CC_san = $(FUZZ_CLANG)
FUZZ_CFLAGS_san = -O2 -g $(FUZZ_SAN)
FUZZ_CC_edges = $(FUZZ_CLANG)
FUZZ_CFLAGS_edges = -O2 -g $(FUZZ_SAN) -fsanitize=fuzzer-no-link
# Coverage alone; with what libFuzzer learns from comparisons, and without: a mutator that knows the format needs none of it.
FUZZ_CC_traced = $(FUZZ_CLANG)
FUZZ_CFLAGS_traced = -O2 -g -fsanitize=fuzzer-no-link
FUZZ_CC_seen = $(FUZZ_CLANG)
FUZZ_COUNTERS := -fsanitize-coverage=inline-8bit-counters,pc-table
FUZZ_CFLAGS_seen = -O2 -g $(FUZZ_COUNTERS)
# Any compiler, and whatever EXTRA adds.
FUZZ_CC_replay = $(CC)
FUZZ_CFLAGS_replay = $(CFLAGS) $(EXTRA)
FUZZ_CC_afl = AFL_QUIET=1 $(FUZZ_AFL)
FUZZ_CFLAGS_afl = -O2 -g
FUZZ_CC_cov = $(FUZZ_CLANG)
FUZZ_CFLAGS_cov = -O1 -g -fprofile-instr-generate -fcoverage-mapping
FUZZ_CC_msan = $(FUZZ_CLANG)
FUZZ_CFLAGS_msan = -O2 -g -fno-omit-frame-pointer -fsanitize=memory,fuzzer-no-link -fsanitize-memory-track-origins
# What OSS-Fuzz and ClusterFuzzLite give, and nothing else.
FUZZ_CC_out = $(CC)
FUZZ_CFLAGS_out = $(CFLAGS)

FUZZ_STD = -std=c11 $(WARN) -D_GNU_SOURCE -DDEVFD_VERSION='"$(VERSION)"'
FUZZ_LOADED = -DDEVFD_LOADED=devfd_loaded -include fuzz/targets/loaded.h
$(FUZZ)/seen/obj/% $(FUZZ)/traced/obj/%: FUZZ_LOADED =

# build, sources
fuzz_obj = $(patsubst %.c,$(FUZZ)/$(1)/obj/%.o,$(2))

define FUZZ_BUILD
$(FUZZ)/$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$$(FUZZ_CC_$(1)) $$(FUZZ_STD) $$(FUZZ_LOADED) $$(FUZZ_CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<

$(FUZZ)/$(1)/libdevfd.a: $(call fuzz_obj,$(1),$(FUZZ_LIB))
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef

# build, format
define FUZZ_FORMAT_RULES
$(FUZZ)/$(1)/obj/fuzz/targets/$(2).o: fuzz/targets/format.c
	@mkdir -p $$(@D)
	$$(FUZZ_CC_$(1)) $$(FUZZ_STD) $$(FUZZ_LOADED) $$(FUZZ_CFLAGS_$(1)) -DFUZZ_FORMAT=$(FUZZ_FORMAT_$(2)) -DFUZZ_NAME='"$(2)"' \
		-MMD -MP -c -o $$@ $$<
endef

# A variant of all targets. variant; FUZZ_DRIVER_variant: sources, FUZZ_LINK_variant: the command.
define FUZZ_RULES
$(call FUZZ_BUILD,$(1))

$(addprefix $(FUZZ)/$(1)/,$(FUZZ_ALL)): $(FUZZ)/$(1)/%: $(FUZZ)/$(1)/obj/fuzz/targets/%.o $$(call fuzz_obj,$(1),$$(FUZZ_DRIVER_$(1))) $(FUZZ)/$(1)/libdevfd.a
	$$(FUZZ_LINK_$(1)) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(FUZZ_LIBS_$(1)) $$(FUZZ_LIBS_$$*)
$(FUZZ)/$(1)/json: $(call fuzz_obj,$(1),$(FUZZ_CLI))
endef

# ---- Our mutator, for libFuzzer; it is not what is looked for bugs in ----

# Targets whose inputs it knows; fuzz/mutator/targets.c says how.
FUZZ_MUTATED := $(FUZZ_FORMATS) convert differential dance encode json
FUZZ_MUTATOR_LIB := $(filter-out fuzz/mutator/libfuzzer.c fuzz/mutator/afl.c,$(wildcard fuzz/mutator/*.c)) fuzz/generated/shapes.c fuzz/generated/texts.c fuzz/targets/stream.c
FUZZ_MUTATOR_FLAGS = $(FUZZ_STD) -O3 -g -MMD -MP

$(FUZZ)/mutator/obj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC_mutator) $(FUZZ_MUTATOR_FLAGS) -c -o $@ $<

# With a core of its own, neither sanitized nor watched, of which no name is seen outside; and with a memcpy() of its own,
# since that of a sanitizer takes longer than all that is copied.
FUZZ_MUTATOR_BLOCK := fuzz/mutator/engine/block.c
$(call fuzz_obj,mutator,$(FUZZ_MUTATOR_BLOCK)): FUZZ_MUTATOR_FLAGS += -ffreestanding
$(FUZZ)/mutator/mutator.o: $(call fuzz_obj,mutator,$(FUZZ_MUTATOR_LIB) $(FUZZ_MUTATOR_BLOCK) $(CORE) $(TABLES))
	ld -r -o $@ $^
	objcopy --keep-global-symbol=devfd_mutator_of $@

$(patsubst %,$(FUZZ)/mutator/%.o,$(FUZZ_MUTATED)): $(FUZZ)/mutator/%.o: fuzz/mutator/libfuzzer.c
	@mkdir -p $(@D)
	$(FUZZ_CC_mutator) $(FUZZ_MUTATOR_FLAGS) -DFUZZ_NAME='"$*"' -c -o $@ $<

FUZZ_CC_mutator = $(FUZZ_CLANG)

# target: the objects of the mutator that it is linked with.
fuzz_mutator = $(if $(filter $(1),$(FUZZ_MUTATED)),$(FUZZ)/mutator/$(1).o $(FUZZ)/mutator/mutator.o)

# ---- libFuzzer: plain is without our mutator, fast without it and without comparisons ----

$(eval $(call FUZZ_BUILD,san))
$(eval $(call FUZZ_BUILD,edges))
$(eval $(call FUZZ_BUILD,seen))
$(eval $(call FUZZ_BUILD,traced))
$(foreach f,$(FUZZ_FORMATS),$(eval $(call FUZZ_FORMAT_RULES,san,$(f))))
# What only compares is not worth watching.
$(call fuzz_obj,edges,$(FUZZ_HARNESS) $(TABLES)): FUZZ_CFLAGS_edges = $(FUZZ_CFLAGS_san)

# A second copy of the core beside the first, for the engine to see the coverage of. Branches of sanitizers are two thirds
# of all, and libFuzzer's work grows with them; so one copy is sanitized and the other is watched, and each reads every
# input. Its global names begin with reach_.
FUZZ_REACHING := $(filter-out json,$(FUZZ_ALL))
$(addprefix $(FUZZ)/san/obj/fuzz/targets/,$(addsuffix .o,$(FUZZ_REACHING))): FUZZ_LOADED += -DFUZZ_REACH
# These have a language of their own, which the engine is to see them read.
$(addprefix $(FUZZ)/san/obj/fuzz/targets/,encode.o stream.o dance.o): FUZZ_CFLAGS_san += $(FUZZ_COUNTERS)
define FUZZ_REACH_RULES
$(FUZZ)/$(1)/libreach.a: $(call fuzz_obj,$(1),$(CORE))
	@rm -rf $$(@D)/renamed $$@ && mkdir -p $$(@D)/renamed
	nm -g --defined-only $$^ | awk '$$$$3 ~ /^devfd_/ { print $$$$3, "reach_" $$$$3 }' | sort -u >$$(@D)/names
	@for o in $$^; do \
		objcopy --redefine-syms=$$(@D)/names $$$$o $$(@D)/renamed/$$$$(echo $$$$o | tr / _) || exit 1; \
	done
	$(AR) rcs $$@ $$(@D)/renamed/*.o
endef
$(foreach v,seen traced,$(eval $(call FUZZ_REACH_RULES,$(v))))

$(FUZZ)/fast/json $(FUZZ)/plain/json $(FUZZ)/libfuzzer/json: $(call fuzz_obj,edges,$(FUZZ_CLI))
FUZZ_ENGINE = $(FUZZ_CLANG) $(FUZZ_SAN) -fsanitize=fuzzer
FUZZ_PARTS_edges := $(FUZZ)/edges/libdevfd.a
FUZZ_PARTS_seen := $(FUZZ)/san/libdevfd.a $(FUZZ)/seen/libreach.a
FUZZ_PARTS_traced := $(FUZZ)/san/libdevfd.a $(FUZZ)/traced/libreach.a

# variant, target, build of its object, what else it is linked with
define FUZZ_ENGINE_RULES
$(FUZZ)/$(1)/$(2): $(FUZZ)/$(3)/obj/fuzz/targets/$(2).o $(4)
	@mkdir -p $$(@D)
	$$(FUZZ_ENGINE) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(FUZZ_LIBS_$(2))
endef
# target: the copy that is watched where our mutator may be.
fuzz_seen = $(if $(filter $(1),$(FUZZ_MUTATED)),$(FUZZ_PARTS_seen),$(FUZZ_PARTS_traced))
define FUZZ_ENGINE_REACHING
$(call FUZZ_ENGINE_RULES,fast,$(1),san,$(call fuzz_seen,$(1)))

$(call FUZZ_ENGINE_RULES,plain,$(1),san,$(FUZZ_PARTS_traced))

$(call FUZZ_ENGINE_RULES,libfuzzer,$(1),san,$(call fuzz_seen,$(1)) $(call fuzz_mutator,$(1)))
endef
define FUZZ_ENGINE_OTHER
$(call FUZZ_ENGINE_RULES,fast,$(1),edges,$(FUZZ_PARTS_edges))

$(call FUZZ_ENGINE_RULES,plain,$(1),edges,$(FUZZ_PARTS_edges))

$(call FUZZ_ENGINE_RULES,libfuzzer,$(1),edges,$(FUZZ_PARTS_edges) $(call fuzz_mutator,$(1)))
endef
$(foreach t,$(FUZZ_REACHING),$(eval $(call FUZZ_ENGINE_REACHING,$(t))))
$(foreach t,$(filter-out $(FUZZ_REACHING),$(FUZZ_ALL)),$(eval $(call FUZZ_ENGINE_OTHER,$(t))))

# ---- The other variants ----

FUZZ_LINK_replay = $(CC) $(CFLAGS) $(EXTRA)
FUZZ_LINK_cov = $(FUZZ_CLANG) -fprofile-instr-generate -fcoverage-mapping
FUZZ_LINK_afl = AFL_QUIET=1 $(FUZZ_AFL)
FUZZ_LINK_msan = $(FUZZ_CLANG) -fsanitize=memory,fuzzer -fsanitize-memory-track-origins
# As C++, which engines are.
FUZZ_LINK_out = $(CXX) $(CXXFLAGS)
FUZZ_LIBS_out = $(LIB_FUZZING_ENGINE)

FUZZ_DRIVER_replay = fuzz/targets/replay.c
FUZZ_DRIVER_cov = fuzz/targets/replay.c
FUZZ_DRIVER_afl = fuzz/targets/afl.c
# Its own macros are no plain C.
$(FUZZ)/afl/obj/fuzz/targets/afl.o: FUZZ_STD += -Wno-gnu-statement-expression -Wno-shorten-64-to-32

$(foreach v,replay cov afl msan out,$(eval $(call FUZZ_RULES,$(v))))
$(foreach v,replay cov afl msan out,$(foreach f,$(FUZZ_FORMATS),$(eval $(call FUZZ_FORMAT_RULES,$(v),$(f)))))

.PHONY: fuzz-targets print-fuzz-targets fuzz-out
# A library that is not compiled for MemorySanitizer, or not for 32 bits, would only give false findings, or nothing.
FUZZ_LACKS = $(if $(filter msan memory i386,$(1)),json)
fuzz-targets: $(addprefix $(FUZZ)/$(VARIANT)/,$(filter-out $(call FUZZ_LACKS,$(VARIANT)),$(TARGETS)))

print-fuzz-targets:
	@echo $(FUZZ_ALL)

# All that a fuzzing service takes: targets, dictionaries, options and seeds. OUT: the folder.
FUZZ_OUT := $(filter-out $(call FUZZ_LACKS,$(SANITIZER) $(ARCHITECTURE)),$(FUZZ_ALL))
fuzz-out: $(addprefix $(FUZZ)/out/,$(FUZZ_OUT))
	$(if $(OUT),,$(error OUT is missing: the folder to write to))
	cp $^ $(OUT)/
	@for t in $(FUZZ_OUT); do \
		if [ -e fuzz/generated/$$t.dict ]; then cp fuzz/generated/$$t.dict $(OUT)/; fi; \
		for d in fuzz/seeds/$$t fuzz/regressions/$$t; do \
			if [ -d $$d ]; then find $$d -type f; fi; \
		done | LC_ALL=C sort | zip -q -X -D -@ $(OUT)/$${t}_seed_corpus.zip || exit 1; \
	done

# ---- Checks ----

# Options of a target, or those of all that have none of their own.
fuzz_options = $(or $(wildcard fuzz/targets/$(1).options),fuzz/targets/default.options)
fuzz_flags = $$(sed -n 's/^\([a-z_]*\) = \([0-9]*\)$$/-\1=\2/p' $(call fuzz_options,$(1)))

# What a target is to be run on: seeds, committed corpora and the inputs of bugs found.
fuzz_inputs = $(wildcard $(addsuffix /$(1),fuzz/seeds fuzz/corpus fuzz/regressions) $(FUZZ)/unpacked/$(1))
FUZZ_PACKED := $(wildcard fuzz/corpus/*.zip)
FUZZ_REPLAYED := $(patsubst %,check-fuzz-replay-%,$(FUZZ_ALL))
FUZZ_RUN := $(patsubst %,check-fuzz-run-%,$(FUZZ_ALL))
# Seconds for each target.
FUZZ_SECONDS ?= 20

.PHONY: fuzz-replay check-fuzz-replay check-fuzz fuzz-unpack $(FUZZ_REPLAYED) $(FUZZ_RUN)
fuzz-unpack:
	@rm -rf $(FUZZ)/unpacked
	@for z in $(FUZZ_PACKED); do \
		$(PYTHON) -m zipfile -e $$z $(FUZZ)/unpacked/$$(basename $$z .zip) 2>/dev/null || \
			{ echo "$$z: cannot be unpacked" >&2; exit 1; }; \
	done

# Targets on a core that breaks a promise, for fuzz/tests/test_targets.py.
FUZZ_WRAPPED := open_as tables_open_as open next tables_next get_kept tables_get_kept get_region get_area get_dependent \
	reply tables_reply ask begin put end convert judge explain
comma := ,
$(FUZZ)/broken/json: $(call fuzz_obj,replay,$(FUZZ_CLI))
$(addprefix $(FUZZ)/broken/,$(FUZZ_ALL)): $(FUZZ)/broken/%: $(FUZZ)/replay/obj/fuzz/targets/%.o \
		$(call fuzz_obj,replay,fuzz/targets/replay.c fuzz/tests/broken.c) $(FUZZ)/replay/libdevfd.a
	@mkdir -p $(@D)
	$(FUZZ_LINK_replay) $(patsubst %,-Wl$(comma)--wrap=devfd_%,$(FUZZ_WRAPPED)) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(FUZZ_LIBS_$*)

# Everything is checked of every input; build/san/fuzz/replay/TARGET.
fuzz-replay:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 fuzz-targets VARIANT=replay TARGETS='$(TARGETS)'

check-fuzz-replay: fuzz-unpack
	@$(MAKE) --no-print-directory -s fuzz-replay TARGETS='$(FUZZ_ALL)'
	@$(MAKE) --no-print-directory -s $(FUZZ_REPLAYED)
	@$(PYTEST) fuzz/tests/test_targets.py

$(FUZZ_REPLAYED): check-fuzz-replay-%:
	@$(if $(call fuzz_inputs,$*),said=$$(build/san/fuzz/replay/$* $(call fuzz_inputs,$*)) && echo "$*: $$said",echo "$*: none yet")

# Leaves and tables are compared by targets as they run, the Python oracle takes its time with the same inputs.
FUZZ_JUDGED := $(patsubst %,check-fuzz-oracle-%,$(FUZZ_ALL))
.PHONY: check-fuzz-oracle $(FUZZ_JUDGED)
check-fuzz-oracle: fuzz-unpack
	@$(MAKE) --no-print-directory -s $(FUZZ_JUDGED)

$(FUZZ_JUDGED): check-fuzz-oracle-%:
	@$(if $(call fuzz_inputs,$*),fuzz/run oracle --target $* $(call fuzz_inputs,$*),echo "$*: none yet")

check-fuzz: check-fuzz-replay check-fuzz-oracle
	@$(MAKE) --no-print-directory -s fuzz-targets VARIANT=libfuzzer TARGETS='$(FUZZ_ALL)'
	@$(MAKE) --no-print-directory -s -j "$$(nproc)" $(FUZZ_RUN)

# Each begins anew; what it found stays in build/fuzz/found.
$(FUZZ_RUN): check-fuzz-run-%:
	@rm -rf $(FUZZ)/check/$* && mkdir -p $(FUZZ)/check/$* $(FUZZ)/found
	@if ! $(FUZZ)/libfuzzer/$* $(call fuzz_flags,$*) -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$(FUZZ)/found/$*- \
		$(patsubst %,-dict=%,$(wildcard fuzz/generated/$*.dict)) $(FUZZ)/check/$* $(call fuzz_inputs,$*) >$(FUZZ)/check/$*.log 2>&1; then \
		grep -a -e '^promise broken' -e 'ERROR:' -e '^SUMMARY' -e 'Test unit written' $(FUZZ)/check/$*.log; exit 1; \
	fi
	@awk -v t=$* '/DONE/ { for (i = 1; i < NF; i++) if ($$i == "cov:") cov = $$(i + 1) } /number_of_executed_units/ { n = $$2 } \
		/average_exec_per_sec/ { r = $$2 } END { printf "%s: %d executions, %d a second, %d edges\n", t, n, r, cov }' $(FUZZ)/check/$*.log

include fuzz/campaign/rules.mk

-include $(shell find $(FUZZ) -name '*.d' 2>/dev/null)
