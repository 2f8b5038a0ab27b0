// SPDX-License-Identifier: GPL-2.0
/*
 * Site files: YAML, parsed by libyaml.  What a word stands for is decided here, by
 * what it is the value of, and never by YAML: "on" is not a truth value and an
 * address with colons is no number.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "near.h"
#include "site.h"

/* Beyond this nobody reads it. */
#define MAX_SIZE (1U << 20)

struct reader {
	struct site *site;
	const char *name;
	yaml_document_t doc;
};

typedef bool (*pair_fn)(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
			void *data);

static const char *place(struct reader *r, const yaml_node_t *node)
{
	return site_text(r->site, "%s:%zu", r->name, node->start_mark.line + 1);
}

/* A word itself, not what belongs to it. */
static const char *spot(struct reader *r, const yaml_node_t *node)
{
	return site_text(r->site, "%s:%zu", place(r, node), node->start_mark.column + 1);
}

static bool wrong(struct reader *r, const yaml_node_t *node, const char *word, const char *what)
{
	fprintf(stderr, "Error: %s: \"%s\" %s.\n", spot(r, node), word, what);
	return false;
}

/* A key that is none of those that there are. */
static bool unknown(struct reader *r, const yaml_node_t *node, const char *key, const char *of,
		    near_fn nth)
{
	const char *near = near_word(key, nth, NULL);

	return wrong(r, node, key,
		     near ? site_text(r->site, "is not known for %s, perhaps \"%s\"", of, near)
			  : site_text(r->site, "is not known for %s", of));
}

static bool is_default_tag(const yaml_node_t *node)
{
	static const char *const tags[] = {
		[YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
		[YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
		[YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG,
	};

	return node->tag && !strcmp((const char *)node->tag, tags[node->type]);
}

/* The text of a node, NULL after a message if it is none. */
static const char *text(struct reader *r, const yaml_node_t *node, const char *key)
{
	const char *str;

	if (node->type != YAML_SCALAR_NODE) {
		wrong(r, node, key, "is to be one word, no list and no mapping");
		return NULL;
	}
	str = (const char *)node->data.scalar.value;
	if (!is_default_tag(node)) {
		wrong(r, node, key, "has a tag, which is not understood here");
		return NULL;
	}
	if (strlen(str) != node->data.scalar.length) {
		wrong(r, node, key, "has a zero byte in it");
		return NULL;
	}
	return site_text(r->site, "%s", str);
}

static bool is_nothing(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && !node->data.scalar.length &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool repeated(struct reader *r, const yaml_node_t *map, const yaml_node_pair_t *last,
		     const char *key)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t *node;

	for (pair = map->data.mapping.pairs.start; pair < last; pair++) {
		node = yaml_document_get_node(&r->doc, pair->key);
		if (!strcmp((const char *)node->data.scalar.value, key))
			return true;
	}
	return false;
}

/* Nothing after a key is a mapping without pairs. */
static bool each_pair(struct reader *r, yaml_node_t *map, const char *key, pair_fn fn, void *data)
{
	yaml_node_pair_t *pair;
	yaml_node_t *node;
	const char *word;

	if (is_nothing(map))
		return true;
	if (map->type != YAML_MAPPING_NODE)
		return wrong(r, map, key, "is to be a mapping, lines of KEY: VALUE");
	if (!is_default_tag(map))
		return wrong(r, map, key, "has a tag, which is not understood here");
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		node = yaml_document_get_node(&r->doc, pair->key);
		word = text(r, node, key);
		if (!word)
			return false;
		if (repeated(r, map, pair, word))
			return wrong(r, node, word, "is given twice");
		if (!fn(r, word, node, yaml_document_get_node(&r->doc, pair->value), data))
			return false;
	}
	return true;
}

/* As the parameter of a command, with the same limits. */
static bool parse(struct reader *r, const struct param *p, yaml_node_t *node, struct value *val)
{
	const char *str = text(r, node, p->word);
	bool good;

	if (!str)
		return false;
	value_place(spot(r, node));
	good = value_parse(str, p, val);
	value_place(NULL);
	val->given = true;
	return good;
}

static bool on_off(struct reader *r, const char *key, yaml_node_t *node, bool *to)
{
	struct param p = { .word = key, .type = P_ONOFF };
	struct value val;

	if (!parse(r, &p, node, &val))
		return false;
	*to = val.num;
	return true;
}

/* An address of a device of the PCI bus, as the kernel writes it. */
static bool pci_address(const char *str)
{
	static const char form[] = "xxxx:xx:xx.x";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == 'x' ? !strchr("0123456789abcdef", str[i]) || !str[i]
				   : str[i] != form[i])
			return false;
	return !str[i];
}

static bool valid_dev(struct reader *r, const yaml_node_t *node, const char *name)
{
	static const struct param p = { .word = "name", .type = P_DEV };
	struct value val;
	bool good;

	if (!site_name_fits(name))
		return wrong(r, node, "name", "has other characters than those of ASCII");
	value_place(spot(r, node));
	good = value_parse(name, &p, &val);
	value_place(NULL);
	return good;
}

static bool addresses(struct reader *r, yaml_node_t *list, struct site_addr **to)
{
	struct site_addr addr, *old, **last;
	yaml_node_item_t *item;
	yaml_node_t *node;
	const char *str;

	if (is_nothing(list))
		return true;
	if (list->type != YAML_SEQUENCE_NODE || !is_default_tag(list))
		return wrong(r, list, "addresses", "is to be a list");
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
		node = yaml_document_get_node(&r->doc, *item);
		str = text(r, node, "addresses");
		if (!str)
			return false;
		if (!site_addr_parse(str, &addr))
			return wrong(r, node, str,
				     "is not an address such as 192.0.2.1/24 or 2001:db8::1/64");
		for (last = to; (old = *last); last = &old->next)
			if (site_addr_same(old, &addr))
				return wrong(r, node, str, "is given twice");
		*last = site_alloc(r->site, sizeof(addr));
		**last = addr;
	}
	return true;
}

/* The words of a route are taken apart elsewhere; a quote before them counts. */
static bool bad_route(struct reader *r, const yaml_node_t *node, size_t at, const char *word,
		      const char *why)
{
	yaml_node_t here = *node;

	here.start_mark.column += at + (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
	return wrong(r, &here, word, why);
}

static bool one_route(struct reader *r, yaml_node_t *node, struct site_vr *vr)
{
	const char *str = text(r, node, "routes"), *word, *why;
	struct site_route **last = &vr->routes, *route;
	size_t at;

	if (!str)
		return false;
	route = site_alloc(r->site, sizeof(*route));
	if (!site_route_parse(r->site, str, route, &at, &word, &why))
		return bad_route(r, node, at, word, why);
	route->where = place(r, node);
	for (; *last; last = &(*last)->next)
		if (site_route_same_key(*last, route))
			return wrong(r, node, str,
				     site_text(r->site, "is a route to the same, at %s",
					       (*last)->where));
	*last = route;
	return true;
}

static bool routes(struct reader *r, yaml_node_t *list, struct site_vr *vr)
{
	yaml_node_item_t *item;

	vr->has_routes = true;
	if (is_nothing(list))
		return true;
	if (list->type != YAML_SEQUENCE_NODE || !is_default_tag(list))
		return wrong(r, list, "routes", "is to be a list");
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++)
		if (!one_route(r, yaml_document_get_node(&r->doc, *item), vr))
			return false;
	return true;
}

/* VFs: what vf bind takes, by the same words */

static const struct {
	const char *word;
	unsigned int at;
} vf_words[] = {
	{ "mac", TAKE_MAC },	       { "vlan", TAKE_VLAN },	      { "trust", TAKE_TRUST },
	{ "spoofchk", TAKE_SPOOFCHK }, { "max-rate", TAKE_MAX_RATE },
};

static const char *const port_words[] = {
	"direct", "credit", "xdp", "up", "addresses", "standby", NULL,
};

static const char *port_word(unsigned int i, const void *data)
{
	(void)data;
	return port_words[i];
}

static const char *vf_word(unsigned int i, const void *data)
{
	static const char *const first[] = { "pf", "vf" };
	const size_t n = ARRAY_SIZE(first);

	if (i < n)
		return first[i];
	if (i < n + ARRAY_SIZE(vf_words))
		return vf_words[i - n].word;
	return port_word(i - n - ARRAY_SIZE(vf_words), data);
}

static bool port_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		      void *data)
{
	struct site_port *port = data;

	if (!strcmp(key, "direct"))
		return on_off(r, key, val, &port->direct);
	if (!strcmp(key, "credit"))
		return on_off(r, key, val, &port->credit);
	if (!strcmp(key, "xdp"))
		return on_off(r, key, val, &port->xdp);
	if (!strcmp(key, "up"))
		return on_off(r, key, val, &port->up);
	if (!strcmp(key, "addresses"))
		return addresses(r, val, &port->addrs);
	if (!strcmp(key, "standby")) {
		port->standby = text(r, val, key);
		return port->standby && valid_dev(r, val, port->standby);
	}
	return unknown(r, node, key, "a port", port_word);
}

static bool vf_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		    void *data)
{
	static const struct param num = { .word = "vf", .type = P_U32, .max = MAX_VFS - 1 };
	struct site_port *port = data;
	size_t i;

	if (!strcmp(key, "pf")) {
		port->pf = text(r, val, key);
		return port->pf &&
		       (pci_address(port->pf) ||
			wrong(r, val, port->pf, "is not the address of a PF such as 0000:01:00.0"));
	}
	if (!strcmp(key, "vf")) {
		if (!parse(r, &num, val, &port->vf[TAKE_VF]))
			return false;
		port->num = port->vf[TAKE_VF].num;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(vf_words); i++)
		if (!strcmp(key, vf_words[i].word))
			return parse(r, cmd_param(&vf_object, "bind", key), val,
				     &port->vf[vf_words[i].at]);
	for (i = 0; port_words[i]; i++)
		if (!strcmp(key, port_words[i]))
			return port_pair(r, key, node, val, data);
	return unknown(r, node, key, "a VF", vf_word);
}

static struct site_port *new_port(struct reader *r, struct site_vr *vr, const yaml_node_t *node)
{
	struct site_port **last = &vr->ports;

	while (*last)
		last = &(*last)->next;
	*last = site_alloc(r->site, sizeof(**last));
	(*last)->where = place(r, node);
	(*last)->name = "";
	(*last)->pf = "";
	(*last)->credit = true;
	(*last)->up = true;
	return *last;
}

static bool twice(struct reader *r, const yaml_node_t *node, const char *word, const char *where)
{
	return wrong(r, node, word, site_text(r->site, "is given twice, first at %s", where));
}

static bool ports_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		       void *data)
{
	const struct site_port *old = site_find_port(r->site, key, "", 0, NULL);
	struct site_port *port;

	if (!valid_dev(r, node, key))
		return false;
	if (old)
		return twice(r, node, key, old->where);
	port = new_port(r, data, node);
	port->name = key;
	return each_pair(r, val, key, port_pair, port);
}

static bool vfs(struct reader *r, yaml_node_t *list, struct site_vr *vr)
{
	struct site_vr one = { .name = vr->name };
	const struct site_port *old;
	yaml_node_item_t *item;
	struct site_port *port;
	yaml_node_t *node;

	if (is_nothing(list))
		return true;
	if (list->type != YAML_SEQUENCE_NODE || !is_default_tag(list))
		return wrong(r, list, "vfs", "is to be a list of mappings");
	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
		node = yaml_document_get_node(&r->doc, *item);
		one.ports = NULL;
		port = new_port(r, &one, node);
		if (!each_pair(r, node, "vfs", vf_pair, port))
			return false;
		if (!*port->pf || !port->vf[TAKE_VF].given)
			return wrong(r, node, *port->pf ? "vf" : "pf", "is missing");
		old = site_find_port(r->site, "", port->pf, port->num, NULL);
		if (old)
			return twice(r, node, site_text(r->site, "%s vf %u", port->pf, port->num),
				     old->where);
		*new_port(r, vr, node) = *port;
	}
	return true;
}

/* VRs */

static const char *vr_word(unsigned int i, const void *data)
{
	static const char *const others[] = {
		"table", "up", "addresses", "ports", "vfs", "routes", NULL,
	};

	(void)data;
	return i < VR_KNOBS ? knob_word(i) : others[i - VR_KNOBS];
}

static bool vr_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		    void *data)
{
	struct site_vr *vr = data;
	struct value table;
	unsigned int i;

	if (!strcmp(key, "table")) {
		if (!parse(r, cmd_param(&vr_object, "add", key), val, &table))
			return false;
		vr->table = table.num;
		return true;
	}
	for (i = 0; i < VR_KNOBS; i++)
		if (!strcmp(key, knob_word(i)))
			return parse(r, cmd_param(&vr_object, "set", key), val, &vr->knobs[i]);
	if (!strcmp(key, "up"))
		return on_off(r, key, val, &vr->up);
	if (!strcmp(key, "addresses"))
		return addresses(r, val, &vr->addrs);
	if (!strcmp(key, "ports"))
		return each_pair(r, val, key, ports_pair, vr);
	if (!strcmp(key, "vfs"))
		return vfs(r, val, vr);
	if (!strcmp(key, "routes"))
		return routes(r, val, vr);
	return unknown(r, node, key, "a VR", vr_word);
}

static bool vrs_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		     void *data)
{
	struct site_vr *old = site_find_vr(r->site, key), **last = &r->site->vrs, *vr;

	(void)data;
	if (!valid_dev(r, node, key))
		return false;
	if (old)
		return twice(r, node, key, old->where);
	while (*last)
		last = &(*last)->next;
	vr = site_alloc(r->site, sizeof(*vr));
	*last = vr;
	vr->where = place(r, node);
	vr->name = key;
	vr->up = true;
	if (!each_pair(r, val, key, vr_pair, vr))
		return false;
	return vr->table || wrong(r, node, key, "lacks its table");
}

/* PFs and CPUs */

struct num_key {
	const struct param *param;
	struct site_num *num;
};

static bool num_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		     void *data)
{
	const struct num_key *num = data;
	struct value got;

	if (strcmp(key, num->param->word))
		return wrong(r, node, key,
			     num->num->name ? "is not known for a PF" : "is not known for a CPU");
	if (!parse(r, num->param, val, &got))
		return false;
	num->num->num = got.num;
	return true;
}

static bool new_num(struct reader *r, struct site_num **list, const struct site_num *like,
		    const struct param *param, yaml_node_t *node, yaml_node_t *val, const char *key)
{
	const struct site_num *old = site_find_num(*list, like->name, like->cpu);
	struct num_key num = { .param = param };

	if (old)
		return twice(r, node, key, old->where);
	while (*list)
		list = &(*list)->next;
	num.num = site_alloc(r->site, sizeof(*num.num));
	*num.num = *like;
	num.num->where = place(r, node);
	*list = num.num;
	if (!each_pair(r, val, key, num_pair, &num))
		return false;
	return num.num->num || wrong(r, node, key, site_text(r->site, "lacks its %s", param->word));
}

static bool pfs_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		     void *data)
{
	struct site_num like = { .name = key };

	(void)data;
	if (!pci_address(key))
		return wrong(r, node, key, "is not the address of a PF such as 0000:01:00.0");
	return new_num(r, &r->site->pfs, &like, cmd_param(&vf_object, "bind", "numvfs"), node, val,
		       key);
}

static bool cores_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		       void *data)
{
	struct site_num like = {};
	struct value cpu;

	(void)data;
	if (!parse(r, cmd_param(&core_object, "set", "cpu"), node, &cpu))
		return false;
	like.cpu = cpu.num;
	return new_num(r, &r->site->cores, &like, cmd_param(&core_object, "set", "slice"), node,
		       val, key);
}

static bool top_pair(struct reader *r, const char *key, yaml_node_t *node, yaml_node_t *val,
		     void *data)
{
	if (!strcmp(key, "vrs"))
		return each_pair(r, val, key, vrs_pair, data);
	if (!strcmp(key, "pfs"))
		return each_pair(r, val, key, pfs_pair, data);
	if (!strcmp(key, "cores"))
		return each_pair(r, val, key, cores_pair, data);
	return wrong(r, node, key, "is not known: there are vrs, pfs and cores");
}

static bool not_yaml(const char *name, const yaml_parser_t *parser)
{
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_READER_ERROR)
		fprintf(stderr, "Error: %s: byte %zu: %s.\n", name, parser->problem_offset,
			parser->problem);
	else
		fprintf(stderr, "Error: %s:%zu:%zu: %s.\n", name, line,
			parser->problem_mark.column + 1,
			parser->problem ? parser->problem : "out of memory");
	return false;
}

static bool read_docs(struct reader *r, yaml_parser_t *parser)
{
	yaml_node_t *root;
	bool good, end;

	do {
		if (!yaml_parser_load(parser, &r->doc))
			return not_yaml(r->name, parser);
		root = yaml_document_get_root_node(&r->doc);
		end = !root;
		good = end || each_pair(r, root, r->name, top_pair, NULL);
		yaml_document_delete(&r->doc);
	} while (good && !end);
	return good;
}

int site_read(struct site *site, const char *name, FILE *file)
{
	struct reader r = { .site = site, .name = name };
	yaml_parser_t parser;
	char *buf;
	size_t len;
	bool good;

	buf = site_alloc(site, MAX_SIZE + 1);
	len = fread(buf, 1, MAX_SIZE + 1, file);
	if (ferror(file)) {
		fprintf(stderr, "Error: %s: %m.\n", name);
		return EXIT_LOCAL;
	}
	if (len > MAX_SIZE) {
		fprintf(stderr, "Error: %s: longer than %u bytes.\n", name, MAX_SIZE);
		return EXIT_LOCAL;
	}
	if (!yaml_parser_initialize(&parser)) {
		fprintf(stderr, "Error: %s: out of memory.\n", name);
		return EXIT_LOCAL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)buf, len);
	good = read_docs(&r, &parser);
	yaml_parser_delete(&parser);
	return good ? EXIT_OK : EXIT_LOCAL;
}
