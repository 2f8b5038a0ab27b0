// SPDX-License-Identifier: GPL-2.0
/* Compares what came out of the two routers, and knows what may differ. */
#include "pktdiff.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* One difference: @a or @b is missing where a router sent nothing like it. */
struct diff {
	const struct pkt *in;
	const struct out *a;
	const struct out *b;
};

struct verdict verdict;
int show_max = 8;

static int shown;
static unsigned long overtaken;

enum { CLASSES = 64 };

static struct {
	const char *what;
	unsigned long count;
} classes[CLASSES];

static const uint8_t *icmp6(const struct out *o)
{
	int l3 = get16(o->data + 12) == ETH_P_8021Q ? 18 : 14;
	const uint8_t *ip = o->data + l3;

	if (o->len < l3 + 48 || get16(ip - 2) != ETH_P_IPV6 || ip[6] != IPPROTO_ICMPV6)
		return NULL;
	return ip + 40;
}

static bool redirect6_on_one_side(const struct diff *d)
{
	const struct out *o = d->a ? d->a : d->b;
	const uint8_t *icmp = d->a && d->b ? NULL : icmp6(o);

	return icmp && icmp[0] == 137;
}

/* Differences that are no error, each with its reason. */
static struct {
	const char *name;
	const char *reason;
	bool (*match)(const struct diff *d);
	unsigned long count;
} accepted[] = {
	{ "IPv6 redirect sent by one router only",
	  "the kernel allows each peer one per second of real time", redirect6_on_one_side, 0 },
};

static bool is_accepted(const struct diff *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		if (accepted[i].match(d)) {
			accepted[i].count++;
			verdict.accepted++;
			return true;
		}
	}
	return false;
}

static void count_class(const char *what)
{
	for (int i = 0; i < CLASSES; i++) {
		if (classes[i].what && strcmp(classes[i].what, what))
			continue;
		classes[i].what = what;
		classes[i].count++;
		return;
	}
}

static void show_out(const char *name, const struct out *o)
{
	if (!o) {
		printf("#   %s: nothing\n", name);
		return;
	}
	printf("#   %s: from %s, csum flags %d gso %d of %d: ", name, phys_name[o->phys],
	       o->vnet.flags, o->vnet.gso_type, o->vnet.gso_size);
	decode(stdout, o->data, o->len);
	hexdump(stdout, o->data, o->len > 160 ? 160 : o->len);
	if (o->len > 160)
		printf("#      ... %d bytes in all\n", o->len);
}

static void first_difference(const struct out *a, const struct out *b)
{
	int len = a->len < b->len ? a->len : b->len, i;

	for (i = 0; i < len && a->data[i] == b->data[i]; i++)
		;
	if (i < len)
		printf("#   first different byte: %d\n", i);
	else if (a->len != b->len)
		printf("#   lengths %d and %d\n", a->len, b->len);
	if (memcmp(&a->vnet, &b->vnet, sizeof(a->vnet)))
		printf("#   offload state: flags %d gso %d of %d hdr %d csum %d+%d, flags %d gso "
		       "%d of %d hdr %d csum %d+%d\n",
		       a->vnet.flags, a->vnet.gso_type, a->vnet.gso_size, a->vnet.hdr_len,
		       a->vnet.csum_start, a->vnet.csum_offset, b->vnet.flags, b->vnet.gso_type,
		       b->vnet.gso_size, b->vnet.hdr_len, b->vnet.csum_start, b->vnet.csum_offset);
}

static void show(const struct diff *d, const char *why)
{
	count_class(d->in ? d->in->what : why);
	if (shown++ >= show_max)
		return;
	printf("# difference (%s), seed %llu\n", why, (unsigned long long)opt_seed);
	if (d->in) {
		printf("#   in: \"%s\" id %u at %s, csum flags %d gso %d of %d: ", d->in->what,
		       d->in->id, ports[d->in->port].name, d->in->vnet.flags, d->in->vnet.gso_type,
		       d->in->vnet.gso_size);
		decode(stdout, d->in->data, d->in->len);
		hexdump(stdout, d->in->data, d->in->len > 1000 ? 1000 : d->in->len);
	}
	show_out(duts[0].kind, d->a);
	show_out(duts[1].kind, d->b);
	if (d->a && d->b)
		first_difference(d->a, d->b);
	fflush(stdout);
}

static int by_bytes(const void *x, const void *y)
{
	const struct out *a = *(const struct out *const *)x;
	const struct out *b = *(const struct out *const *)y;

	if (a->phys != b->phys)
		return a->phys < b->phys ? -1 : 1;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->data, b->data, a->len);
}

/* Only the stack reads options, and tags that lead to no VLAN of the router. */
static bool for_the_stack(const struct pkt *p)
{
	int l3 = p && ports[p->port].vid ? 18 : 14;

	if (!p)
		return false;
	if (l3 + 20 > p->len)
		return true;
	switch (get16(p->data + l3 - 2)) {
	case ETH_P_IP:
		return p->data[l3] != 0x45;
	case ETH_P_IPV6:
		return p->data[l3 + 6] == 0;
	}
	return true;
}

static int by_flow(const void *x, const void *y)
{
	const struct out *a = *(const struct out *const *)x;
	const struct out *b = *(const struct out *const *)y;

	if (a->phys != b->phys)
		return a->phys < b->phys ? -1 : 1;
	if (a->flow != b->flow)
		return a->flow < b->flow ? -1 : 1;
	if (a->slow != b->slow)
		return a->slow ? 1 : -1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static const struct out **sorted(const struct outs *o, int (*order)(const void *, const void *))
{
	const struct out **v = calloc(o->n + 1, sizeof(*v));

	if (!v)
		die("out of memory");
	for (unsigned int i = 0; i < o->n; i++)
		v[i] = &o->v[i];
	qsort(v, o->n, sizeof(*v), order);
	return v;
}

static const struct pkt *input_of(const struct pkt *in, unsigned int n, const struct out *o)
{
	if (!o->has_id || !n || o->id < in[0].id || o->id >= in[0].id + n)
		return NULL;
	return &in[o->id - in[0].id];
}

/* The unmatched of the other side that most likely answers the same input. */
static const struct out *partner(const struct out *a, const struct out **b, unsigned int n)
{
	const struct out *best = NULL;
	unsigned int at = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (!b[i] || b[i]->has_id != a->has_id || (a->has_id && a->id != b[i]->id))
			continue;
		if (!a->has_id && (a->phys != b[i]->phys || a->len != b[i]->len))
			continue;
		if (best && (best->phys == a->phys || b[i]->phys != a->phys))
			continue;
		best = b[i];
		at = i;
	}
	if (best)
		b[at] = NULL;
	return best;
}

static unsigned int judge(const struct pkt *in, unsigned int n, const struct out **a,
			  unsigned int na, const struct out **b, unsigned int nb, bool report)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < na + nb; i++) {
		struct diff d = {};

		if (i < na) {
			d.a = a[i];
			d.b = partner(a[i], b, nb);
		} else {
			d.b = b[i - na];
		}
		if (!d.a && !d.b)
			continue;
		d.in = input_of(in, n, d.a ? d.a : d.b);
		if (report && is_accepted(&d))
			continue;
		bad++;
		if (report)
			show(&d, d.a && d.b ? "bytes" : "on one side only");
	}
	return bad;
}

static void set_slow(const struct pkt *in, unsigned int n, struct outs *o, bool known)
{
	for (unsigned int i = 0; i < o->n; i++)
		o->v[i].slow = known && for_the_stack(input_of(in, n, &o->v[i]));
}

static unsigned int pass_order(const struct pkt *in, unsigned int n, const struct outs *a,
			       const struct outs *b, bool report)
{
	const struct out **va = sorted(a, by_flow), **vb = sorted(b, by_flow);
	unsigned int bad = 0;

	for (unsigned int i = 0; i < a->n; i++) {
		struct diff d = { .a = va[i], .b = vb[i] };

		if (!va[i]->flow || va[i]->hash == vb[i]->hash)
			continue;
		d.in = input_of(in, n, va[i]);
		bad++;
		if (report)
			show(&d, "order within a flow");
	}
	free(va);
	free(vb);
	return bad;
}

/*
 * Packets of a flow that take the same path must keep their order. One that
 * needs the stack may be overtaken by, or overtake, one that does not.
 */
static unsigned int compare_order(const struct pkt *in, unsigned int n, struct outs *a,
				  struct outs *b, bool report)
{
	unsigned int bad;

	set_slow(in, n, a, true);
	set_slow(in, n, b, true);
	bad = pass_order(in, n, a, b, report);
	if (bad || !report)
		return bad;
	set_slow(in, n, a, false);
	set_slow(in, n, b, false);
	overtaken += pass_order(in, n, a, b, false);
	return 0;
}

/*
 * Returns the number of differences. Only with @report they are looked up in
 * the table of accepted ones, shown and counted.
 */
unsigned int compare(const struct pkt *in, unsigned int n, struct outs *a, struct outs *b,
		     bool report)
{
	const struct out **va = sorted(a, by_bytes), **vb = sorted(b, by_bytes);
	unsigned int i = 0, j = 0, na = 0, nb = 0, bad;

	while (i < a->n || j < b->n) {
		int c = i == a->n ? 1 : j == b->n ? -1 : by_bytes(&va[i], &vb[j]);

		if (c < 0)
			va[na++] = va[i++];
		else if (c > 0)
			vb[nb++] = vb[j++];
		else
			i++, j++;
	}
	bad = judge(in, n, va, na, vb, nb, report);
	if (!na && !nb)
		bad += compare_order(in, n, a, b, report);
	free(va);
	free(vb);
	if (report) {
		verdict.compared += a->n;
		verdict.differences += bad;
	}
	return bad;
}

void compare_print(FILE *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		fprintf(f, "# accepted: %s: %s: %lu\n", accepted[i].name, accepted[i].reason,
			accepted[i].count);
	fprintf(f,
		"# accepted: order of a plain packet and one with options or an odd tag: only the stack handles the latter: %lu\n",
		overtaken);
	for (int i = 0; i < CLASSES && classes[i].what; i++)
		fprintf(f, "# differences with \"%s\": %lu\n", classes[i].what, classes[i].count);
}
