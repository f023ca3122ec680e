// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * afl.c: the driver under AFL++: persistent mode, inputs in shared memory. Compiled with another
 * compiler it takes one input from stdin, which is what afl-cmin and a debugger want.
 */
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef __AFL_COMPILER
enum { ROUNDS = 1000000 };

/* cppcheck-suppress unknownMacro */
__AFL_FUZZ_INIT()

int main(void)
{
	const uint8_t *p;

	/* An execution takes AFL++ longer than all checks. */
	input_all = true;
	__AFL_INIT();
	p = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(ROUNDS))
		(void)LLVMFuzzerTestOneInput(p, (size_t)__AFL_FUZZ_TESTCASE_LEN);
	return 0;
}
#else
int main(void)
{
	static uint8_t p[1 << 20];
	size_t size = 0;
	ssize_t n;

	input_all = true;
	while ((n = read(STDIN_FILENO, p + size, sizeof(p) - size)) > 0)
		size += (size_t)n;
	return n < 0 ? 1 : LLVMFuzzerTestOneInput(p, size);
}
#endif
