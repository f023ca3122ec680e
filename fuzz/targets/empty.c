// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* empty.c: what an engine takes by itself, for `fuzz/run speed`: no target can be faster. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}
