# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the corpus is tried on mutants of the codec; part of the Makefile.

# Sources to mutate, as MUTATION=codec/chain.c; all of generators/mutation/scope/ if empty.
MUTATION ?=

# What the driver takes from a build of mutants, here for one: it is compiled, and linked to nothing.
MUTANT_FLAGS := -I. -DDEVFD_MUTANTS=1
$(BUILD)/obj/generators/mutation/%.o: ALL_CFLAGS += $(MUTANT_FLAGS)

.PHONY: mutation check-mutation
mutation:
	@.ci/setup mutation
	@PYTHONPATH=generators $(PYTHON) -B -m mutation --build $(BUILD) --cc $(CC) $(MUTATION)

# The mutator itself, on a small file.
check-mutation:
	@$(PYTEST) generators/mutation/tests
