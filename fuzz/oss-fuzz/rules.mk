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

# Options of the targets that have none of their own.
.PHONY: fuzz-options
fuzz-out: | fuzz-options
fuzz-options:
	@for t in $(FUZZ_ALL); do cp fuzz/oss-fuzz/target.options $(OUT)/$$t.options || exit 1; done
