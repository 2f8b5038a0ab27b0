// SPDX-License-Identifier: GPL-2.0
/* Static routes as text, in the words of ip-route(8). */
#include <arpa/inet.h>
#include <err.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "site.h"

#define IP6_METRIC 1024

static const struct {
	const char *word;
	uint8_t type;
} types[] = {
	{ "unicast", RTN_UNICAST },
	{ "blackhole", RTN_BLACKHOLE },
	{ "unreachable", RTN_UNREACHABLE },
	{ "prohibit", RTN_PROHIBIT },
	{ "throw", RTN_THROW },
};

enum { W_VIA, W_DEV, W_METRIC, W_SRC, W_MTU, W_ONLINK, W_NEXTHOP, W_WEIGHT, W_WORDS };

static const char *const words[W_WORDS + 1] = {
	"via", "dev", "metric", "src", "mtu", "onlink", "nexthop", "weight",
};

/* Text that is taken apart word by word. */
struct words {
	struct site *site;
	const char *at;
	const char *word;
	const char *why;
};

static const char *next_word(struct words *w)
{
	size_t len;

	w->at += strspn(w->at, " \t");
	len = strcspn(w->at, " \t");
	if (!len)
		return NULL;
	w->word = w->at;
	w->at += len;
	return site_text(w->site, "%.*s", (int)len, w->word);
}

static bool bad(struct words *w, const char *why)
{
	w->why = why;
	return false;
}

static bool number(struct words *w, const char *str, uint32_t max, uint32_t *num)
{
	unsigned long long val;
	char *end;

	if (!str)
		return bad(w, "lacks its value");
	val = strtoull(str, &end, 10);
	if (strspn(str, "0123456789") != strlen(str) || strlen(str) > 10 || *end || val > max)
		return bad(w, site_text(w->site, "is not a number from 0 to %u", max));
	*num = val;
	return true;
}

/* Of the family of the others, if that is known. */
static bool address(struct words *w, const char *str, int *family, uint8_t *to)
{
	int is;

	if (!str)
		return bad(w, "lacks its value");
	is = strchr(str, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(is, str, to) != 1)
		return bad(w, "is not an address");
	if (*family && *family != is)
		return bad(w, "is of another family than the rest");
	*family = is;
	return true;
}

static bool prefix(struct words *w, const char *str, struct site_route *r)
{
	uint8_t host[16];
	const char *slash;
	uint32_t len;
	unsigned int i;

	if (!strcmp(str, "default"))
		return true;
	slash = strchr(str, '/');
	if (!address(w, slash ? site_text(w->site, "%.*s", (int)(slash - str), str) : str,
		     &r->family, r->dst))
		return bad(w, "is not a prefix such as 192.0.2.0/24, nor default");
	len = r->family == AF_INET ? 32 : 128;
	if (slash && !number(w, slash + 1, len, &len))
		return bad(w, "is not a prefix such as 192.0.2.0/24, nor default");
	r->len = len;
	memcpy(host, r->dst, sizeof(host));
	for (i = 0; i < len; i++)
		host[i / 8] &= ~(0x80 >> i % 8);
	for (i = 0; i < sizeof(host); i++)
		if (host[i])
			return bad(w, "has bits set beyond its length");
	return true;
}

static bool device(struct words *w, const char *str, const char **dev)
{
	if (!str)
		return bad(w, "lacks its value");
	if (!site_name_fits(str) || !dev_valid(str))
		return bad(w, "is not a name of a device");
	*dev = str;
	return true;
}

static struct site_hop *new_hop(struct words *w, struct site_route *r)
{
	struct site_hop *hops = site_alloc(w->site, (r->n_hops + 1) * sizeof(*hops));

	if (r->n_hops)
		memcpy(hops, r->hops, r->n_hops * sizeof(*hops));
	r->hops = hops;
	return &hops[r->n_hops++];
}

/* The hop that words are about: the only one, or the last after nexthop. */
static struct site_hop *this_hop(struct words *w, struct site_route *r)
{
	return r->n_hops ? &r->hops[r->n_hops - 1] : new_hop(w, r);
}

struct parsing {
	struct words *w;
	struct site_route *r;
	bool multi;
	bool mtu;
	bool metric;
};

static bool once(struct words *w, bool *given)
{
	if (*given)
		return bad(w, "is given twice");
	*given = true;
	return true;
}

static bool hop_word(struct parsing *p, unsigned int i)
{
	struct words *w = p->w;
	struct site_route *r = p->r;
	struct site_hop *hop;

	if (i == W_NEXTHOP) {
		if ((r->n_hops && !p->multi) || r->n_hops == SITE_HOPS)
			return bad(w, r->n_hops == SITE_HOPS ? "is one too many"
							     : "is given beside via or dev");
		p->multi = true;
		new_hop(w, r);
		return true;
	}
	hop = this_hop(w, r);
	if (i == W_VIA)
		return once(w, &hop->has_via) && address(w, next_word(w), &r->family, hop->via);
	if (i == W_DEV) {
		if (hop->dev)
			return bad(w, "is given twice");
		return device(w, next_word(w), &hop->dev);
	}
	if (i == W_ONLINK)
		return once(w, &hop->onlink);
	if (!p->multi || hop->weight)
		return bad(w, p->multi ? "is given twice" : "is for one nexthop of several");
	if (!number(w, next_word(w), 256, &hop->weight))
		return false;
	return hop->weight || bad(w, "is not a number from 1 to 256");
}

static bool one_word(struct parsing *p, const char *str)
{
	struct words *w = p->w;
	struct site_route *r = p->r;
	const char *near;
	unsigned int i;

	for (i = 0; i < W_WORDS && strcmp(words[i], str);)
		i++;
	switch (i) {
	case W_METRIC:
		return once(w, &p->metric) && number(w, next_word(w), UINT32_MAX, &r->metric);
	case W_MTU:
		return once(w, &p->mtu) && number(w, next_word(w), UINT16_MAX, &r->mtu);
	case W_SRC:
		return once(w, &r->has_src) && address(w, next_word(w), &r->family, r->src);
	case W_WORDS:
		near = near_word(str, near_list, words);
		return bad(w, near ? site_text(w->site, "is not known for a route, perhaps \"%s\"",
					       near)
				   : "is not known for a route");
	}
	return hop_word(p, i);
}

static bool complete(struct words *w, struct site_route *r, bool multi)
{
	unsigned int i;

	if (!r->family)
		r->family = AF_INET;
	if (r->family == AF_INET6 && !r->metric)
		r->metric = IP6_METRIC;
	if (r->type != RTN_UNICAST)
		return !r->n_hops || bad(w, "is too much: such a route has no next hop");
	for (i = 0; i < r->n_hops; i++) {
		if (!r->hops[i].has_via && !r->hops[i].dev)
			return bad(w, "is not enough: a next hop wants via or dev");
		if (multi && !r->hops[i].weight)
			r->hops[i].weight = 1;
	}
	if (multi && r->n_hops == 1)
		r->hops[0].weight = 0;
	return r->n_hops || bad(w, "is not enough: a route wants via or dev");
}

bool site_route_parse(struct site *site, const char *str, struct site_route *route, size_t *at,
		      const char **word, const char **why)
{
	struct words w = { .site = site, .at = str, .word = str };
	struct parsing p = { .w = &w, .r = route };
	bool good;

	memset(route, 0, sizeof(*route));
	route->type = RTN_UNICAST;
	route->proto = RTPROT_STATIC;
	*word = next_word(&w);
	for (size_t i = 0; *word && i < ARRAY_SIZE(types); i++)
		if (!strcmp(*word, types[i].word)) {
			route->type = types[i].type;
			*word = next_word(&w);
			break;
		}
	good = *word ? prefix(&w, *word, route) : bad(&w, "lacks its destination");
	while (good && (*word = next_word(&w)))
		good = one_word(&p, *word);
	good = good && complete(&w, route, p.multi);
	*at = w.word - str;
	*why = w.why;
	*word = site_text(site, "%.*s", (int)strcspn(w.word, " \t"), w.word);
	return good;
}

/* As it is parsed; what is default is left out. */
static void put_hop(FILE *to, const struct site_route *r, const struct site_hop *hop)
{
	char buf[INET6_ADDRSTRLEN];

	if (hop->weight)
		fputs(" nexthop", to);
	if (hop->has_via)
		fprintf(to, " via %s", inet_ntop(r->family, hop->via, buf, sizeof(buf)));
	if (hop->dev)
		fprintf(to, " dev %s", hop->dev);
	if (hop->weight > 1)
		fprintf(to, " weight %u", hop->weight);
	if (hop->onlink)
		fputs(" onlink", to);
}

const char *site_route_text(struct site *site, const struct site_route *r)
{
	bool known = r->family == AF_INET || (r->n_hops && r->hops[0].has_via);
	char buf[INET6_ADDRSTRLEN], *text = NULL;
	const char *kept;
	unsigned int i;
	size_t len;
	FILE *to;

	to = open_memstream(&text, &len);
	if (!to)
		err(EXIT_LOCAL, "Error: out of memory");
	for (i = 1; i < ARRAY_SIZE(types); i++)
		if (types[i].type == r->type)
			fprintf(to, "%s ", types[i].word);
	if (r->len || !known)
		fprintf(to, "%s/%u", inet_ntop(r->family, r->dst, buf, sizeof(buf)), r->len);
	else
		fputs("default", to);
	if (r->n_hops == 1)
		put_hop(to, r, r->hops);
	if (r->metric != (r->family == AF_INET6 ? IP6_METRIC : 0))
		fprintf(to, " metric %u", r->metric);
	if (r->has_src)
		fprintf(to, " src %s", inet_ntop(r->family, r->src, buf, sizeof(buf)));
	if (r->mtu)
		fprintf(to, " mtu %u", r->mtu);
	for (i = 0; r->n_hops > 1 && i < r->n_hops; i++)
		put_hop(to, r, &r->hops[i]);
	fclose(to);
	kept = site_text(site, "%s", text);
	free(text);
	return kept;
}

bool site_route_same_key(const struct site_route *a, const struct site_route *b)
{
	return a->family == b->family && a->len == b->len && a->metric == b->metric &&
	       !memcmp(a->dst, b->dst, sizeof(a->dst));
}

/* A device that is not given may be any. */
static bool same_hop(const struct site_hop *a, const struct site_hop *b)
{
	return a->has_via == b->has_via && a->weight == b->weight && a->onlink == b->onlink &&
	       !memcmp(a->via, b->via, sizeof(a->via)) &&
	       (!a->dev || !b->dev || !strcmp(a->dev, b->dev));
}

bool site_route_same(const struct site_route *a, const struct site_route *b)
{
	unsigned int i;

	if (a->odd || b->odd)
		return a->odd && b->odd && a->raw_len == b->raw_len &&
		       !memcmp(a->raw, b->raw, a->raw_len);
	if (!site_route_same_key(a, b) || a->type != b->type || a->mtu != b->mtu ||
	    a->has_src != b->has_src || memcmp(a->src, b->src, sizeof(a->src)) ||
	    a->n_hops != b->n_hops)
		return false;
	for (i = 0; i < a->n_hops; i++)
		if (!same_hop(&a->hops[i], &b->hops[i]))
			return false;
	return true;
}
