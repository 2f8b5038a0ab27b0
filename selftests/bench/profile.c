// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin: how often each piece of kernel code runs between two points in time.
 *
 *	-plugin profile.so,symbols=FILE,mark=NAME,out=FILE
 *
 * The guest copies its /proc/kallsyms there before it calls the function NAME for the
 * first time. The first call starts the counting, the second one ends it. In the end out
 * has "INSTRUCTIONS FUNCTION [MODULE]" per line. A block of code that an interrupt or a
 * fault cuts short counts in full, and all of it for the function that it begins in.
 *
 * The interface is QEMU's plugin API, version 2 to 4; its header is not packaged.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define KERNEL_BASE 0xffff800000000000ULL

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;

enum { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int cpu, void *data), int flags,
					  void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *),
				    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

EXPORT int qemu_plugin_version = 2;

struct block {
	struct block *next;
	uint64_t addr;
	uint64_t insns;
	uint64_t runs;
};

struct symbol {
	uint64_t addr;
	uint64_t insns;
	char name[384];		/* and module */
};

static struct block *blocks;
static struct symbol *symbols;
static size_t n_symbols;
static const char *symbols_file, *out_file, *mark;
static uint64_t mark_addr;
static unsigned int marks;

static int by_addr(const void *a, const void *b)
{
	const struct symbol *s = a, *t = b;

	return (s->addr > t->addr) - (s->addr < t->addr);
}

static int by_insns(const void *a, const void *b)
{
	const struct symbol *s = a, *t = b;

	return (s->insns < t->insns) - (s->insns > t->insns);
}

/* Code only. The file is there, and whole, or it is not. */
static void read_symbols(void)
{
	FILE *file = fopen(symbols_file, "r");
	size_t room = 0;
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char type, name[256], module[64] = "";
		struct symbol *sym;
		uint64_t addr;

		if (sscanf(line, "%" SCNx64 " %c %255s %63s", &addr, &type, name, module) < 3 ||
		    !strchr("tTwW", type) || addr < KERNEL_BASE)
			continue;
		if (n_symbols == room) {
			room = room ? room * 2 : 65536;
			symbols = realloc(symbols, room * sizeof(*symbols));
			if (!symbols)
				abort();
		}
		sym = &symbols[n_symbols++];
		sym->addr = addr;
		sym->insns = 0;
		snprintf(sym->name, sizeof(sym->name), "%s%s%s", name, *module ? " " : "", module);
		if (!strcmp(sym->name, mark))
			mark_addr = addr;
	}
	fclose(file);
	qsort(symbols, n_symbols, sizeof(*symbols), by_addr);
	if (!mark_addr)
		fprintf(stderr, "profile: no function '%s'\n", mark);
}

/* The last one at or below this address. */
static struct symbol *symbol_of(uint64_t addr)
{
	size_t low = 0, high = n_symbols;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (symbols[mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	return &symbols[low];
}

static void marked(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	marks++;
}

static void count(unsigned int cpu, void *data)
{
	struct block *block = data;

	(void)cpu;
	if (marks == 1)
		block->runs++;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);
	struct block *block;

	(void)id;
	if (addr < KERNEL_BASE)
		return;
	if (!n_symbols)
		read_symbols();
	if (mark_addr && addr == mark_addr)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, marked, QEMU_PLUGIN_CB_NO_REGS, NULL);
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->addr = addr;
	block->insns = qemu_plugin_tb_n_insns(tb);
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, count, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	const struct block *block;
	FILE *file;
	size_t i;

	(void)id;
	(void)data;
	if (marks != 2) {
		fprintf(stderr, "profile: %u calls of '%s' instead of 2\n", marks, mark);
		return;
	}
	for (block = blocks; block; block = block->next)
		symbol_of(block->addr)->insns += block->runs * block->insns;
	qsort(symbols, n_symbols, sizeof(*symbols), by_insns);
	file = fopen(out_file, "w");
	if (!file) {
		perror(out_file);
		return;
	}
	for (i = 0; i < n_symbols && symbols[i].insns; i++)
		fprintf(file, "%" PRIu64 " %s\n", symbols[i].insns, symbols[i].name);
	fclose(file);
}

/* The second argument describes the emulated machine. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "symbols=", 8))
			symbols_file = strdup(argv[i] + 8);
		else if (!strncmp(argv[i], "mark=", 5))
			mark = strdup(argv[i] + 5);
		else if (!strncmp(argv[i], "out=", 4))
			out_file = strdup(argv[i] + 4);
	}
	if (!symbols_file || !mark || !out_file) {
		fputs("profile: symbols=FILE, mark=NAME and out=FILE are needed\n", stderr);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
