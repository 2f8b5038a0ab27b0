// SPDX-License-Identifier: GPL-2.0
/* Files of sites; vrctl save. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out.h"
#include "site.h"

static int bad_file(const char *name, const char *what)
{
	fprintf(stderr, "Error: %s: %s: %s.\n", name, what, strerror(errno));
	return EXIT_LOCAL;
}

/* The whole of it or nothing, also when the power fails: the name changes last. */
static int sync_dir(const char *name)
{
	char *copy = strdup(name);
	int fd, ret = -1;

	fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	free(copy);
	if (fd >= 0) {
		ret = fsync(fd);
		close(fd);
	}
	return ret;
}

static int write_temp(const struct site *site, const char *name, int fd)
{
	FILE *file = fdopen(fd, "w");

	if (!file) {
		close(fd);
		return bad_file(name, "write");
	}
	site_write(site, file);
	if (fflush(file) || ferror(file) || fchmod(fd, 0644) || fsync(fd)) {
		fclose(file);
		return bad_file(name, "write");
	}
	return fclose(file) ? bad_file(name, "write") : EXIT_OK;
}

int site_write_file(const struct site *site, const char *name)
{
	char *temp;
	int fd, ret;

	if (asprintf(&temp, "%s.XXXXXX", name) < 0) {
		errno = ENOMEM;
		return bad_file(name, "write");
	}
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		ret = bad_file(name, "create");
		free(temp);
		return ret;
	}
	ret = write_temp(site, name, fd);
	if (!ret && rename(temp, name))
		ret = bad_file(name, "rename");
	if (ret)
		unlink(temp);
	else if (sync_dir(name))
		ret = bad_file(name, "sync");
	free(temp);
	return ret;
}

int site_check_names(const struct site *site)
{
	const struct site_port *port;
	const char *bad = NULL;
	const struct site_vr *vr;

	for (vr = site->vrs; vr; vr = vr->next) {
		bad = site_name_fits(vr->name) ? bad : vr->name;
		for (port = vr->ports; port; port = port->next)
			bad = *port->pf || site_name_fits(port->name) ? bad : port->name;
	}
	if (!bad)
		return EXIT_OK;
	fprintf(stderr, "Error: \"%s\": a file can only have names of ASCII characters.\n", bad);
	return EXIT_LOCAL;
}

/* file */
static int save(const struct value *val)
{
	struct site site = {};
	int ret;

	ret = site_state(&site);
	if (!ret)
		ret = site_check_names(&site);
	if (!ret && val[0].given)
		ret = site_write_file(&site, val[0].str);
	else if (!ret)
		site_write(&site, stdout);
	site_free(&site);
	return ret;
}

static int read_one(struct site *site, const char *name)
{
	FILE *file;
	int ret;

	if (!strcmp(name, "-"))
		return site_read(site, "standard input", stdin);
	file = fopen(name, "re");
	if (!file)
		return bad_file(name, "open");
	ret = site_read(site, name, file);
	fclose(file);
	return ret;
}

/* In the order of their names, which does not matter but for messages. */
static int read_default(struct site *site, unsigned int *n)
{
	int ret = EXIT_OK, err;
	glob_t files;
	size_t i;

	err = glob(SITE_DIR "/*.vr", GLOB_ERR, NULL, &files);
	if (err == GLOB_NOMATCH)
		return EXIT_OK;
	if (err)
		return bad_file(SITE_DIR, "read");
	for (i = 0; !ret && i < files.gl_pathc; i++)
		ret = read_one(site, files.gl_pathv[i]);
	*n = files.gl_pathc;
	globfree(&files);
	return ret;
}

int site_read_files(struct site *site, const struct value *files, unsigned int *n)
{
	int ret = EXIT_OK;
	unsigned int i;

	*n = files->n;
	if (!files->given)
		ret = read_default(site, n);
	for (i = 0; !ret && i < files->n; i++)
		ret = read_one(site, files->all[i]);
	return ret ? ret : site_check(site);
}

/* A device that is not there, by the name that the file has for it; NULL if all are. */
static const char *missing(const struct site *site, const struct netdevs *all)
{
	const struct site_port *port;
	const struct netdev *dev;
	const struct site_num *pf;
	const struct site_vr *vr;

	for (vr = site->vrs; vr; vr = vr->next)
		for (port = vr->ports; port; port = port->next) {
			dev = *port->pf ? netdev_by_parent(all, port->pf)
					: netdev_by_name(all, port->name);
			if (!dev)
				return *port->pf ? port->pf : port->name;
		}
	for (pf = site->pfs; pf; pf = pf->next)
		if (!netdev_by_parent(all, pf->name))
			return pf->name;
	return NULL;
}

struct waiter {
	const struct site *site;
	unsigned int seconds;
	bool told;
	int ret;
};

static bool all_there(void *data)
{
	struct waiter *waiter = data;
	struct netdevs all = {};
	const char *name;

	waiter->ret = netdevs_read(&all);
	name = waiter->ret ? NULL : missing(waiter->site, &all);
	netdevs_free(&all);
	if (name && waiter->seconds && !waiter->told)
		fprintf(stderr, "Waiting for %s, %u s at most.\n", name, waiter->seconds);
	waiter->told = true;
	return !name;
}

/* What is missing after that is refused by file and line. */
int site_wait(const struct site *site, unsigned int seconds)
{
	struct waiter waiter = { .site = site, .seconds = seconds };

	wait_until(all_there, &waiter, seconds * MSEC_PER_SEC);
	return waiter.ret;
}

/* clang-format off */
static const struct command save_commands[] = {
	{
		.name	= "save",
		.help	= "write VRs, their ports and settings as vrctl-site(5) describes, "
			  "to FILE or standard output",
		.run	= save,
		.params	= {
			{ .word = "file", .value = "FILE", .type = P_WORD, .first = true },
		},
	},
	{}
};
/* clang-format on */

const struct object save_object = {
	.name = "save",
	.help = "the configuration as a file",
	.cmds = save_commands,
	.sole = true,
};
