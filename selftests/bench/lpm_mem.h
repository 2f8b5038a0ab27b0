/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for lpm_bench: as kmalloc() hands it out, that is, in the sizes of its
 * caches, from huge pages as those of the kernel's own mapping are; and grace
 * periods for one reader thread.
 */
#ifndef _VR_LPM_MEM_H
#define _VR_LPM_MEM_H

#include <stddef.h>

/* Bytes in use, in whole objects of the caches. */
extern size_t mem_used;

void *mem_huge(size_t size);
void mem_huge_free(void *p);

/* The reader is online between these, and holds nothing at mem_quiesce(). */
void mem_reader_start(void);
void mem_quiesce(void);
void mem_reader_stop(void);

/* The writer: free what waits for a grace period. */
void mem_barrier(void);

#endif /* _VR_LPM_MEM_H */
