# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how devfd-capture is built and tested; part of the Makefile.

CAPTURE := $(wildcard conformance/capture/*.c)
# The dump and the writing of files are the tool's.
CAPTURE_TOOL := codec/cli/dump.c codec/cli/output.c

.PHONY: check-capture
all: $(BUILD)/devfd-capture

$(BUILD)/devfd-capture: $(call obj,$(CAPTURE) $(CAPTURE_TOOL)) $(BUILD)/libdevfd.a
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(JSON_LIBS)

# The recorder with a kernel played by the test, where every stray byte is seen.
CAPTURE_RECORD := $(addprefix conformance/capture/,record.c list.c describe.c json.c tool.c tests/kernels.c)
$(BUILD)/tests/record: $(call obj,$(CAPTURE_RECORD) $(CAPTURE_TOOL)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(JSON_LIBS)

check-capture: all
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 \
		build/san/tests/record build/san/devfd-capture
	@BUILD=$(abspath $(BUILD)) $(PYTEST) conformance/capture/tests
