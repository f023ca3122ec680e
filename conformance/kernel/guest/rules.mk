# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the check that runs in a guest is itself tested, with a kernel played by the test; part of the Makefile.

# The tests have requests of their own in place of those in generated/answers.c.
PLAYED := $(filter-out %/main.c,$(wildcard conformance/kernel/guest/*.c)) conformance/kernel/guest/generated/kernel_rules.c \
	$(addprefix conformance/kernel/tests/,played.c rows.c) \
	$(filter-out %/main.c %/json.c %/tool.c %/session.c,$(wildcard conformance/capture/*.c))
GUEST_TESTS := $(addprefix conformance/kernel/tests/,test_guest.c test_requests.c test_regions.c test_twice.c)
# What the played kernel stands in for.
PLAYED_FLAGS := -Wl,--wrap=open,--wrap=pread,--wrap=pread64,--wrap=mmap,--wrap=predict,--wrap=list_one,--wrap=uname

.PHONY: check-guest
$(BUILD)/tests/test_guest: $(call obj,$(GUEST_TESTS) $(PLAYED)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PLAYED_FLAGS) -Wl,--wrap=devfd_judge,--wrap=devfd_ask -o $@ $^ -lcmocka

# The whole program, whose main() the test calls.
$(BUILD)/obj/conformance/kernel/tests/kernel_check.o: conformance/kernel/guest/main.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Dmain=kernel_check -MMD -MP -c -o $@ $<
$(BUILD)/tests/test_check: $(call obj,conformance/kernel/tests/test_check.c conformance/kernel/tests/kernel_check.c $(PLAYED)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PLAYED_FLAGS) -o $@ $^ -lcmocka

# Where every stray byte is seen.
check-guest:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 \
		build/san/tests/test_guest build/san/tests/test_check
	@build/san/tests/test_guest
	@build/san/tests/test_check
