# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# The reader that keeps the suite fair; it includes nothing of ours.

$(BUILD)/testees/independent: conformance/testees/independent/reader.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $<
