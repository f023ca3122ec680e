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
.PHONY: all help clean generate lint check-generated format unit-bins

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

$(BUILD)/examples/%: $(BUILD)/obj/codec/examples/%.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^

# The judge answers verdicts and dumps on a pipe; its dump is the tool's.
$(BUILD)/tests/judge: $(BUILD)/obj/codec/tests/judge.o $(BUILD)/obj/codec/cli/dump.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(JSON_LIBS)

unit-bins: $(TEST_BINS)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
