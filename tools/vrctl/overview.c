// SPDX-License-Identifier: GPL-2.0
/*
 * vrctl show: what there is and how it fares, on one screen.
 *
 * Two looks at the counters, an interval apart; what needs somebody comes first.
 * Only ASCII, and of a terminal only its size and, if asked for, its colours.
 */
#include <err.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/vrouter.h>

#include "incident.h"
#include "nl.h"
#include "out.h"
#include "top.h"
#include "vrctl.h"

#define COLUMNS	 80
#define LINES	 24
#define MAX_CPUS 4

/* What is to be said of a VR, the worst first. */
enum state {
	STATE_QUARANTINE,
	STATE_DOWN,
	STATE_SYNCING,
	STATE_SHORT,
	STATE_DROPS,
	STATE_BUSY,
	STATE_IDLE,
};

/* clang-format off */
static const struct {
	const char	*word;
	enum role	role;
} states[] = {
	[STATE_QUARANTINE]	= { "quarantine",	ROLE_BAD },
	[STATE_DOWN]		= { "down",		ROLE_BAD },
	[STATE_SYNCING]		= { "syncing",		ROLE_WARN },
	[STATE_SHORT]		= { "short",		ROLE_BAD },
	[STATE_DROPS]		= { "drops",		ROLE_WARN },
	[STATE_BUSY]		= { "ok",		ROLE_GOOD },
	[STATE_IDLE]		= { "idle",		ROLE_NONE },
};
/* clang-format on */

struct link {
	int ifindex;
	bool up;
};

struct port {
	int ifindex;
	int vr;
	char name[IFNAMSIZ];
	bool up;
};

/**
 * struct overview - what is shown
 * @top: VRs and CPUs
 * @links: whether netdevices are up, by ifindex
 * @n_links: how many
 * @ports: by VR, those that are down first
 * @n_ports: how many
 * @incidents: how many are remembered
 * @kind: what the last one was
 * @vr: whose
 * @time: when, in seconds
 */
struct overview {
	struct top top;
	struct link *links;
	size_t n_links;
	struct port *ports;
	size_t n_ports;
	size_t incidents;
	const char *kind;
	char vr[IFNAMSIZ];
	time_t time;
};

/* Reading */

static void *one_more(void *array, size_t n, size_t size)
{
	array = reallocarray(array, n + 1, size);
	if (!array)
		err(EXIT_LOCAL, "show");
	return array;
}

static void link_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct overview *o = data;
	struct link *link;

	(void)cmd;
	o->links = one_more(o->links, o->n_links, sizeof(*o->links));
	link = &o->links[o->n_links++];
	link->ifindex = attrs->link->ifi_index;
	link->up = (attrs->link->ifi_flags & IFF_UP) && (attrs->link->ifi_flags & IFF_RUNNING);
}

static void port_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct overview *o = data;
	struct port *port;

	(void)cmd;
	o->ports = one_more(o->ports, o->n_ports, sizeof(*o->ports));
	port = &o->ports[o->n_ports++];
	port->ifindex = nl_u32(attrs->tb[VROUTER_A_PORT_IFINDEX]);
	port->vr = nl_u32(attrs->tb[VROUTER_A_PORT_VR_IFINDEX]);
	snprintf(port->name, sizeof(port->name), "%s", nl_str(attrs->tb[VROUTER_A_PORT_IFNAME]));
}

static void incident_row(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	struct overview *o = data;

	(void)cmd;
	o->incidents++;
	o->kind = incident_kind(attrs);
	o->time = nl_u64(attrs->tb[VROUTER_A_INCIDENT_TIME_NS]) / NS_PER_SEC;
	snprintf(o->vr, sizeof(o->vr), "%s", nl_str(attrs->tb[VROUTER_A_INCIDENT_IFNAME]));
}

static int by_ifindex(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

static int by_vr(const void *a, const void *b)
{
	const struct port *x = a, *y = b;

	if (x->vr != y->vr)
		return (x->vr > y->vr) - (x->vr < y->vr);
	if (x->up != y->up)
		return x->up - y->up;
	return strcmp(x->name, y->name);
}

/* One that came after they were read is taken to be up. */
static bool is_up(const struct overview *o, int ifindex)
{
	const struct link key = { .ifindex = ifindex }, *link;

	link = bsearch(&key, o->links, o->n_links, sizeof(key), by_ifindex);
	return !link || link->up;
}

static int read_all(struct overview *o)
{
	struct nl_req req;
	size_t i;
	int ret;

	ret = nl_genl_dump(VROUTER_CMD_PORT_GET, port_row, o);
	if (!ret)
		ret = nl_genl_dump(VROUTER_CMD_INCIDENT_GET, incident_row, o);
	if (!ret)
		ret = nl_link_start(&req, RTM_GETLINK, 0, 0, 0);
	if (!ret)
		ret = nl_dump(&req, link_row, o);
	if (ret)
		return ret;
	qsort(o->links, o->n_links, sizeof(*o->links), by_ifindex);
	for (i = 0; i < o->n_ports; i++)
		o->ports[i].up = is_up(o, o->ports[i].ifindex);
	qsort(o->ports, o->n_ports, sizeof(*o->ports), by_vr);
	return EXIT_OK;
}

/* The ports of a VR; *n is how many. */
static const struct port *ports_of(const struct overview *o, int vr, size_t *n)
{
	size_t low = 0, high = o->n_ports, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (o->ports[mid].vr < vr)
			low = mid + 1;
		else
			high = mid;
	}
	for (*n = 0; low + *n < o->n_ports && o->ports[low + *n].vr == vr; ++*n)
		;
	return o->ports + low;
}

static enum state state_of(const struct overview *o, const struct top_row *row)
{
	if (row->vr->quarantine)
		return STATE_QUARANTINE;
	if (!is_up(o, row->vr->ifindex))
		return STATE_DOWN;
	if (!row->vr->ready)
		return STATE_SYNCING;
	if (top_is_short(row))
		return STATE_SHORT;
	if (row->drops >= 1)
		return STATE_DROPS;
	return row->rx >= 1 || row->used >= 0.0005 ? STATE_BUSY : STATE_IDLE;
}

static const struct overview *sorting;

static int by_state(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	int order = (int)state_of(sorting, x) - (int)state_of(sorting, y);

	if (!order)
		order = (x->used < y->used) - (x->used > y->used);
	return order ? order : strcmp(x->vr->name, y->vr->name);
}

/* Packets a second that were dropped for a reason. */
static double drops_for(const struct overview *o, const struct top_row *row, size_t reason)
{
	double sec = (double)(o->top.now.vr_time - o->top.old.vr_time) / NS_PER_SEC;
	uint64_t now = row->vr->reasons[reason], then = row->then->reasons[reason];

	return (now >= then ? now - then : now) / sec;
}

static const char *top_reason(const struct overview *o, const struct top_row *row)
{
	const struct reason *reasons;
	const char *name = "";
	double most = 0, drops;
	size_t i, n;

	reasons = sample_reasons(&n);
	for (i = 0; i < n; i++) {
		drops = reasons[i].punt ? 0 : drops_for(o, row, i);
		if (drops > most) {
			most = drops;
			name = reasons[i].name;
		}
	}
	return name;
}

/* Text */

struct layout {
	int columns;
	int lines;
	int name;
	int bar;
	int reason;
	int ports;
	double scale;
};

static int number_of(const char *variable, int otherwise)
{
	const char *text = getenv(variable);
	long num = text ? strtol(text, NULL, 10) : 0;

	return num > 0 && num < 10000 ? num : otherwise;
}

/* What put_ports() needs to show all. */
static int ports_width(const struct overview *o, int vr)
{
	const struct port *port;
	int width = 0;
	size_t i, n;

	port = ports_of(o, vr, &n);
	for (i = 0; i < n; i++)
		width += 1 + strlen(port[i].name) + !port[i].up;
	return width;
}

/* A serial line does not know its size; 80x24 is what everybody has. */
static void lay_out(const struct overview *o, struct layout *l)
{
	struct winsize size = {};
	int ports = 6, room;
	double most = 0;
	size_t i;

	ioctl(fileno(stdout), TIOCGWINSZ, &size);
	l->columns = size.ws_col ? size.ws_col : number_of("COLUMNS", COLUMNS);
	l->lines = size.ws_row ? size.ws_row : number_of("LINES", LINES);
	if (l->columns < 60)
		l->columns = 60;
	l->name = 4;
	l->reason = 0;
	for (i = 0; i < o->top.n_rows; i++) {
		const struct top_row *row = &o->top.rows[i];

		if ((int)strlen(row->vr->name) > l->name)
			l->name = strlen(row->vr->name);
		most = row->used > most ? row->used : most;
		if ((int)strlen(top_reason(o, row)) > l->reason)
			l->reason = strlen(top_reason(o, row));
		if (ports_width(o, row->vr->ifindex) > ports)
			ports = ports_width(o, row->vr->ifindex);
		most = row->used > most ? row->used : most;
		most = row->entitled > most ? row->entitled : most;
	}
	l->scale = top_scale(most);
	if (l->reason)
		l->reason = l->reason < 6 ? 6 : l->reason > 10 ? 10 : l->reason;
	/* What the other columns leave is for bars and ports, a quarter of it at least for bars. */
	room = l->columns - l->name - 38 - (l->reason ? 1 + l->reason : 0);
	l->bar = room - ports < room / 4 ? room / 4 : room - ports;
	if (l->bar < 4)
		l->bar = 4;
	if (l->bar > 30)
		l->bar = 30;
	l->ports = room - l->bar;
}

static void put_cpu(const char *name, const struct top_cpu *cpu)
{
	printf("%s%-9s%s billed %5.1f%%  overhead %5.1f%%  outside %5.1f%%  idle %5.1f%%\n",
	       color_on(ROLE_NAME), name, color_off(ROLE_NAME), 100 * cpu->billed,
	       100 * cpu->overhead, 100 * cpu->outside, 100 * cpu->idle);
}

static int by_idle(const void *a, const void *b)
{
	const struct top_cpu *x = a, *y = b;

	if (x->idle != y->idle)
		return (x->idle > y->idle) - (x->idle < y->idle);
	return (int)x->cpu - (int)y->cpu;
}

/* The busiest ones, and the others as one; the number of lines. */
static int put_cpus(struct overview *o)
{
	struct top_cpu *cpus = o->top.cpus, rest = {};
	size_t i, n = o->top.n_cpus, lines = n > MAX_CPUS ? MAX_CPUS - 1 : n;
	char name[32];

	if (n > MAX_CPUS)
		qsort(cpus, n, sizeof(*cpus), by_idle);
	for (i = 0; i < lines; i++) {
		snprintf(name, sizeof(name), "CPU %u", cpus[i].cpu);
		put_cpu(name, &cpus[i]);
	}
	if (i == n)
		return n;
	for (; i < n; i++) {
		rest.billed += cpus[i].billed / (n - lines);
		rest.overhead += cpus[i].overhead / (n - lines);
		rest.outside += cpus[i].outside / (n - lines);
		rest.idle += cpus[i].idle / (n - lines);
	}
	snprintf(name, sizeof(name), "%zu more", n - lines);
	put_cpu(name, &rest);
	return MAX_CPUS;
}

/* What stands for the ports from here on. */
static void rest_of(const struct port *port, size_t n, char *buf, size_t len)
{
	if (n)
		snprintf(buf, len, " +%zu%s", n, port->up ? "" : "!");
	else
		*buf = '\0';
}

/* Names of ports as far as there is room, a ! after those that are down. */
static void put_ports(const struct overview *o, int vr, int room)
{
	const struct port *port;
	char text[IFNAMSIZ + 2], rest[32] = "";
	int len, used = 0;
	enum role role;
	size_t i, n;

	port = ports_of(o, vr, &n);
	for (i = 0; i < n; i++) {
		len = snprintf(text, sizeof(text), "%s%s", port[i].name, port[i].up ? "" : "!");
		rest_of(port + i + 1, n - i - 1, rest, sizeof(rest));
		if (used + 1 + len + (int)strlen(rest) > room)
			break;
		role = port[i].up ? ROLE_NAME : ROLE_BAD;
		printf(" %s%s%s", color_on(role), text, color_off(role));
		used += 1 + len;
	}
	if (i == n)
		return;
	rest_of(port + i, n - i, rest, sizeof(rest));
	role = port[i].up ? ROLE_NONE : ROLE_BAD;
	printf("%s%s%s", color_on(role), rest, color_off(role));
}

static void put_row(const struct overview *o, const struct top_row *row, const struct layout *l)
{
	enum state state = state_of(o, row);
	char bar[64], text[32];
	enum role role;

	role = row->vr->quarantine ? ROLE_BAD : ROLE_NAME;
	printf("%s%-*s%s", color_on(role), l->name, row->vr->name, color_off(role));
	role = states[state].role;
	printf(" %s%-10s%s", color_on(role), states[state].word, color_off(role));
	printf(" %6s", top_cell(row, COL_USED, text, sizeof(text)));
	printf(" %6s", top_cell(row, COL_ENTITLED, text, sizeof(text)));
	role = top_bar(row, l->scale, l->bar, bar, sizeof(bar));
	printf(" %s%s%s", color_on(role), bar, color_off(role));
	printf(" %5s", top_cell(row, COL_RX, text, sizeof(text)));
	role = row->drops >= 1 ? ROLE_BAD : ROLE_NONE;
	printf(" %s%5s%s", color_on(role), top_cell(row, COL_DROPS, text, sizeof(text)),
	       color_off(role));
	if (l->reason)
		printf(" %s%-*.*s%s", color_on(role), row->vr->ports ? l->reason : 0, l->reason,
		       top_reason(o, row), color_off(role));
	put_ports(o, row->vr->ifindex, l->ports);
	putchar('\n');
}

static void put_head(const struct overview *o)
{
	size_t i, down = 0, shut = 0;
	char text[32];

	for (i = 0; i < o->n_ports; i++)
		down += !o->ports[i].up;
	for (i = 0; i < o->top.n_rows; i++)
		shut += o->top.rows[i].vr->quarantine;
	printf("%zu VRs, ", o->top.n_rows);
	if (shut)
		printf("%s%zu in quarantine%s, ", color_on(ROLE_BAD), shut, color_off(ROLE_BAD));
	printf("%zu ports, ", o->n_ports);
	if (down)
		printf("%s%zu down%s, ", color_on(ROLE_BAD), down, color_off(ROLE_BAD));
	printf("over %s\n", time_text((uint64_t)o->top.ms * NS_PER_MS, text, sizeof(text)));
}

static void put_incidents(const struct overview *o)
{
	char stamp[32];
	struct tm tm;

	localtime_r(&o->time, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%sIncidents: %zu, the last: %s %s at %s%s\n", color_on(ROLE_WARN), o->incidents,
	       o->vr, o->kind, stamp, color_off(ROLE_WARN));
}

static void print_text(struct overview *o, bool all)
{
	size_t i, n = o->top.n_rows;
	struct layout l;
	int left;

	lay_out(o, &l);
	/* A line is for the prompt that comes after it. */
	left = l.lines - 1;
	put_head(o);
	left -= 1 + put_cpus(o);
	if (o->incidents) {
		put_incidents(o);
		left--;
	}
	if (!n)
		return;
	printf("%s%-*s %-10s %6s %6s %*.*g%% %5s %5s", color_on(ROLE_HEAD), l.name, "NAME", "STATE",
	       "USED", "ENTITL", l.bar - 1, 3, 100 * l.scale, "RX/S", "DROP");
	if (l.reason)
		printf(" %-*s", l.reason, "REASON");
	printf(" PORTS%s\n", color_off(ROLE_HEAD));
	left--;
	if (!all && (int)n > left)
		n = left > 1 ? left - 1 : 1;
	for (i = 0; i < n; i++)
		put_row(o, &o->top.rows[i], &l);
	if (n < o->top.n_rows)
		printf("%zu more, none of them worse off: vrctl show all\n", o->top.n_rows - n);
}

/* JSON */

static void json_row(const struct overview *o, const struct top_row *row)
{
	const struct reason *reasons;
	const struct port *port;
	size_t i, n;

	json_obj(NULL);
	json_str("state", states[state_of(o, row)].word);
	top_json_row(row);
	json_obj("drop_pps_by_reason");
	reasons = sample_reasons(&n);
	for (i = 0; i < n; i++)
		if (!reasons[i].punt && drops_for(o, row, i) > 0)
			json_real(reasons[i].name, drops_for(o, row, i));
	json_obj_end();
	json_arr("ports");
	port = ports_of(o, row->vr->ifindex, &n);
	for (i = 0; i < n; i++) {
		json_obj(NULL);
		json_str("name", port[i].name);
		json_bool("up", port[i].up);
		json_obj_end();
	}
	json_arr_end();
	json_obj_end();
}

static void print_json(const struct overview *o)
{
	size_t i;

	json_obj(NULL);
	top_json_times(&o->top);
	json_uint("incidents", o->incidents);
	top_json_cpus(&o->top);
	json_arr("vrs");
	for (i = 0; i < o->top.n_rows; i++)
		json_row(o, &o->top.rows[i]);
	json_arr_end();
	json_obj_end();
	json_done();
}

static int show(const struct value *val)
{
	struct overview o = { .top.ms = val[0].given ? val[0].num : 500 };
	struct timespec step = { .tv_sec = o.top.ms / MSEC_PER_SEC,
				 .tv_nsec = o.top.ms % MSEC_PER_SEC * (long)NS_PER_MS };
	int ret;

	ret = top_update(&o.top);
	if (!ret) {
		nanosleep(&step, NULL);
		ret = top_update(&o.top);
	}
	if (!ret)
		ret = read_all(&o);
	if (!ret) {
		sorting = &o;
		qsort(o.top.rows, o.top.n_rows, sizeof(*o.top.rows), by_state);
		if (opt.json)
			print_json(&o);
		else
			print_text(&o, val[1].given);
	}
	top_free(&o.top);
	free(o.links);
	free(o.ports);
	return ret;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "show",
		.help	= "show on one screen how all VRs fare, the worst first; all: however many",
		.run	= show,
		.params	= {
			{ .word = "interval", .value = "TIME", .type = P_TIME,
			  .brief = 'i', .min = 100, .max = 3600000,
			  .unit = NS_PER_MS, .bare = NS_PER_SEC },
			{ .word = "all", .type = P_FLAG },
		},
	},
	{}
};
/* clang-format on */

const struct object show_object = {
	.name = "show",
	.help = "how all VRs fare, on one screen",
	.cmds = commands,
	.sole = true,
};
