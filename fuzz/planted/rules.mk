# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: bugs planted in copies of the sources, for the targets to find; part of the Makefile.

PLANTED = $(PYTHON) -B fuzz/planted/run --work $(BUILD)/fuzz/planted
# A glob of the names in planted.json.
PLANTED_ONLY ?= *

.PHONY: planted check-planted check-planted-unit
# Figures: how long each takes, with our mutator and without.
planted:
	@nice $(PLANTED) --only '$(PLANTED_ONLY)' --out $(BUILD)/fuzz/planted.json

# Each has to be found within 30 s with the mutator.
check-planted: check-planted-unit
	@nice $(PLANTED) --only '$(PLANTED_ONLY)' --variants libfuzzer --seeds 1 --seconds 30 \
		--out $(BUILD)/fuzz/planted-check.json

# The list is up to date with the sources, and whoever finds something else is not taken to have found it.
check-planted-unit:
	@$(PYTEST) fuzz/tests/test_planted.py
