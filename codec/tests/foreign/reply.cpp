// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
// reply.cpp: reads one reply of a kernel in C++, with nothing but what is installed.
#include <devfd/codec.h>

#include <cstdio>

int main()
{
	// VFIO_DEVICE_GET_IRQ_INFO for index 2: 65 vectors that can be signalled through eventfds.
	const uint8_t reply[] = {16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 65, 0, 0, 0};
	devfd_item irq;
	devfd_error e;

	if (devfd_reply(DEVFD_IRQ_INFO, DEVFD_LITTLE, 2, reply, sizeof(reply), &irq, &e) !=
	    DEVFD_OK)
		return 1;
	std::printf("irq %u: %u vectors\n", irq.index, irq.count);
	if (devfd_reply(DEVFD_IRQ_INFO, DEVFD_LITTLE, 3, reply, sizeof(reply), &irq, &e) !=
	    DEVFD_REJECT)
		return 1;
	std::printf("%s\n", devfd_rule(e.rule));
	return 0;
}
