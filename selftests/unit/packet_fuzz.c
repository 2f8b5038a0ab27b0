// SPDX-License-Identifier: GPL-2.0
/* Whatever bytes a packet has, the line on it fits and is text. */
#include <stdlib.h>

#include "../../tools/vrctl/packet.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t room = len ? 1 + data[0] % 200 : 1, i;
	uint8_t *copy = malloc(len ? len : 1);
	char *buf = malloc(room);

	if (!buf || !copy)
		abort();
	memcpy(copy, data, len);
	packet_text(copy, len, buf, room);
	for (i = 0; buf[i]; i++)
		if (buf[i] < ' ' || buf[i] > '~')
			abort();
	if (i >= room)
		abort();
	free(buf);
	free(copy);
	return 0;
}
