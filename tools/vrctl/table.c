// SPDX-License-Identifier: GPL-2.0
/* Names of routing tables, as iproute2 knows them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrctl.h"

#define MAX_TABLES 256

static struct {
	uint32_t id;
	char name[48];
} tables[MAX_TABLES] = {
	{ 253, "default" },
	{ 254, "main" },
	{ 255, "local" },
};

static unsigned int n_tables = 3;

/* An earlier name of a number stays the one to print. */
static void add(uint32_t id, const char *name)
{
	unsigned int i;

	for (i = 0; i < n_tables; i++)
		if (!strcmp(tables[i].name, name))
			return;
	if (n_tables == MAX_TABLES)
		return;
	tables[n_tables].id = id;
	snprintf(tables[n_tables].name, sizeof(tables[0].name), "%s", name);
	n_tables++;
}

static void read_file(const char *path)
{
	char line[256], name[48];
	unsigned int id;
	FILE *file;

	file = fopen(path, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%i %47s", (int *)&id, name) == 2 && name[0] != '#')
			add(id, name);
	fclose(file);
}

static void read_dir(const char *path)
{
	struct dirent *entry;
	char file[512];
	size_t len;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (len < 6 || strcmp(entry->d_name + len - 5, ".conf"))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		read_file(file);
	}
	closedir(dir);
}

static void read_all(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	read_file("/etc/iproute2/rt_tables");
	read_file("/usr/share/iproute2/rt_tables");
	read_dir("/etc/iproute2/rt_tables.d");
}

bool table_parse(const char *str, uint32_t *id)
{
	unsigned long num;
	unsigned int i;
	char *end;

	read_all();
	for (i = 0; i < n_tables; i++)
		if (!strcmp(tables[i].name, str)) {
			*id = tables[i].id;
			return *id;
		}
	if (str[0] < '0' || str[0] > '9')
		return false;
	errno = 0;
	num = strtoul(str, &end, 0);
	if (errno || *end || !num || num > UINT32_MAX)
		return false;
	*id = num;
	return true;
}

const char *table_name(uint32_t id)
{
	unsigned int i;

	read_all();
	for (i = 0; i < n_tables; i++)
		if (tables[i].id == id)
			return tables[i].name;
	return NULL;
}
