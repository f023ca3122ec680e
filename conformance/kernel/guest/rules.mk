# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the check that runs in a guest is itself tested, with a kernel played by the test; part of the Makefile.

# The test has requests of its own in place of those in generated/answers.c.
PLAYED := $(filter-out %/main.c,$(wildcard conformance/kernel/guest/*.c)) conformance/kernel/guest/generated/kernel_rules.c \
	conformance/kernel/tests/played.c \
	$(filter-out %/main.c %/json.c %/tool.c %/session.c,$(wildcard conformance/capture/*.c))

.PHONY: check-guest
$(BUILD)/tests/test_guest: $(call obj,conformance/kernel/tests/test_guest.c $(PLAYED)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wl,--wrap=devfd_judge,--wrap=devfd_ask,--wrap=open -o $@ $^ -lcmocka

# Where every stray byte is seen.
check-guest:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 build/san/tests/test_guest
	@build/san/tests/test_guest
