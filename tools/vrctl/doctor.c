// SPDX-License-Identifier: GPL-2.0
/* vrctl doctor: what is wrong on this machine, and what mends it. */
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "out.h"

static const char *severity_name(enum severity severity)
{
	return severity == BAD ? "bad" : "warning";
}

void finding_json(const struct finding *f)
{
	json_str("check", f->check->name);
	json_str("severity", severity_name(f->check->severity));
	json_str("dev", f->subject);
	json_str("finding", f->text);
	json_str("fix", f->fix);
}

void finding_text(const struct finding *f)
{
	enum role role = f->check->severity == BAD ? ROLE_BAD : ROLE_WARN;

	printf("%s%s%s: %s: ", color_on(role), severity_name(f->check->severity), color_off(role),
	       f->check->name);
	if (*f->subject)
		printf("%s%s%s: ", color_on(ROLE_NAME), f->subject, color_off(ROLE_NAME));
	printf("%s\n    %s\n", f->text, f->fix);
}

static bool known(const char *name)
{
	const struct check *check;

	for (check = checks; check->name; check++)
		if (!strcmp(check->name, name))
			return true;
	fprintf(stderr, "Error: \"%s\" is no check, try \"vrctl doctor list\".\n", name);
	return false;
}

/* check */
static int examine(const struct value *val)
{
	struct doctor doc = {};
	size_t i, n;
	int ret;

	if (val[0].given && !known(val[0].str))
		return EXIT_SYNTAX;
	ret = doctor_run(&doc, val[0].str);
	n = doc.n_found;
	for (i = 0; !ret && i < n; i++) {
		if (!opt.json) {
			finding_text(&doc.found[i]);
			continue;
		}
		json_list();
		json_obj(NULL);
		finding_json(&doc.found[i]);
		json_obj_end();
	}
	if (!ret && opt.json)
		json_list_end();
	else if (!ret && !n)
		printf("%sNothing found.%s\n", color_on(ROLE_GOOD), color_off(ROLE_GOOD));
	doctor_free(&doc);
	return ret || !n ? ret : EXIT_FOUND;
}

/* clang-format off */
static const struct column columns[] = {
	{ "check",	"CHECK",	ROLE_NAME,	false	},
	{ "severity",	"SEVERITY",	ROLE_NONE,	false	},
	{ "finds",	"FINDS",	ROLE_NONE,	false	},
};
/* clang-format on */

static int list(const struct value *val)
{
	const struct check *check;

	(void)val;
	tbl_begin(columns, ARRAY_SIZE(columns));
	for (check = checks; check->name; check++) {
		tbl_str(check->name);
		tbl_str(severity_name(check->severity));
		tbl_str(check->help);
	}
	tbl_end();
	return EXIT_OK;
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "run",
		.help	= "look for what is wrong, and say what mends it; status 3 if there is anything",
		.run	= examine,
		.params	= {
			{ .word = "check", .value = "CHECK", .type = P_WORD },
		},
	}, {
		.name	= "list",
		.help	= "show the checks that there are",
		.run	= list,
	},
	{}
};
/* clang-format on */

const struct object doctor_object = {
	.name = "doctor",
	.help = "checks of this machine",
	.cmds = commands,
	.bare = true,
};
