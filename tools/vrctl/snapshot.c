// SPDX-License-Identifier: GPL-2.0
/* vrctl snapshot: states that were kept under a name, and back to one. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apply.h"
#include "out.h"

#define SUFFIX	 ".vr"
#define NAME_LEN 64

/* No path, no hidden file, nothing that a shell would take for something else. */
static bool is_name(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && (!i || !strchr("._-", name[i])))
			return false;
	return i && i <= NAME_LEN;
}

static int path_of(const char *name, char *path, size_t len)
{
	if (!is_name(name)) {
		fprintf(stderr,
			"Error: \"%s\" is not a name of a snapshot: letters, digits, and after the "
			"first \".\", \"_\" and \"-\", %u at most.\n",
			name, NAME_LEN);
		return EXIT_SYNTAX;
	}
	snprintf(path, len, SNAPSHOT_DIR "/%s" SUFFIX, name);
	return EXIT_OK;
}

static int bad(const char *name, const char *what)
{
	fprintf(stderr, "Error: snapshot \"%s\": %s.\n", name, what);
	return EXIT_LOCAL;
}

static int existing(const char *name, char *path, size_t len)
{
	int ret = path_of(name, path, len);

	if (!ret && access(path, R_OK))
		ret = bad(name, errno == ENOENT
					? "there is none of this name, try \"vrctl snapshot "
					  "list\""
					: strerror(errno));
	return ret;
}

static int make_dir(void)
{
	static const char *const dirs[] = { "/var/lib/vrouter", SNAPSHOT_DIR };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdir(dirs[i], 0755) && errno != EEXIST) {
			fprintf(stderr, "Error: %s: %s.\n", dirs[i], strerror(errno));
			return EXIT_LOCAL;
		}
	return EXIT_OK;
}

static int create(const struct value *val)
{
	struct site site = {};
	char path[128];
	int ret;

	ret = path_of(val[0].str, path, sizeof(path));
	if (!ret && !access(path, F_OK))
		ret = bad(val[0].str, "it is there already");
	if (!ret)
		ret = site_state(&site);
	if (!ret)
		ret = site_check_names(&site);
	if (!ret)
		ret = make_dir();
	if (!ret)
		ret = site_write_file(&site, path);
	site_free(&site);
	return ret;
}

static int is_snapshot(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), end = strlen(SUFFIX);
	char name[NAME_LEN + 1];

	if (len <= end || len - end > NAME_LEN || strcmp(entry->d_name + len - end, SUFFIX))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(len - end), entry->d_name);
	return is_name(name);
}

/* clang-format off */
static const struct column columns[] = {
	{ "name",	"NAME",		ROLE_NAME,	false	},
	{ "time",	"CREATED",	ROLE_NONE,	false	},
	{ "bytes",	"BYTES",	ROLE_NONE,	true	},
};
/* clang-format on */

static void list_row(const char *file)
{
	char path[512], name[NAME_LEN + 1], when[32];
	struct stat st;
	struct tm tm;

	snprintf(path, sizeof(path), SNAPSHOT_DIR "/%s", file);
	snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(SUFFIX)), file);
	if (stat(path, &st) || !localtime_r(&st.st_mtime, &tm))
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S%z", &tm);
	tbl_str(name);
	tbl_str(when);
	tbl_uint(st.st_size);
}

static int list(const struct value *val)
{
	struct dirent **files = NULL;
	int n, i;

	(void)val;
	n = scandir(SNAPSHOT_DIR, &files, is_snapshot, versionsort);
	if (n < 0 && errno != ENOENT) {
		fprintf(stderr, "Error: " SNAPSHOT_DIR ": %s.\n", strerror(errno));
		return EXIT_LOCAL;
	}
	tbl_begin(columns, ARRAY_SIZE(columns));
	for (i = 0; i < n; i++) {
		list_row(files[i]->d_name);
		free(files[i]);
	}
	free(files);
	tbl_end();
	return EXIT_OK;
}

static int read_it(const char *name, struct site *site)
{
	char path[128];
	const char *const all[] = { path };
	const struct value file = { .given = true, .all = all, .n = 1 };
	unsigned int n;
	int ret = existing(name, path, sizeof(path));

	return ret ? ret : site_read_files(site, &file, &n);
}

static int show(const struct value *val)
{
	struct site site = {};
	int ret = read_it(val[0].str, &site);

	if (!ret)
		site_write(&site, stdout);
	site_free(&site);
	return ret;
}

/* name dry-run confirm */
static int rollback(const struct value *val)
{
	const struct apply_how how = { .dry = val[1].given, .confirm = val[2].num };
	struct site site = {};
	int ret = read_it(val[0].str, &site);

	site_pin_quarantine(&site);
	if (!ret)
		ret = apply_site(&site, &how);
	site_free(&site);
	return ret;
}

static int delete (const struct value *val)
{
	char path[128];
	int ret = existing(val[0].str, path, sizeof(path));

	if (!ret && unlink(path))
		ret = bad(val[0].str, strerror(errno));
	return ret;
}

/* clang-format off */
#define NAME {								\
	.word = "name", .value = "NAME", .type = P_WORD, .first = true,	\
	.required = true,						\
}

static const struct command commands[] = {
	{
		.name	= "list",
		.help	= "show the snapshots that there are",
		.run	= list,
	}, {
		.name	= "create",
		.help	= "keep the state of the network namespace under a name",
		.run	= create,
		.params	= { NAME },
	}, {
		.name	= "show",
		.help	= "print one as a site file",
		.run	= show,
		.params	= { NAME },
	}, {
		.name	= "rollback",
		.help	= "make everything as it was then; the rest as of apply",
		.run	= rollback,
		.params	= { NAME, DRY_RUN, CONFIRM },
	}, {
		.name	= "delete",
		.help	= "remove one",
		.run	= delete,
		.params	= { NAME },
	},
	{}
};
/* clang-format on */

const struct object snapshot_object = {
	.name = "snapshot",
	.help = "states that were kept, and back to one",
	.cmds = commands,
};
