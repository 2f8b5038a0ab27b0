// SPDX-License-Identifier: GPL-2.0
/* What plugins of QEMU share: the guest's symbols, and the window that is looked at. */
#include "plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

EXPORT int qemu_plugin_version = 2;

struct watch watch;
struct symbols symbols;
static uint64_t mark_addr;

static int by_addr(const void *a, const void *b)
{
	const struct symbol *s = a, *t = b;

	return (s->addr > t->addr) - (s->addr < t->addr);
}

/* The file is there, and whole, or it is not. */
static void read_symbols(void)
{
	FILE *file = fopen(watch.file, "r");
	size_t room = 0;
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char type, name[256], module[64] = "";
		struct symbol *sym;
		uint64_t addr;

		if (sscanf(line, "%" SCNx64 " %c %255s %63s", &addr, &type, name, module) < 3 ||
		    addr < KERNEL_BASE)
			continue;
		if (symbols.n == room) {
			room = room ? room * 2 : 65536;
			symbols.symbol = realloc(symbols.symbol, room * sizeof(*symbols.symbol));
			if (!symbols.symbol)
				abort();
		}
		sym = &symbols.symbol[symbols.n++];
		sym->addr = addr;
		sym->n = 0;
		sym->is_code = strchr("tTwW", type);
		snprintf(sym->name, sizeof(sym->name), "%s%s%s", name, *module ? " " : "", module);
		if (!strcmp(sym->name, watch.mark))
			mark_addr = addr;
	}
	fclose(file);
	qsort(symbols.symbol, symbols.n, sizeof(*symbols.symbol), by_addr);
	if (!mark_addr)
		fprintf(stderr, "no function '%s'\n", watch.mark);
}

struct symbol *symbol_of(uint64_t addr, bool is_code)
{
	size_t low = 0, high = symbols.n;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (symbols.symbol[mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	while (low && symbols.symbol[low].is_code != is_code)
		low--;
	return &symbols.symbol[low];
}

static void marked(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	watch.marks++;
}

bool watch_block(struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);

	if (addr < KERNEL_BASE)
		return false;
	if (!symbols.n)
		read_symbols();
	if (mark_addr && addr == mark_addr)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, marked, QEMU_PLUGIN_CB_NO_REGS, NULL);
	return true;
}

void *watch_end(void)
{
	FILE *file;

	if (watch.marks != 2) {
		fprintf(stderr, "%u calls of '%s' instead of 2\n", watch.marks, watch.mark);
		return NULL;
	}
	file = fopen(watch.out, "w");
	if (!file)
		perror(watch.out);
	return file;
}

bool watch_parse(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "symbols=", 8))
			watch.file = strdup(argv[i] + 8);
		else if (!strncmp(argv[i], "mark=", 5))
			watch.mark = strdup(argv[i] + 5);
		else if (!strncmp(argv[i], "out=", 4))
			watch.out = strdup(argv[i] + 4);
	}
	if (watch.file && watch.mark && watch.out)
		return true;
	fputs("symbols=FILE, mark=NAME and out=FILE are needed\n", stderr);
	return false;
}
