// SPDX-License-Identifier: GPL-2.0
/* What can be set on a VR: as attributes, as JSON and as words. */
#include <stdio.h>
#include <string.h>

#include <linux/vrouter.h>

#include "out.h"
#include "vr.h"

enum kind {
	KIND_U32,
	KIND_TIME,
	KIND_ONOFF,
	KIND_CPUS,
};

/* clang-format off */
static const struct knob {
	const char	*word;
	const char	*key;
	uint16_t	attr;
	enum kind	kind;
	bool		off;	/* 0 is printed so */
	uint32_t	unit;	/* nanoseconds */
	uint32_t	def;
} knobs[VR_KNOBS] = {
	{ "weight", "weight", VROUTER_A_VR_WEIGHT, KIND_U32,
	  .def = VROUTER_WEIGHT_DEFAULT },
	{ "cpus", "cpus", VROUTER_A_VR_CPUS, KIND_CPUS, .def = 0 },
	{ "queue-packets", "queue_packets", VROUTER_A_VR_QUEUE_PACKETS, KIND_U32,
	  .def = VROUTER_QUEUE_PACKETS_MAX },
	{ "queue-time", "queue_time_us", VROUTER_A_VR_QUEUE_TIME_US, KIND_TIME,
	  .off = true, .unit = NS_PER_US, .def = VROUTER_QUEUE_TIME_US_DEFAULT },
	{ "vector-limit", "vector_limit_us", VROUTER_A_VR_VECTOR_LIMIT_US, KIND_TIME,
	  .off = true, .unit = NS_PER_US, .def = VROUTER_VECTOR_LIMIT_US_DEFAULT },
	{ "strikes", "strikes", VROUTER_A_VR_STRIKES, KIND_U32,
	  .def = VROUTER_STRIKES_DEFAULT },
	{ "strike-window", "strike_window_ms", VROUTER_A_VR_STRIKE_WINDOW_MS, KIND_TIME,
	  .unit = NS_PER_MS, .def = VROUTER_STRIKE_WINDOW_MS_DEFAULT },
	{ "quarantine", "quarantine", VROUTER_A_VR_QUARANTINE, KIND_ONOFF, .def = 0 },
	{ "burn", "burn", VROUTER_A_VR_BURN, KIND_U32, .off = true },
};
/* clang-format on */

bool knobs_given(const struct value *val)
{
	unsigned int i;

	for (i = 0; i < VR_KNOBS; i++)
		if (val[i].given)
			return true;
	return false;
}

void knobs_put(struct nl_req *req, const struct value *val)
{
	const struct knob *knob;
	unsigned int i;

	for (i = 0; i < VR_KNOBS; i++) {
		knob = &knobs[i];
		if (!val[i].given)
			continue;
		nl_name(req, knob->word);
		if (knob->kind == KIND_CPUS)
			nl_put_str(req, knob->attr, val[i].str);
		else if (knob->kind == KIND_ONOFF)
			nl_put_u8(req, knob->attr, val[i].num, val[i].str);
		else
			nl_put_u32(req, knob->attr, val[i].num, val[i].str);
	}
}

void knobs_json(const struct nl_attrs *vr)
{
	const struct knob *knob;
	const struct nlattr *attr;
	unsigned int i;

	for (i = 0; i < VR_KNOBS; i++) {
		knob = &knobs[i];
		attr = vr->tb[knob->attr];
		if (knob->kind == KIND_CPUS)
			json_str(knob->key, nl_str(attr));
		else if (knob->kind == KIND_ONOFF)
			json_bool(knob->key, nl_u8(attr));
		else
			json_uint(knob->key, nl_u32(attr));
	}
	json_str("cpus_active", nl_str(vr->tb[VROUTER_A_VR_CPUS_ACTIVE]));
}

static bool is_default(const struct knob *knob, const struct nlattr *attr)
{
	if (knob->kind == KIND_CPUS)
		return !strcmp(nl_str(attr), cpus_possible()) || !strcmp(nl_str(attr), "all");
	if (knob->kind == KIND_ONOFF)
		return !nl_u8(attr);
	return nl_u32(attr) == knob->def;
}

/* A knob has a text or a number, by its kind. */
static const char *attr_str(const struct knob *knob, const struct nlattr *attr)
{
	return knob->kind == KIND_CPUS ? nl_str(attr) : NULL;
}

static uint32_t attr_num(const struct knob *knob, const struct nlattr *attr)
{
	return knob->kind == KIND_ONOFF ? nl_u8(attr) : nl_u32(attr);
}

static const char *text_of(const struct knob *knob, const char *str, uint32_t num, char *buf,
			   size_t len)
{
	if (knob->kind == KIND_CPUS)
		return str;
	if (knob->kind == KIND_ONOFF)
		return num ? "on" : "off";
	if (knob->off && !num)
		return "off";
	if (knob->kind == KIND_TIME)
		return time_text((uint64_t)num * knob->unit, buf, len);
	snprintf(buf, len, "%u", num);
	return buf;
}

const char *knobs_text(const struct nl_attrs *vr, unsigned int from, bool all, char *buf,
		       size_t len)
{
	const struct nlattr *attr;
	size_t used = 0;
	char val[24];

	buf[0] = '\0';
	for (; from < VR_KNOBS; from++) {
		attr = vr->tb[knobs[from].attr];
		if (!attr || (!all && is_default(&knobs[from], attr)))
			continue;
		used += snprintf(buf + used, len - used, " %s %s", knobs[from].word,
				 text_of(&knobs[from], attr_str(&knobs[from], attr),
					 attr_num(&knobs[from], attr), val, sizeof(val)));
		if (used >= len)
			break;
	}
	return buf;
}

/* Values, as a command or a file gives them */

const char *knob_word(unsigned int i)
{
	return knobs[i].word;
}

void knobs_get(const struct nl_attrs *vr, struct value *val)
{
	const struct nlattr *attr;
	unsigned int i;

	for (i = 0; i < VR_KNOBS; i++) {
		attr = vr->tb[knobs[i].attr];
		memset(&val[i], 0, sizeof(val[i]));
		val[i].given = attr && !is_default(&knobs[i], attr);
		val[i].str = attr_str(&knobs[i], attr);
		if (!val[i].str)
			val[i].num = attr_num(&knobs[i], attr);
	}
}

const char *knob_text(unsigned int i, const struct value *val, char *buf, size_t len)
{
	return val->given ? text_of(&knobs[i], val->str, val->num, buf, len)
			  : text_of(&knobs[i], "all", knobs[i].def, buf, len);
}

static void mark(unsigned int cpu, void *data)
{
	bool *cpus = data;

	cpus[cpu] = true;
}

static bool same_cpus(const char *a, const char *b)
{
	static bool cpus[2][MAX_CPU + 1];

	memset(cpus, 0, sizeof(cpus));
	cpus_parse(strcmp(a, "all") ? a : cpus_possible(), mark, cpus[0]);
	cpus_parse(strcmp(b, "all") ? b : cpus_possible(), mark, cpus[1]);
	return !memcmp(cpus[0], cpus[1], sizeof(cpus[0]));
}

bool knob_same(unsigned int i, const struct value *a, const struct value *b)
{
	char text[2][24];

	if (knobs[i].kind == KIND_CPUS)
		return same_cpus(a->given ? a->str : "all", b->given ? b->str : "all");
	return !strcmp(knob_text(i, a, text[0], sizeof(text[0])),
		       knob_text(i, b, text[1], sizeof(text[1])));
}

/* A default, so that it can be set. */
void knob_fill(unsigned int i, struct value *val)
{
	if (!val->given)
		*val = (struct value){ .given = true, .str = "all", .num = knobs[i].def };
}
