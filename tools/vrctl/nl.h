/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NL_H
#define NL_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifndef __aligned
#define __aligned(x) __attribute__((aligned(x)))
#endif

#define NL_MAX_ATTR  63
#define NL_MAX_WORDS 16

/**
 * struct nl_req - a request, and which word each attribute comes from
 * @buf: the message
 * @nlh: its header
 * @genl: of the family, else of rtnetlink
 * @subject: word to name in an error that is not about one attribute
 * @perm: what to say if permission is denied
 * @silent: an error that the caller deals with: it is returned negated, and not printed
 * @name: keyword of the attribute that comes next
 * @words: offset of an attribute, the word that it comes from, its keyword
 * @n_words: length of @words
 */
struct nl_req {
	char buf[1024] __aligned(NLMSG_ALIGNTO);
	struct nlmsghdr *nlh;
	bool genl;
	const char *subject;
	const char *perm;
	int silent;
	const char *name;
	struct {
		uint32_t offset;
		const char *word;
		const char *name;
	} words[NL_MAX_WORDS];
	unsigned int n_words;
};

struct ifinfomsg;
struct rtmsg;

/**
 * struct nl_attrs - attributes of a message or a nest
 * @link: header before them if the message is about a netdevice, or NULL; a struct
 *	ifaddrmsg if it is about an address, a struct rtmsg if about a route
 * @first: where they begin
 * @len: bytes of all of them
 * @tb: by type, the last one of a type; NULL if not there
 */
struct nl_attrs {
	const struct ifinfomsg *link;
	const struct nlattr *first;
	size_t len;
	const struct nlattr *tb[NL_MAX_ATTR + 1];
};

/* For attributes that are there several times. */
/* clang-format off */
#define nl_for_each(attr, attrs)					\
	for ((attr) = (attrs)->first;					\
	     mnl_attr_ok((attr), (const char *)(attrs)->first +		\
			 (attrs)->len - (const char *)(attr));		\
	     (attr) = mnl_attr_next(attr))
/* clang-format on */

/* Called for each row that the kernel sends; cmd is 0 in rtnetlink. */
typedef void (*nl_row_cb)(uint8_t cmd, const struct nl_attrs *attrs, void *data);

/* All that return int return an exit code, after a message to stderr. */
int nl_genl_open(void);
/* Where messages go instead of stderr; NULL for stderr. */
void nl_messages(FILE *file);
int nl_genl_start(struct nl_req *req, uint8_t cmd, uint16_t flags);
int nl_link_start(struct nl_req *req, uint16_t type, uint16_t flags, int ifindex, unsigned int up);
int nl_addr_start(struct nl_req *req, uint16_t type, uint16_t flags, int family, unsigned int len,
		  int ifindex);
int nl_route_start(struct nl_req *req, uint16_t type, uint16_t flags, const struct rtmsg *rtm);
/* Routes of a family, of this protocol and device if they are not 0; perhaps others as well. */
int nl_route_dump(int family, uint8_t proto, int ifindex, nl_row_cb cb, void *data);
/* An error about the attribute that is put next names this keyword, too. */
void nl_name(struct nl_req *req, const char *name);
void nl_put_u8(struct nl_req *req, uint16_t type, uint8_t val, const char *word);
void nl_put_u32(struct nl_req *req, uint16_t type, uint32_t val, const char *word);
void nl_put_str(struct nl_req *req, uint16_t type, const char *val);
void nl_put_flag(struct nl_req *req, uint16_t type);
void nl_put(struct nl_req *req, uint16_t type, const void *val, size_t len);
struct nlattr *nl_nest(struct nl_req *req, uint16_t type);
void nl_nest_end(struct nl_req *req, struct nlattr *nest);
int nl_do(struct nl_req *req, nl_row_cb cb, void *data);
int nl_dump(struct nl_req *req, nl_row_cb cb, void *data);
/* All rows that cmd has. */
int nl_genl_dump(uint8_t cmd, nl_row_cb cb, void *data);
int nl_monitor(nl_row_cb cb, void *data);
/* What follows the answer to req, until go_on() says no; it is asked now and then. */
int nl_listen(const struct nl_req *req, nl_row_cb cb, bool (*go_on)(bool quiet, void *data),
	      void *data);
void nl_close_all(void);
/* For who stays while the module goes and comes: whether it is there, without loading it. */
bool nl_genl_there(void);
/* Close all, and ask for the family anew. */
void nl_forget(void);
/* Hear of changes from now on; whether there were some since it was asked last. */
bool nl_events_open(void);
bool nl_events_any(void);

void nl_parse(const void *first, size_t len, struct nl_attrs *attrs);
void nl_parse_nest(const struct nlattr *nest, struct nl_attrs *attrs);
/* Values; 0 or "" if the attribute is not there or too short. */
uint8_t nl_u8(const struct nlattr *attr);
uint32_t nl_u32(const struct nlattr *attr);
uint64_t nl_u64(const struct nlattr *attr);
const char *nl_str(const struct nlattr *attr);

#endif /* NL_H */
