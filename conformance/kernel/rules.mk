# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the programs of the guests are built, and the check of kernels is run; part of the Makefile.

GUEST_PROGRAMS := kernel-check devfd devfd-capture
KERNEL_RUN = conformance/kernel/run --json $(BUILD)/kernel.json --ktap $(BUILD)/kernel.ktap

# The check is the recording and predicting half of devfd-capture without its JSON.
KERNEL_CHECK := $(wildcard conformance/kernel/guest/*.c conformance/kernel/guest/generated/*.c) \
	$(filter-out %/main.c %/json.c %/tool.c,$(wildcard conformance/capture/*.c))

.PHONY: check-kernel check-kernel-full check-kernel-unit check-kernel-caught guest-x86_64 guest-s390x

$(BUILD)/kernel-check: $(call obj,$(KERNEL_CHECK)) $(BUILD)/libdevfd.a
	$(CC) $(ALL_CFLAGS) -o $@ $^

# A guest has no library to share, so all is in the program.
guest-x86_64: GUEST_FLAGS = -static
guest-s390x: GUEST_FLAGS = -static $(foreach s,$(shell $(PYTHON) -B conformance/kernel/kernels.py sysroot s390x),-I$(s)/include -L$(s)/lib)
guest-x86_64 guest-s390x: guest-%:
	@$(MAKE) --no-print-directory -s BUILD=build/guest/$* CC=$*-linux-gnu-gcc AR=$*-linux-gnu-ar \
		EXTRA='$(GUEST_FLAGS)' $(addprefix build/guest/$*/,$(GUEST_PROGRAMS))

# Debian's own kernels; or KERNEL= a bzImage, MODULES= a folder that its modules are in, EXTRA= modules to load as well
# (which no compiler is given: guest-% has an EXTRA of its own).
KERNEL_OPTIONS = $(if $(KERNEL),--kernel $(KERNEL) $(if $(MODULES),--modules $(MODULES)) $(if $(EXTRA),--extra $(EXTRA)),--quick)
check-kernel:
	@arch=$(if $(KERNEL),$$($(PYTHON) -B conformance/kernel/kernels.py arch $(KERNEL)),x86_64) && \
		case $$arch in x86_64) .ci/setup kernel ;; *) .ci/setup kernel-full ;; esac && \
		$(MAKE) --no-print-directory guest-$$arch
	@$(PYTHON) -B $(KERNEL_RUN) $(KERNEL_OPTIONS)

# All guests; builds the kernels that Debian does not have, once.
check-kernel-full:
	@.ci/setup kernel-full
	@$(MAKE) --no-print-directory guest-x86_64 guest-s390x
	@$(PYTHON) -B $(KERNEL_RUN) --full

# Faults planted in copies, of the spec and of the check: a kernel as it is has to show each.
check-kernel-caught:
	@.ci/setup check
	@.ci/setup kernel
	@$(PYTHON) -B generators/tests/sabotage.py --from conformance/kernel/caught.yaml

# The runner's own tests, without a guest.
check-kernel-unit:
	@$(PYTEST) conformance/kernel/tests
