/* SPDX-License-Identifier: GPL-2.0 */
/* Just enough of the kernel's API for pure code of kmod/ in user space. */
#ifndef _VR_SHIM_H
#define _VR_SHIM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define __rcu
#define READ_ONCE(x)			(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)		(*(volatile typeof(x) *)&(x) = (v))
#define rcu_dereference(p)		READ_ONCE(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_assign_pointer(p, v)	__atomic_store_n(&(p), v, __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)
#define smp_store_release(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define cond_resched()			do { } while (0)
#define prefetch(p)			__builtin_prefetch(p)
#define U16_MAX				UINT16_MAX

#define DECLARE_FLEX_ARRAY(type, name) \
	struct { struct { } empty_##name; type name[]; }

#define min(a, b)			((a) < (b) ? (a) : (b))
#define min_t(t, a, b)			((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))
#define max(a, b)			((a) > (b) ? (a) : (b))

struct rcu_head {
	void *unused[2];
};

#define GFP_KERNEL	0

#ifdef SHIM_MEM
/* The program has an allocator, and threads to wait for. */
void *kzalloc(size_t size, int gfp);
void kfree(const void *p);
void shim_free_later(const void *p);

#define kfree_rcu(p, member)		shim_free_later(p)
#define kfree_rcu_mightsleep(p)		shim_free_later(p)
#else
/* Allocations that succeed before one fails; negative: none fails. */
extern long shim_fail_after;
/* Allocations not freed yet. */
extern long shim_live;

static inline void *kzalloc(size_t size, int gfp)
{
	(void)gfp;
	if (shim_fail_after >= 0 && !shim_fail_after--)
		return NULL;
	shim_live++;
	return calloc(1, size);
}

static inline void kfree(const void *p)
{
	if (p)
		shim_live--;
	free((void *)p);
}

/* One thread, so no reader is left: the grace period is over at once. */
#define kfree_rcu(p, member)		kfree(p)
#define kfree_rcu_mightsleep(p)		kfree(p)
#endif

static inline void *kvcalloc(size_t n, size_t size, int gfp)
{
	return kzalloc(n * size, gfp);
}

#define kvfree(p)			kfree(p)
#define kvfree_rcu_mightsleep(p)	kfree_rcu_mightsleep(p)

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline s64 div_s64(s64 a, s32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (unsigned __int128)a * b >> shift;
}

static inline unsigned int hweight64(u64 x)
{
	return __builtin_popcountll(x);
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline unsigned long __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

#endif /* _VR_SHIM_H */
