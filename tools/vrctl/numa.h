/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUMA_H
#define NUMA_H

/* NUMA node of a CPU; -1 if it is not known. */
int numa_of_cpu(unsigned int cpu);
/* NUMA node of a netdevice, or of the one below it; -1 if it has none. */
int numa_of_dev(const char *name, int ifindex);

#endif /* NUMA_H */
