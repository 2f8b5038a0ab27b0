// SPDX-License-Identifier: GPL-2.0
/* Checks of VRs, and of what their network namespace needs for them. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "doctor.h"

void check_quarantine(struct doctor *doc, const struct check *check)
{
	size_t v;

	for (v = 0; v < doc->n_vrs; v++)
		if (doc->vrs[v].quarantine)
			set_fix(found(doc, check, doc->vrs[v].name, doc->vrs[v].ifindex,
				      "the VR is in quarantine and forwards nothing; \"vrctl "
				      "incident show vr %s\" tells why",
				      doc->vrs[v].name),
				"vrctl vr set %s quarantine off", doc->vrs[v].name);
}

static int look_at_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	bool *there = data;

	if (nlh->nlmsg_type != RTM_NEWRULE)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh,
			  sizeof(struct fib_rule_hdr)) if (mnl_attr_get_type(attr) == FRA_L3MDEV &&
							   mnl_attr_get_payload_len(attr) &&
							   mnl_attr_get_u8(attr)) *there = true;
	return MNL_CB_OK;
}

/* Whether the rule is there; true as well if that cannot be told. */
static bool has_rule(uint8_t family)
{
	struct mnl_socket *sock = mnl_socket_open(NETLINK_ROUTE);
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct fib_rule_hdr *rule;
	struct nlmsghdr *nlh;
	bool there = false;
	int len = -1;

	if (!sock)
		return true;
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_GETRULE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	rule = mnl_nlmsg_put_extra_header(nlh, sizeof(*rule));
	rule->family = family;
	if (mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) >= 0 &&
	    mnl_socket_sendto(sock, nlh, nlh->nlmsg_len) >= 0)
		do {
			len = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		} while (len > 0 && mnl_cb_run(buf, len, 0, mnl_socket_get_portid(sock),
					       look_at_rule, &there) > 0);
	mnl_socket_close(sock);
	return len < 0 || there;
}

void check_rules(struct doctor *doc, const struct check *check)
{
	static const struct {
		uint8_t family;
		const char *name, *option;
	} families[] = { { AF_INET, "IPv4", "" }, { AF_INET6, "IPv6", "-6 " } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (!doc->n_vrs || has_rule(families[i].family))
			continue;
		/* Of this network namespace, where IPv6 may be missing. */
		if (families[i].family == AF_INET6 && access("/proc/self/net/if_inet6", F_OK))
			continue;
		set_fix(found(doc, check, "", 0,
			      "no %s rule for l3mdev: lookups for VRs do not find their tables",
			      families[i].name),
			"ip %srule add pref 1000 l3mdev", families[i].option);
	}
}
