# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: the mutator's test, its speed, and the shared object that AFL++ loads.

FUZZ_MUTATOR := $(filter-out fuzz/mutator/libfuzzer.c fuzz/mutator/afl.c,$(wildcard fuzz/mutator/*.c)) fuzz/generated/shapes.c

$(BUILD)/tests/test_mutator: $(call obj,fuzz/tests/test_mutator.c $(FUZZ_MUTATOR)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lcmocka

# For AFL_CUSTOM_MUTATOR_LIBRARY.
$(BUILD)/fuzz/mutator-afl.so: fuzz/mutator/afl.c $(FUZZ_MUTATOR) $(CORE) $(TABLES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $^

.PHONY: check-mutator bench-mutator
check-fuzz: check-mutator
check-mutator:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 build/san/tests/test_mutator
	@build/san/tests/test_mutator

bench-mutator: $(BUILD)/tests/test_mutator
	@$< bench
