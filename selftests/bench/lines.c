// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin: which cache lines travel between two CPUs, as "perf c2c" tells where
 * there is hardware that counts it.
 *
 *	-plugin lines.so,symbols=FILE,mark=NAME,out=FILE
 *
 * Between the first and the second call of the function NAME all that kernel code loads
 * and stores is noted by line of 64 bytes. Caches are thought of as having room for all
 * of it: a line travels if a CPU loads what the other has written since, or writes what
 * the other has loaded or written since. In the end out has, by line that travelled,
 *
 *	TIMES CODE STORES0 STORES1 LOADS0 LOADS1 LINE WHO0 WHO1
 *
 * separated by tabs: how often it travelled; "both" if both CPUs write it, else "one";
 * what each did; the variable or address; and the functions on each CPU for whose access
 * it travelled most often.
 *
 * Virtual CPUs must take turns (-accel tcg,thread=single), or counts are wrong. QEMU
 * translates for them as if there was one, so that callbacks are told the CPU for which a
 * block was translated; which one runs it is told by where its per-CPU data are.
 */
#include "plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SHIFT	6
#define CPUS		2
#define WHO		4
#define IMAGE_BASE	0xffffffff80000000ULL	/* of the kernel and its modules */

struct who {
	uint64_t pc;
	uint64_t n;
};

struct line {
	uint64_t addr;		/* 0: this place is free */
	uint64_t times;
	uint64_t stores[CPUS];
	uint64_t loads[CPUS];
	struct who who[CPUS][WHO];
	uint8_t has;		/* CPUs whose copy is valid */
};

static struct line *lines;
static size_t n_lines, room;
static uint64_t insns[CPUS];
static uint64_t base[CPUS];	/* of the per-CPU data */
static unsigned int running;	/* the CPU; CPUS: not known */
static struct qemu_plugin_register *gs_base;
static struct g_array *value;

static struct line *place(struct line *in, size_t size, uint64_t addr)
{
	size_t at = (addr >> LINE_SHIFT) * 0x9e3779b97f4a7c15ULL >> 20;

	for (;; at++) {
		struct line *line = &in[at & (size - 1)];

		if (!line->addr || line->addr == addr)
			return line;
	}
}

static struct line *line_of(uint64_t addr)
{
	struct line *line, *old = lines;
	size_t i, size = room;

	if (n_lines * 2 >= room) {
		room = room ? room * 2 : 1 << 16;
		lines = calloc(room, sizeof(*lines));
		if (!lines)
			abort();
		for (i = 0; i < size; i++)
			if (old[i].addr)
				*place(lines, room, old[i].addr) = old[i];
		free(old);
	}
	line = place(lines, room, addr);
	n_lines += !line->addr;
	line->addr = addr;
	return line;
}

/* The rarest one makes room for another. */
static void note(struct who *who, uint64_t pc)
{
	struct who *least = who;
	int i;

	for (i = 0; i < WHO; i++) {
		if (who[i].pc == pc) {
			who[i].n++;
			return;
		}
		if (who[i].n < least->n)
			least = &who[i];
	}
	*least = (struct who){ pc, least->n + 1 };
}

static bool is_device(qemu_plugin_meminfo_t info, uint64_t addr)
{
	struct qemu_plugin_hwaddr *hw = qemu_plugin_get_hwaddr(info, addr);

	return hw && qemu_plugin_hwaddr_is_io(hw);
}

static void accessed(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t addr, void *pc)
{
	unsigned int cpu = running;
	bool store, travels;
	struct line *line;
	uint8_t me;

	(void)vcpu;
	if (watch.marks != 1 || addr < KERNEL_BASE || cpu == CPUS)
		return;
	store = qemu_plugin_mem_is_store(info);
	line = line_of(addr >> LINE_SHIFT << LINE_SHIFT);
	me = 1 << cpu;
	/* What nobody has written since the begin is no transfer when it is loaded. */
	travels = store ? line->has & ~me : line->has && !(line->has & me);
	if (travels && (store || line->stores[!cpu]) && !is_device(info, addr)) {
		line->times++;
		note(line->who[cpu], (uintptr_t)pc);
	}
	if (store) {
		line->stores[cpu]++;
		line->has = me;
	} else {
		line->loads[cpu]++;
		line->has |= me;
	}
}

/* On the way in from a process the base is still that of the process. */
static void ran(unsigned int vcpu, void *data)
{
	uint64_t now;

	(void)vcpu;
	if (watch.marks != 1)
		return;
	g_byte_array_set_size(value, 0);
	if (qemu_plugin_read_register(gs_base, value) != sizeof(now))
		abort();
	memcpy(&now, value->data, sizeof(now));
	running = CPUS;
	if (now < KERNEL_BASE)
		return;
	for (running = 0; running < CPUS; running++) {
		if (!base[running])
			base[running] = now;
		if (base[running] == now) {
			insns[running] += (uintptr_t)data;
			return;
		}
	}
}

static void started(qemu_plugin_id_t id, unsigned int vcpu)
{
	struct g_array *regs = qemu_plugin_get_registers();
	const struct qemu_plugin_reg_descriptor *reg = (void *)regs->data;
	unsigned int i;

	(void)id;
	(void)vcpu;
	for (i = 0; i < regs->len; i++)
		if (!strcmp(reg[i].name, "gs_base"))
			gs_base = reg[i].handle;
	if (!gs_base) {
		fputs("lines: no register gs_base\n", stderr);
		exit(1);
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	if (!watch_block(tb))
		return;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, ran, QEMU_PLUGIN_CB_R_REGS, (void *)n);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_mem_cb(insn, accessed, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW,
						 (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
	}
}

static int by_times(const void *a, const void *b)
{
	const struct line *l = a, *m = b;

	return (l->times < m->times) - (l->times > m->times);
}

/* By function, each once. */
static void print_who(FILE *file, const struct who *who)
{
	const char *name[WHO];
	uint64_t n[WHO];
	int i, j, k = 0;

	for (i = 0; i < WHO && who[i].n; i++) {
		const char *of = symbol_of(who[i].pc, true)->name;

		for (j = 0; j < k && strcmp(name[j], of); j++)
			;
		if (j == k) {
			name[k] = of;
			n[k++] = 0;
		}
		n[j] += who[i].n;
	}
	fputc('\t', file);
	for (i = 0; i < k; i++)
		fprintf(file, "%s%s %" PRIu64, i ? ", " : "", name[i], n[i]);
	if (!k)
		fputc('-', file);
}

static void print_line(FILE *file, const struct line *line)
{
	const struct symbol *var = symbol_of(line->addr + 63, false);

	fprintf(file, "%" PRIu64 "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t",
		line->times, line->stores[0] && line->stores[1] ? "both" : "one",
		line->stores[0], line->stores[1], line->loads[0], line->loads[1]);
	if (line->addr < IMAGE_BASE)
		fprintf(file, "%" PRIx64, line->addr);
	else
		fprintf(file, "%s", var->name);
	print_who(file, line->who[0]);
	print_who(file, line->who[1]);
	fputc('\n', file);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	FILE *file = watch_end();
	size_t i;

	(void)id;
	(void)data;
	if (!file)
		return;
	fprintf(file, "# instructions %" PRIu64 " %" PRIu64 "\n", insns[0], insns[1]);
	qsort(lines, room, sizeof(*lines), by_times);
	for (i = 0; i < room && lines[i].times; i++)
		print_line(file, &lines[i]);
	fclose(file);
}

/* The second argument describes the emulated machine. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (!watch_parse(argc, argv))
		return -1;
	value = g_byte_array_new();
	qemu_plugin_register_vcpu_init_cb(id, started);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
