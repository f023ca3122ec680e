# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# The only build entry of devfd; `make help` lists what it can do.

VERSION := 0.1.0
BUILD   ?= build
CC      ?= cc
AR      ?= ar
# Debian's own interpreter: it is the one that Debian's yaml, jsonschema, jinja2 and pytest belong to.
PYTHON  ?= /usr/bin/python3
PREFIX  ?= /usr/local
DESTDIR ?=

WARN    := -Wall -Wextra -Wconversion -Wshadow -Wpedantic
OPT     ?= -O2
# What a variant adds: a sanitizer, coverage, a word size.
EXTRA   ?=
CFLAGS  ?= $(OPT) -g
ALL_CFLAGS = -std=c11 $(WARN) $(CFLAGS) $(EXTRA) -D_GNU_SOURCE -DDEVFD_VERSION='"$(VERSION)"'
PYTEST  := PYTHONPATH=generators $(PYTHON) -B -m pytest -q -p no:cacheprovider

CORE    := $(wildcard codec/*.c) $(addprefix codec/generated/,items.c caps.c layouts.c tlv.c array.c fixed.c linux.c)
TABLES  := $(wildcard codec/tables/*.c) $(wildcard codec/generated/tables.c codec/generated/examples.c)
CLI     := $(wildcard codec/cli/*.c)
TESTS   := $(wildcard codec/tests/test_*.c)
EXAMPLES := $(wildcard codec/examples/*.c)

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
TEST_BINS := $(patsubst codec/tests/%.c,$(BUILD)/tests/%,$(TESTS))
EXAMPLE_BINS := $(patsubst codec/examples/%.c,$(BUILD)/examples/%,$(EXAMPLES))
JSON_LIBS = -ljansson

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help clean unit-bins

all: $(BUILD)/libdevfd.a $(BUILD)/devfd

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libdevfd.a: $(call obj,$(CORE) $(TABLES))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/devfd: $(call obj,$(CLI)) $(BUILD)/libdevfd.a
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(JSON_LIBS)

$(BUILD)/tests/test_%: $(BUILD)/obj/codec/tests/test_%.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ -lcmocka

# Examples include <devfd/codec.h>, as they would where it is installed.
$(call obj,$(EXAMPLES)) $(BUILD)/obj/codec/tests/test_examples.o: ALL_CFLAGS += -I$(BUILD)/include
$(call obj,$(EXAMPLES)) $(BUILD)/obj/codec/tests/test_examples.o: | $(BUILD)/include/devfd
$(BUILD)/include/devfd:
	@mkdir -p $(@D)
	@ln -sfn $(CURDIR)/codec $@

$(BUILD)/examples/%: $(BUILD)/obj/codec/examples/%.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^

# The judge answers verdicts and dumps on a pipe; its dump is the tool's.
$(BUILD)/tests/judge: $(BUILD)/obj/codec/tests/judge.o $(BUILD)/obj/codec/cli/dump.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(JSON_LIBS)

unit-bins: $(TEST_BINS)

include conformance/capture/rules.mk
include conformance/capture/tests/rules.mk
include conformance/kernel/rules.mk
include conformance/kernel/guest/rules.mk
include conformance/testees/rules.mk
include conformance/testees/independent/rules.mk
include conformance/testees/naive/rules.mk
include fuzz/rules.mk
include fuzz/mutator/rules.mk
include fuzz/oss-fuzz/rules.mk
include fuzz/planted/rules.mk
include generators/mutation/rules.mk

# ---- Generated files ----

.PHONY: generate check-generated lint format
generate:
	PYTHONPATH=generators $(PYTHON) -B -m devfdgen generate

check-generated:
	PYTHONPATH=generators $(PYTHON) -B -m devfdgen lint
	PYTHONPATH=generators $(PYTHON) -B -m devfdgen generate --check

C_BY_HAND := $(shell git ls-files '*.c' '*.h' 2>/dev/null | grep -v -e generated/ -e tests/kbuild/)

format:
	clang-format -i $(C_BY_HAND)

# All C that is written by hand, and what is generated for the library and the check of kernels. The reader of Linux's own
# selftests is compiled with a kernel's source, which has to be fetched.
LINTED = $(sort $(filter %.c,$(C_BY_HAND)) $(CORE) $(TABLES) $(KERNEL_CHECK))
COMPILED = $(filter-out $(SELFTESTS)/%,$(LINTED))
TIDY = clang-tidy --quiet --warnings-as-errors="*"
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE -DDEVFD_VERSION=\"0\" $(MUTANT_FLAGS) -I$(BUILD)/include

.PHONY: lint-objects
lint-objects: $(call obj,$(COMPILED))

# Every warning is an error here; main builds without any under both compilers.
lint: check-generated $(BUILD)/include/devfd
	clang-format --dry-run --Werror $(C_BY_HAND)
	$(MAKE) --no-print-directory BUILD=build/gcc CC=gcc EXTRA=-Werror all unit-bins testees build/gcc/kernel-check lint-objects
	$(MAKE) --no-print-directory BUILD=build/clang CC=clang EXTRA=-Werror all unit-bins testees build/clang/kernel-check lint-objects
	$(MAKE) --no-print-directory BUILD=build/analyzer CC=gcc EXTRA='-Werror -fanalyzer' build/analyzer/libdevfd.a
	printf '%s\n' $(COMPILED) | xargs -n 2 -P "$$(nproc)" sh -c '$(TIDY) "$$@" -- $(TIDY_FLAGS)' tidy
	$(if $(SELFTESTS_LINUX),$(TIDY) $(wildcard $(SELFTESTS)/*.c) -- $(SELFTESTS_FLAGS),@echo \
		"not read by clang-tidy: $(wildcard $(SELFTESTS)/*.c), for the lack of Linux's source: $(SELFTESTS)/build.sh fetches it")
	cppcheck --quiet -j "$$(nproc)" --error-exitcode=1 --std=c11 --inline-suppr --suppressions-list=.cppcheck \
		--enable=warning,performance,portability $(LINTED)

# ---- Tests ----

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Inputs a format that leaves, tables and oracle have to agree on.
DIFFERENTIAL ?= 10000

.PHONY: setup demo check check-unit check-san check-san-tool check-loads check-python check-differential check-arch check-sabotage check-all
setup:
	@.ci/setup check

demo:
	@.ci/setup demo
	@$(MAKE) --no-print-directory -s all
	@codec/cli/demo $(BUILD)/devfd

check: setup
	@$(MAKE) --no-print-directory -s all unit-bins $(EXAMPLE_BINS) $(BUILD)/tests/judge
	@$(MAKE) --no-print-directory check-generated check-unit check-loads
	@$(MAKE) --no-print-directory check-san
	@$(MAKE) --no-print-directory check-python check-differential
	@$(MAKE) --no-print-directory check-capture check-predict check-guest check-kernel-unit
	@$(MAKE) --no-print-directory check-conformance check-naive
	@$(MAKE) --no-print-directory check-fuzz-replay
	@echo "make check: all good"

check-unit: $(TEST_BINS)
	@for t in $(TEST_BINS); do $$t || exit 1; done

# The same tests, and the judge that the vectors go through, where every stray byte is seen.
check-san:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 unit-bins build/san/tests/judge build/san/devfd
	@$(MAKE) --no-print-directory BUILD=build/san EXTRA='$(SAN)' OPT=-O1 check-unit

# The tests of the tool once more, on a build in which every stray byte and every leak is seen. The one that gives the
# tool 64 MiB is left out: a sanitizer alone takes more.
check-san-tool:
	@$(MAKE) --no-print-directory -s BUILD=build/san EXTRA='$(SAN)' OPT=-O1 build/san/devfd
	@DEVFD=$(CURDIR)/build/san/devfd $(PYTEST) codec/tests/test_cli.py codec/tests/test_cli_convert.py \
		-k 'not huge_sparse'

# A build in which every load is counted.
$(BUILD)/loads/test_loads: codec/tests/loads.c $(CORE) $(wildcard codec/*.h codec/generated/*.h)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DDEVFD_LOADED=devfd_loaded -o $@ codec/tests/loads.c $(CORE) -lcmocka

check-loads: $(BUILD)/loads/test_loads
	@$<

check-python: all $(BUILD)/tests/judge
	@$(PYTEST) generators/tests codec/tests conformance/tests

check-differential: check-san
	@PYTHONPATH=generators $(PYTHON) -B generators/tests/differential.py --judge build/san/tests/judge \
		--count $(DIFFERENTIAL)

# The whole corpus on a big-endian and on a 32-bit build; what they say is compared with this machine's.
ARCHES := s390x-linux-gnu i686-linux-gnu
check-arch:
	@.ci/setup arch
	@$(MAKE) --no-print-directory -s $(BUILD)/tests/replay
	@for a in $(ARCHES); do \
		$(MAKE) --no-print-directory -s BUILD=build/$$a CC=$$a-gcc AR=$$a-ar EXTRA=-static build/$$a/tests/replay || exit 1; \
	done
	@$(PYTHON) -B codec/tests/check_arch.py $(BUILD)/tests/replay $(patsubst %,build/%/tests/replay,$(ARCHES))

$(BUILD)/tests/replay: $(BUILD)/obj/codec/tests/replay.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^

# Small faults planted in copies: each watcher named for one has to notice it.
check-sabotage:
	@$(PYTHON) -B generators/tests/sabotage.py

check-all: check lint check-san-tool check-arch coverage prove check-sabotage check-kernel-full check-kernel-caught
	@$(MAKE) --no-print-directory check-differential DIFFERENTIAL=1000000

# ---- Figures ----

.PHONY: coverage prove
coverage:
	@.ci/setup check
	@$(PYTHON) -B codec/tests/coverage.py

prove:
	@.ci/setup prove
	codec/proof/run

# ---- Install, amalgamation ----

AMALGAMATION := $(BUILD)/amalgamation
DIST := $(BUILD)/dist
# The corpus has a version of its own, since projects take it as data without the code.
CORPUS_VERSION = $(or $(shell cat conformance/corpus/VERSION 2>/dev/null),$(VERSION))

.PHONY: amalgamation install dist check-header print-core
amalgamation: $(AMALGAMATION)/devfd.c

$(AMALGAMATION)/devfd.c: generators/amalgamate.py spec/ids.lock $(CORE) $(wildcard codec/*.h codec/generated/*.h)
	$(PYTHON) generators/amalgamate.py --out $(@D) --version $(VERSION) $(CORE)

install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include/devfd/generated share/man/man1)
	install -m 755 $(BUILD)/devfd $(BUILD)/devfd-capture $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/libdevfd.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 codec/codec.h $(DESTDIR)$(PREFIX)/include/devfd/
	install -m 644 codec/generated/model.h $(DESTDIR)$(PREFIX)/include/devfd/generated/
	install -m 644 codec/cli/devfd.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@VERSION@,$(VERSION),' codec/devfd.pc.in \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/devfd.pc

# Sources and corpus as they are committed; the same commit gives the same bytes.
COMMIT ?= HEAD
TAR = tar --sort=name --mtime=@$$(git log -1 --format=%ct $(COMMIT)) --owner=0 --group=0 --numeric-owner
CORPUS = $(shell git ls-tree --name-only $(COMMIT):conformance | grep -x -e corpus -e captures -e skeletons -e PROTOCOL.md)

dist: amalgamation
	@rm -rf $(DIST)/corpus && mkdir -p $(DIST)/corpus
	git archive --prefix=devfd-$(VERSION)/ -o $(DIST)/devfd-$(VERSION).tar.gz $(COMMIT)
	$(TAR) --transform='s,^,devfd-amalgamation-$(VERSION)/,' -C $(AMALGAMATION) -cf - \
		devfd.c devfd.h devfd-linux.c devfd-linux.h | gzip -n >$(DIST)/devfd-amalgamation-$(VERSION).tar.gz
	git archive $(COMMIT) $(addprefix conformance/,$(CORPUS)) | tar -x -C $(DIST)/corpus
	$(TAR) --transform='s,^,devfd-corpus-$(CORPUS_VERSION)/,' -C $(DIST)/corpus/conformance -cf - \
		$(CORPUS) | gzip -n >$(DIST)/devfd-corpus-$(CORPUS_VERSION).tar.gz
	@rm -rf $(DIST)/corpus
	@ls -l $(DIST)

# HEADER=path of a vfio.h that is compared in place of the system's and Debian's newer one.
check-header:
	@HEADER=$(HEADER) $(PYTEST) codec/tests/test_header.py

print-core:
	@echo $(CORE)

# ---- Housekeeping ----

clean:
	rm -rf build

help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

## make             build/libdevfd.a and build/devfd
## make demo        a real capture through every layout and back; one broken file explained
## make check       everything that takes minutes: generated files, unit tests, sanitizers, oracle, vectors
## make lint        both compilers, clang-format, clang-tidy, cppcheck, gcc -fanalyzer; warnings are errors
## make check-arch  the corpus on big-endian and 32-bit builds
## make check-kernel [KERNEL= MODULES= EXTRA=]  Debian's stock kernels, or yours, in guests
## make check-kernel-full  those and our own: cdev, KASAN, mediated devices, s390x
## make check-kernel-caught  faults planted in the spec and in the check, each to be noticed by a kernel
## make conformance IMPL="COMMAND"  the corpus against a parser of yours
## make conformance-all  against every reader in this repository, with one page of all
## make mutation    build/mutation.json: the corpus alone against mutants of the codec
## make install  tool, library, header, manual page and devfd.pc to DESTDIR and PREFIX
## make dist     build/dist: sources, amalgamation and corpus as tarballs
## make fuzz TARGET=tlv [ENGINE=libfuzzer|afl] [SECONDS=60] [JOBS=1]  a campaign; goes on where the last one stopped
## make fuzz-targets [VARIANT=libfuzzer|fast|plain|replay|afl|cov|msan] [TARGETS="tlv array"]  build/fuzz/VARIANT/TARGET
## make print-fuzz-targets  the names of all fuzz targets
## make check-fuzz [FUZZ_SECONDS=20]  seeds, corpora and regressions under sanitizers, then libFuzzer on each target
## make fuzz-out OUT=DIR  what OSS-Fuzz and ClusterFuzzLite take, with their variables
## make check-oss-fuzz [ONLY="address/*"]  those builds as OSS-Fuzz checks them, without docker and network
## make planted [PLANTED_ONLY=GLOB]  build/fuzz/planted.json: how long a planted bug takes, with our mutator and without
## make check-planted  each planted bug is found within 30 s with our mutator
## make check-mutator  what the mutator promises, under sanitizers; make bench-mutator  its speed
## make check-header HEADER=FILE  the spec against a vfio.h of yours
## make check-sabotage  planted faults, each to be noticed by the tests named for it
## make coverage    build/coverage.json: line and branch coverage of the core
## make prove       build/prove.json: Frama-C, no run-time error, every loop ends
## make check-all   all of it, with 1,000,000 differential inputs a format
## make generate    write everything that is derived from spec/
## make format      clang-format

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
