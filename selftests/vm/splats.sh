# SPDX-License-Identifier: GPL-2.0
# What a kernel says when something went wrong, as an extended regular expression in
# SPLATS. Sourced.
# shellcheck shell=bash disable=SC2034

SPLATS='BUG:|WARNING: |Oops|KASAN|UBSAN|Kernel panic|Call Trace|general protection|ODEBUG|corruption'
SPLATS+='|blocked for more than|soft lockup|detected stall|rcu: INFO|scheduling while atomic'
SPLATS+='|circular locking|possible recursive locking|inconsistent lock state|possible irq lock'
SPLATS+='|bad unlock balance|invalid wait context|suspicious RCU|sleeping function called'
SPLATS+='|refcount_t:|unreferenced object|leaked reference|waiting for .* to become free'
SPLATS+='|vrouter is still loaded'
