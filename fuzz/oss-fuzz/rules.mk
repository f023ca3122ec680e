# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: builds as OSS-Fuzz and ClusterFuzzLite do them, checked on this machine; part of the Makefile.

# ONLY: a glob of the builds, as in "address/libfuzzer/*".
ONLY ?= *

.PHONY: check-oss-fuzz check-oss-fuzz-unit
check-oss-fuzz: check-oss-fuzz-unit
	@$(PYTHON) -B fuzz/oss-fuzz/check.py --work $(BUILD)/oss-fuzz --only '$(ONLY)'

# Each check has to tell what it is there for.
check-oss-fuzz-unit:
	@.ci/setup fuzz
	@$(PYTEST) fuzz/tests/test_oss_fuzz.py

.PHONY: fuzz-options
fuzz-out: | fuzz-options
fuzz-options:
	@$(foreach t,$(FUZZ_OUT),cp $(call fuzz_options,$(t)) $(OUT)/$(t).options &&) true
	@$(foreach t,$(filter-out $(FUZZ_OUT),$(FUZZ_ALL)),echo "$(t): left out: its library is not there for $(SANITIZER), $(ARCHITECTURE)" &&) true

# ---- Our mutator in what OSS-Fuzz builds ----

# Where the engine is libFuzzer, and finds its way by coverage: AFL++ takes a mutator as a shared object, which has no place
# in $OUT. Compiled for the same machine as the rest, without its sanitizers and counters.
FUZZ_OUT_MUTATED = $(if $(filter libfuzzer,$(FUZZING_ENGINE)),$(if $(filter-out coverage,$(SANITIZER)),$(FUZZ_MUTATED)))
FUZZ_OUT_MUTATOR := $(FUZZ)/out/mutator
FUZZ_OUT_COMPILE = $(CC) $(FUZZ_STD) $(CFLAGS) -fno-sanitize=all -Wno-unused-command-line-argument -MMD -MP -c

$(FUZZ_OUT_MUTATOR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_OUT_COMPILE) -o $@ $<

# With a core of its own, of which no name is seen outside.
$(FUZZ_OUT_MUTATOR)/mutator.o: $(patsubst %.c,$(FUZZ_OUT_MUTATOR)/obj/%.o,$(FUZZ_MUTATOR_LIB) $(CORE) $(TABLES))
	$(CC) $(filter -m32,$(CFLAGS)) -nostdlib -r -o $@ $^
	objcopy --keep-global-symbol=devfd_mutator_of $@

$(FUZZ_MUTATED:%=$(FUZZ_OUT_MUTATOR)/%.o): $(FUZZ_OUT_MUTATOR)/%.o: fuzz/mutator/libfuzzer.c
	@mkdir -p $(@D)
	$(FUZZ_OUT_COMPILE) -DFUZZ_NAME='"$*"' -o $@ $<

$(foreach t,$(FUZZ_OUT_MUTATED),$(eval $(FUZZ)/out/$(t): $(FUZZ_OUT_MUTATOR)/$(t).o $(FUZZ_OUT_MUTATOR)/mutator.o))

.PHONY: print-fuzz-mutated
print-fuzz-mutated:
	@echo $(FUZZ_OUT_MUTATED)
