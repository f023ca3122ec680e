# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the tests of the prediction are built and run; part of the Makefile.

PREDICT := $(addprefix conformance/capture/,predict.c sysfs.c pci.c list.c tests/tree.c)
PREDICT_BINS := $(addprefix $(BUILD)/tests/capture_,agreement predict sysfs)

# The tests refuse files, and cut them, in the place of the kernel.
$(BUILD)/tests/capture_%: $(BUILD)/obj/conformance/capture/tests/test_%.o $(call obj,$(PREDICT)) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wl,--wrap=open -Wl,--wrap=read -o $@ $^ -lcmocka $(JSON_LIBS)

.PHONY: check-predict predict-bins
predict-bins: $(PREDICT_BINS)

check-predict: predict-bins
	@for t in $(PREDICT_BINS); do $$t || exit 1; done
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 predict-bins
	@for t in $(patsubst $(BUILD)/%,build/san/%,$(PREDICT_BINS)); do $$t || exit 1; done
