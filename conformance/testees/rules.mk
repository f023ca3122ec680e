# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: how the testees of this folder are built and run through the corpus; part of the Makefile.

TESTEE := conformance/testees

$(BUILD)/testees/devfd: $(call obj,$(TESTEE)/devfd_pipe.c $(TESTEE)/devfd.c codec/cli/dump.c) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(JSON_LIBS)

# The builds for other machines, which the C library alone is at hand for: plain/ stands in for jansson.
PLAIN := $(TESTEE)/devfd_pipe.c $(TESTEE)/devfd.c $(TESTEE)/plain/jansson.c codec/cli/dump.c
$(BUILD)/testees/devfd-plain: $(PLAIN) $(wildcard $(TESTEE)/*.h $(TESTEE)/plain/*.h) $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -I$(TESTEE)/plain -o $@ $(PLAIN) $(BUILD)/libdevfd.a

TESTEE_SO := $(TESTEE)/devfd_so.c $(TESTEE)/devfd.c codec/cli/dump.c $(CORE) $(TABLES)
$(BUILD)/testees/devfd.so: $(TESTEE_SO) $(wildcard $(TESTEE)/*.h codec/*.h codec/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -shared -o $@ $(TESTEE_SO) $(JSON_LIBS)

# The reader of Linux's own selftests is built by build.sh there; make lint reads it with the source fetched for that.
SELFTESTS := $(TESTEE)/selftests
SELFTESTS_LINUX := $(wildcard $(or $(DEVFD_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/devfd)/selftests/current)
SELFTESTS_FLAGS = -std=gnu11 -D_GNU_SOURCE -D__user= -DVERSION=\"0\" $(addprefix -isystem $(SELFTESTS_LINUX)/,\
	tools/testing/selftests/vfio/lib/include tools/testing/selftests tools/include include/uapi)

.PHONY: testees testees-arch
testees: all $(BUILD)/testees/devfd $(BUILD)/testees/devfd.so $(BUILD)/testees/independent $(BUILD)/testees/naive

testees-arch:
	@.ci/setup arch
	@for a in $(ARCHES); do \
		$(MAKE) --no-print-directory -s BUILD=build/$$a CC=$$a-gcc AR=$$a-ar EXTRA=-static \
			build/$$a/testees/devfd-plain || exit 1; \
	done

# What is made of sources that are fetched: without them no file is left, and the reason why beside where it would be.
.PHONY: testees-fetched
testees-fetched:
	@mkdir -p $(BUILD)/testees
	@rm -f $(BUILD)/testees/selftests
	@if BUILD=$(BUILD) CC="$(CC)" $(TESTEE)/selftests/build.sh >$(BUILD)/testees/selftests.log 2>&1; then \
		rm -f $(BUILD)/testees/selftests.why; \
	elif [ $$? -eq 2 ]; then \
		tail -n1 $(BUILD)/testees/selftests.log | sed 's/^build.sh: //' >$(BUILD)/testees/selftests.why; \
	else \
		cat $(BUILD)/testees/selftests.log >&2; exit 1; \
	fi

# ---- Running the corpus ----

CONFORMANCE := $(BUILD)/conformance
RUN_ALL = $(PYTHON) -B $(TESTEE)/run_all.py --build $(BUILD) --out $(CONFORMANCE)

.PHONY: conformance conformance-all check-conformance
# IMPL is a command or a shared object; what it is attached by is found out. OPTIONS go to conformance/run run.
conformance:
	@mkdir -p $(CONFORMANCE)
	@$(PYTHON) -B $(TESTEE)/attach.py "$(IMPL)" --report ktap=$(CONFORMANCE)/yours.ktap \
		--report jsonl=$(CONFORMANCE)/yours.jsonl --report junit=$(CONFORMANCE)/yours.xml \
		--report html=$(CONFORMANCE)/yours.html --report md=$(CONFORMANCE)/yours.md $(OPTIONS)

# ALSO: options --also FILE for runs of further testees that belong into the same page.
conformance-all: testees testees-arch testees-fetched
	@$(RUN_ALL) $(ALSO)

check-conformance: testees
	@$(RUN_ALL)/quick --quick
	@BUILD=$(abspath $(BUILD)) $(PYTEST) $(TESTEE)/test_skeletons.py $(TESTEE)/test_attach.py $(TESTEE)/test_run_all.py
