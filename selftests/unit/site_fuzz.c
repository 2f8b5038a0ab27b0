// SPDX-License-Identifier: GPL-2.0
/* Whatever a site file has in it, reading ends well; what it means survives writing. */
#include <stdlib.h>
#include <string.h>

#include "../../tools/vrctl/site.h"

struct options opt;

static const char good[] =
	"vrs:\n"
	"  red:\n"
	"    table: 10\n"
	"    cpus: 0-3\n"
	"    queue-time: 8ms\n"
	"    quarantine: off\n"
	"    addresses: [192.0.2.1/24, 10.0.0.1 peer 10.0.0.2/31]\n"
	"    ports:\n"
	"      eth1: {direct: on, credit: off, xdp: on, up: off}\n"
	"    vfs:\n"
	"      - pf: 0000:01:00.0\n"
	"        vf: 1\n"
	"        mac: 02:00:00:00:00:01\n"
	"        vlan: 5\n"
	"        addresses:\n"
	"          - 2001:db8::1/64\n"
	"    routes:\n"
	"      - default via 192.0.2.254 metric 7\n"
	"      - 2001:db8:1::/48 via fe80::1 dev eth1 onlink src 2001:db8::1 mtu 1400\n"
	"      - 198.18.0.0/15 nexthop via 192.0.2.2 weight 2 nexthop dev eth1\n"
	"      - blackhole 10.0.0.0/8\n"
	"pfs: {0000:01:00.0: {numvfs: 2}}\n"
	"cores:\n"
	"  1:\n"
	"    slice: 100us\n";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Errors are as many as inputs. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static FILE *nowhere;

	(void)argc;
	(void)argv;
	nowhere = fopen("/dev/null", "w");
	if (!nowhere)
		abort();
	stderr = nowhere;
	return 0;
}

static char *write_text(const struct site *site, size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);

	if (!file)
		abort();
	site_write(site, file);
	fclose(file);
	return text;
}

static int read_text(struct site *site, const void *text, size_t len)
{
	FILE *file = len ? fmemopen((void *)text, len, "r") : fopen("/dev/null", "r");
	int ret;

	if (!file)
		abort();
	ret = site_read(site, "fuzz", file);
	fclose(file);
	return ret ? ret : site_check(site);
}

static void check(const void *data, size_t len)
{
	struct site site = {}, again = {};
	size_t n, n_again;
	char *text, *text_again;

	if (!read_text(&site, data, len)) {
		text = write_text(&site, &n);
		if (read_text(&again, text, n))
			abort();
		text_again = write_text(&again, &n_again);
		if (n != n_again || memcmp(text, text_again, n))
			abort();
		free(text);
		free(text_again);
	}
	site_free(&again);
	site_free(&site);
}

/* As it is, and in place of some of a file that is good. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const size_t size = strlen(good);
	size_t at, cut;
	char *text;

	check(data, len);
	if (len < 3)
		return 0;
	at = (data[0] | data[1] << 8) % size;
	cut = data[2] % (size - at);
	text = malloc(size + len);
	if (!text)
		abort();
	memcpy(text, good, at);
	memcpy(text + at, data + 3, len - 3);
	memcpy(text + at + len - 3, good + at + cut, size - at - cut);
	check(text, size - cut + len - 3);
	free(text);
	return 0;
}
