// SPDX-License-Identifier: GPL-2.0
/* What the words of a command line stand for. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrctl.h"

bool dev_valid(const char *str)
{
	size_t len = strlen(str);

	if (!len || len >= IFNAMSIZ || !strcmp(str, ".") || !strcmp(str, ".."))
		return false;
	for (; *str; str++)
		if (*str == '/' || *str == ':' || isspace((unsigned char)*str))
			return false;
	return true;
}

static bool valid_u32(const char *str, const struct param *p, uint32_t *num)
{
	unsigned long long val;
	char *end;

	if (!isdigit((unsigned char)str[0]))
		return false;
	errno = 0;
	val = strtoull(str, &end, 0);
	if (errno || *end || val < p->min || val > p->max)
		return false;
	*num = val;
	return true;
}

/* Units of tc(8), and longer ones. */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", NS_PER_US },
	{ "usec", NS_PER_US },
	{ "ms", NS_PER_MS },
	{ "msec", NS_PER_MS },
	{ "s", NS_PER_SEC },
	{ "sec", NS_PER_SEC },
	{ "min", 60ULL * NS_PER_SEC },
	{ "h", 3600ULL * NS_PER_SEC },
	{ "d", 86400ULL * NS_PER_SEC },
};

bool time_parse(const char *str, uint64_t bare, uint64_t *ns)
{
	double val;
	size_t i;
	char *end;

	/* strtod also takes signs, blanks, hexadecimal numbers and words. */
	if (str[strspn(str, "0123456789.")] == 'e' || !strpbrk(str, "0123456789") ||
	    (!isdigit((unsigned char)str[0]) && str[0] != '.') || str[1] == 'x')
		return false;
	val = strtod(str, &end);
	for (i = 0; *end && i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].name)) {
			bare = units[i].ns;
			end += strlen(end);
		}
	val *= bare;
	if (*end || !(val <= 1e18))
		return false;
	*ns = llround(val);
	return true;
}

static bool valid_time(const char *str, const struct param *p, uint32_t *num)
{
	uint64_t ns;

	if (!time_parse(str, p->bare, &ns) || ns % p->unit)
		return false;
	ns /= p->unit;
	if (ns < p->min || ns > p->max)
		return false;
	*num = ns;
	return true;
}

const char *time_text(uint64_t ns, char *buf, size_t len)
{
	if (ns % NS_PER_SEC == 0)
		snprintf(buf, len, "%llus", (unsigned long long)ns / NS_PER_SEC);
	else if (ns % NS_PER_MS == 0)
		snprintf(buf, len, "%llums", (unsigned long long)ns / NS_PER_MS);
	else if (ns % NS_PER_US == 0)
		snprintf(buf, len, "%lluus", (unsigned long long)ns / NS_PER_US);
	else
		snprintf(buf, len, "%lluns", (unsigned long long)ns);
	return buf;
}

/* Six bytes; not of a group, not 0. */
bool mac_parse(const char *str, uint8_t mac[MAC_LEN])
{
	unsigned int i, any = 0;

	for (i = 0; i < MAC_LEN; i++) {
		if (!isxdigit((unsigned char)str[0]) || !isxdigit((unsigned char)str[1]) ||
		    str[2] != (i < MAC_LEN - 1 ? ':' : '\0'))
			return false;
		mac[i] = strtoul(str, NULL, 16);
		any |= mac[i];
		str += 3;
	}
	return any && !(mac[0] & 1);
}

static bool parse_cpu(const char **str, unsigned int *cpu)
{
	unsigned long val;
	char *end;

	if (!isdigit((unsigned char)**str))
		return false;
	errno = 0;
	val = strtoul(*str, &end, 10);
	if (errno || val > MAX_CPU)
		return false;
	*str = end;
	*cpu = val;
	return true;
}

bool cpus_parse(const char *str, void (*each)(unsigned int cpu, void *data), void *data)
{
	unsigned int first, last;

	for (;; str++) {
		if (!parse_cpu(&str, &first))
			return false;
		last = first;
		if (*str == '-') {
			str++;
			if (!parse_cpu(&str, &last) || last < first)
				return false;
		}
		for (; each && first <= last; first++)
			each(first, data);
		if (!*str)
			return true;
		if (*str != ',')
			return false;
	}
}

const char *cpus_possible(void)
{
	static char list[1024];
	FILE *file;

	if (*list)
		return list;
	file = fopen("/sys/devices/system/cpu/possible", "r");
	if (file) {
		if (fgets(list, sizeof(list), file))
			list[strcspn(list, "\n")] = '\0';
		fclose(file);
	}
	return *list ? list : "all";
}

static const char *place;

void value_place(const char *where)
{
	place = where;
}

void error_start(FILE *to)
{
	fputs("Error: ", to);
	if (place)
		fprintf(to, "%s: ", place);
}

static bool bad(const char *str, const char *what)
{
	error_start(stderr);
	fprintf(stderr, "\"%s\" is %s.\n", str, what);
	return false;
}

static bool bad_value(const char *str, const struct param *p, const char *what)
{
	error_start(stderr);
	fprintf(stderr, "%s \"%s\" is %s.\n", p->word, str, what);
	return false;
}

static bool bad_range(const char *str, const struct param *p)
{
	const char *off = p->off ? ", nor off" : p->automatic ? ", nor auto" : "";
	char min[24], max[24], step[24], what[160];

	if (p->type == P_U32)
		snprintf(what, sizeof(what), "not a number from %u to %u%s", p->min, p->max, off);
	else
		snprintf(what, sizeof(what), "not a time from %s to %s in steps of %s%s",
			 time_text((uint64_t)p->min * p->unit, min, sizeof(min)),
			 time_text((uint64_t)p->max * p->unit, max, sizeof(max)),
			 time_text(p->unit, step, sizeof(step)), off);
	return bad_value(str, p, what);
}

/* False after a message to stderr. */
bool value_parse(const char *str, const struct param *p, struct value *val)
{
	uint8_t mac[MAC_LEN];

	val->str = str;
	if (p->off && !strcmp(str, "off")) {
		val->num = 0;
		return true;
	}
	if (p->automatic && !strcmp(str, "auto")) {
		val->num = UINT32_MAX;
		return true;
	}
	switch (p->type) {
	case P_DEV:
		return dev_valid(str) || bad(str, "not a name of a device");
	case P_U32:
		return valid_u32(str, p, &val->num) || bad_range(str, p);
	case P_TABLE:
		return table_parse(str, &val->num) ||
		       bad(str, "not a routing table, a number from 1 on or a known name");
	case P_ONOFF:
		val->num = !strcmp(str, "on");
		return val->num || !strcmp(str, "off") || bad_value(str, p, "neither on nor off");
	case P_TIME:
		return valid_time(str, p, &val->num) || bad_range(str, p);
	case P_CPUS:
		return !strcmp(str, "all") || cpus_parse(str, NULL, NULL) ||
		       bad_value(str, p, "not a list of CPUs such as 0-3,8, nor all");
	case P_MAC:
		return mac_parse(str, mac) ||
		       bad_value(str, p, "not an address of one device such as 02:00:00:00:00:01");
	case P_WORD:
		return *str || bad_value(str, p, "empty");
	case P_FLAG:
		break;
	}
	return true;
}

int split_line(char *line, char **words)
{
	const char *blanks = " \t\r\n";
	int n = 0;

	for (;;) {
		char quote;

		line += strspn(line, blanks);
		if (!*line || *line == '#')
			return n;
		if (n == LINE_WORDS)
			return -1;
		quote = *line == '"' || *line == '\'' ? *line++ : '\0';
		words[n++] = line;
		if (quote)
			line = strchr(line, quote);
		else
			line += strcspn(line, blanks);
		if (!line)
			return -1;
		if (!*line)
			return n;
		*line++ = '\0';
	}
}
