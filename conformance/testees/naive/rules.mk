# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the naive readers are built and shown to fail; part of the Makefile.

NAIVE := conformance/testees/naive

$(BUILD)/testees/naive: $(call obj,$(wildcard $(NAIVE)/*.c))
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^

.PHONY: check-naive
check-naive: $(BUILD)/testees/naive
	@NAIVE=$(abspath $(BUILD))/testees/naive $(PYTEST) $(NAIVE)
