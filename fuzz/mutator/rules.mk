# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: the mutator's tests, its speed, and the shared object that AFL++ loads.

FUZZ_MUTATOR := $(FUZZ_MUTATOR_LIB)

$(BUILD)/tests/test_mutator: $(call obj,fuzz/tests/test_mutator.c $(FUZZ_MUTATOR)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lcmocka

# Inputs of these are more than one description; each is tested with its target, whose probe sees what that does.
FUZZ_PROBED := dance encode json
FUZZ_WRAPPED_dance := devfd_ask
FUZZ_WRAPPED_encode := devfd_put
FUZZ_WRAPPED_json := input_free
FUZZ_PROBE_TESTS := $(FUZZ_PROBED:%=$(BUILD)/tests/test_inputs_%)

$(BUILD)/tests/test_inputs_json: $(call obj,$(FUZZ_CLI))
$(FUZZ_PROBE_TESTS): $(BUILD)/tests/test_inputs_%: $(BUILD)/obj/fuzz/targets/%.o $(BUILD)/obj/fuzz/tests/probes/%.o \
		$(call obj,fuzz/tests/test_inputs.c $(sort $(FUZZ_MUTATOR) $(FUZZ_HARNESS))) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(FUZZ_WRAPPED_$*:%=-Wl,--wrap=%) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(FUZZ_LIBS_$*)

# For AFL_CUSTOM_MUTATOR_LIBRARY. Compiled at one go, so that its headers are named here.
FUZZ_AFL_HEADERS := $(wildcard $(addsuffix *.h,fuzz/mutator/ fuzz/targets/ codec/ codec/generated/ codec/tables/))
$(BUILD)/fuzz/mutator-afl.so: fuzz/mutator/afl.c $(FUZZ_MUTATOR) $(CORE) $(TABLES) $(FUZZ_AFL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^)

.PHONY: check-mutator bench-mutator
check-fuzz: check-mutator
check-mutator:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 build/san/tests/test_mutator \
		$(FUZZ_PROBED:%=build/san/tests/test_inputs_%)
	@build/san/tests/test_mutator
	@set -e; for t in $(FUZZ_PROBED); do build/san/tests/test_inputs_$$t; done

bench-mutator: $(BUILD)/tests/test_mutator
	@$< bench
