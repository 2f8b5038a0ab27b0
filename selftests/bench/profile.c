// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin: how often each piece of kernel code runs between two points in time.
 *
 *	-plugin profile.so,symbols=FILE,mark=NAME,out=FILE
 *
 * The first call of the function NAME starts the counting, the second one ends it. In
 * the end out has "INSTRUCTIONS FUNCTION [MODULE]" per line. A block of code that an
 * interrupt or a fault cuts short counts in full, and all of it for the function that it
 * begins in.
 */
#include "plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct block {
	struct block *next;
	uint64_t addr;
	uint64_t insns;
	uint64_t runs;
};

static struct block *blocks;

static int by_insns(const void *a, const void *b)
{
	const struct symbol *s = a, *t = b;

	return (s->n < t->n) - (s->n > t->n);
}

static void count(unsigned int cpu, void *data)
{
	struct block *block = data;

	(void)cpu;
	if (watch.marks == 1)
		block->runs++;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block;

	(void)id;
	if (!watch_block(tb))
		return;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->addr = qemu_plugin_tb_vaddr(tb);
	block->insns = qemu_plugin_tb_n_insns(tb);
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, count, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	const struct block *block;
	FILE *file = watch_end();
	size_t i;

	(void)id;
	(void)data;
	if (!file)
		return;
	for (block = blocks; block; block = block->next)
		symbol_of(block->addr, true)->n += block->runs * block->insns;
	qsort(symbols.symbol, symbols.n, sizeof(*symbols.symbol), by_insns);
	for (i = 0; i < symbols.n && symbols.symbol[i].n; i++)
		fprintf(file, "%" PRIu64 " %s\n", symbols.symbol[i].n, symbols.symbol[i].name);
	fclose(file);
}

/* The second argument describes the emulated machine. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (!watch_parse(argc, argv))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
