/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * ktap.h: results in KTAP version 1, nested. A test is a subtest (ktap_begin) or a single line
 * (ktap_single); in both cases what is printed between is a diagnostic of it, and ktap_fail() makes
 * it and all around it "not ok". Diagnostics that a program may read have one of these forms:
 *
 *	# broken RULE (LEVEL): where: found X, allowed Y
 *	# rule ID COUNT
 */
#ifndef DEVFD_KTAP_H
#define DEVFD_KTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begins the output, with count tests. */
void ktap_plan(size_t count);
/* Begins a subtest of count tests, and ends it. */
void ktap_begin(const char *name, size_t count);
void ktap_end(void);
/* Begins a test that has no subtests, and ends it. */
void ktap_single(const char *name);
void ktap_done(void);
/* A test that cannot be made here, and why. */
void ktap_skip(const char *name, const char *why);
void ktap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The test that is under way, and all those around it, failed. */
void ktap_fail(void);
/* Whether anything failed so far. */
bool ktap_failed(void);
/* Writes nothing from now on, for tests of the tests; failures are still kept. */
void ktap_silence(void);

#endif
