/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What profile.c and lines.c need of QEMU's plugin API, version 2 to 4, whose header is
 * not packaged, and of GLib, which QEMU brings; and of symbols.c: the guest's functions
 * and variables.
 *
 * The guest copies its /proc/kallsyms to a file before it calls the function that marks
 * begin and end of what is looked at for the first time.
 */
#ifndef _VR_PLUGIN_H
#define _VR_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
#define KERNEL_BASE 0xff00000000000000ULL	/* with page tables of five levels */

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_register;
struct qemu_plugin_hwaddr;

struct qemu_plugin_reg_descriptor {
	struct qemu_plugin_register *handle;
	const char *name;
	const char *feature;
};

/* GArray and GByteArray */
struct g_array {
	char *data;
	unsigned int len;
};

struct g_array *g_byte_array_new(void);
struct g_array *g_byte_array_set_size(struct g_array *array, unsigned int len);

enum { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS };
enum { QEMU_PLUGIN_MEM_RW = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*cb)(unsigned int cpu, void *data), int flags,
					  void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      void (*cb)(unsigned int cpu, qemu_plugin_meminfo_t info,
						 uint64_t addr, void *data),
				      int flags, int rw, void *data);
void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id,
				       void (*cb)(qemu_plugin_id_t, unsigned int cpu));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *),
				    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *haddr);
struct g_array *qemu_plugin_get_registers(void);
int qemu_plugin_read_register(struct qemu_plugin_register *handle, struct g_array *to);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

extern int qemu_plugin_version;
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

struct symbol {
	uint64_t addr;
	uint64_t n;		/* for the user */
	bool is_code;
	char name[384];		/* and module */
};

struct symbols {
	struct symbol *symbol;	/* by address */
	size_t n;
};

/**
 * struct watch - what both plugins are told
 * @file: where the symbols will be
 * @mark: the function
 * @out: where the result goes
 * @marks: how often the function has been called
 */
struct watch {
	const char *file;
	const char *mark;
	const char *out;
	unsigned int marks;
};

extern struct watch watch;
extern struct symbols symbols;

/* false and a message if something is lacking */
bool watch_parse(int argc, char **argv);
/* of a block that is translated: count calls of the function; false: not the kernel's */
bool watch_block(struct qemu_plugin_tb *tb);
/* the result's file, or NULL and a message; both calls must have been */
void *watch_end(void);
/* the last function, or the last variable, at or below this address */
struct symbol *symbol_of(uint64_t addr, bool is_code);

#endif /* _VR_PLUGIN_H */
