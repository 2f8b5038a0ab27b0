/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registration of a generated generic netlink family.  Included by netlink.c
 * alone, as it defines functions.
 */
#ifndef _VR_COMPAT_GENL_H
#define _VR_COMPAT_GENL_H

#include <net/genetlink.h>

#ifdef VR_GENL_FOLD_OPS

#include <linux/slab.h>

/*
 * A kernel that wants one entry per command gets the entries of do and dump
 * folded into one, whose policy is the union of theirs.  What one mode must
 * not be given then passes the policy, and is refused by what runs before
 * the bodies.
 */
static const struct genl_ops *vr_genl_split;
static unsigned int vr_genl_n_split;
static struct genl_ops *vr_genl_ops;
static unsigned int vr_genl_n_ops;

static const struct genl_ops *vr_genl_find(u8 cmd, u8 mode)
{
	const struct genl_ops *op = vr_genl_split;

	while (op->cmd != cmd || !(op->flags & mode))
		op++;
	return op;
}

static int vr_genl_check(const struct genl_ops *op, unsigned int maxattr,
			 struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	unsigned int i;

	if (!attrs)
		return 0;
	for (i = 1; i <= maxattr; i++) {
		if (!attrs[i] || (i <= op->maxattr && op->policy[i].type))
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attrs[i], "Unsupported attribute");
		return -EINVAL;
	}
	return 0;
}

static int vr_genl_pre_doit(const struct genl_ops *ops, struct sk_buff *skb,
			    struct genl_info *info)
{
	return vr_genl_check(vr_genl_find(ops->cmd, GENL_CMD_CAP_DO),
			     ops->maxattr, info->attrs, info->extack);
}

/* The start hook would do for the check, but has no extack here. */
static int vr_genl_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genl_dumpit_info *info = genl_dumpit_info(cb);
	const struct genl_ops *op;
	int err;

	op = vr_genl_find(info->op.cmd, GENL_CMD_CAP_DUMP);
	err = vr_genl_check(op, info->op.maxattr, info->attrs, cb->extack);
	return err ? err : op->dumpit(skb, cb);
}

static int vr_genl_fold(struct genl_ops *to, const struct genl_ops *from)
{
	unsigned int i, maxattr = max(to->maxattr, from->maxattr);
	struct nla_policy *policy = NULL;

	if (maxattr) {
		policy = kcalloc(maxattr + 1, sizeof(*policy), GFP_KERNEL);
		if (!policy)
			return -ENOMEM;
	}
	for (i = 1; i <= maxattr; i++)
		if (i <= from->maxattr && from->policy[i].type)
			memcpy(&policy[i], &from->policy[i], sizeof(*policy));
		else if (i <= to->maxattr)
			memcpy(&policy[i], &to->policy[i], sizeof(*policy));
	kfree(to->policy);

	to->cmd = from->cmd;
	to->flags |= from->flags;
	to->policy = policy;
	to->maxattr = maxattr;
	if (from->doit)
		to->doit = from->doit;
	if (from->dumpit)
		to->dumpit = vr_genl_dumpit;
	return 0;
}

static void vr_genl_free(void)
{
	while (vr_genl_n_ops)
		kfree(vr_genl_ops[--vr_genl_n_ops].policy);
	kfree(vr_genl_ops);
}

static int vr_genl_register(struct genl_family *family)
{
	struct genl_ops *ops;
	unsigned int i;
	int err;

	vr_genl_split = family->ops;
	vr_genl_n_split = family->n_ops;
	vr_genl_ops = kcalloc(vr_genl_n_split, sizeof(*ops), GFP_KERNEL);
	if (!vr_genl_ops)
		return -ENOMEM;

	/* Both entries of a command stand together. */
	for (i = 0; i < vr_genl_n_split; i++) {
		if (!i || vr_genl_split[i].cmd != vr_genl_split[i - 1].cmd)
			vr_genl_n_ops++;
		ops = &vr_genl_ops[vr_genl_n_ops - 1];
		err = vr_genl_fold(ops, &vr_genl_split[i]);
		if (err)
			goto err_free;
	}
	family->ops = vr_genl_ops;
	family->n_ops = vr_genl_n_ops;
	family->pre_doit = vr_genl_pre_doit;
	err = genl_register_family(family);
	if (err)
		goto err_free;
	return 0;

err_free:
	vr_genl_free();
	return err;
}

static void vr_genl_unregister(struct genl_family *family)
{
	genl_unregister_family(family);
	vr_genl_free();
}

#else /* VR_GENL_FOLD_OPS */

static inline int vr_genl_register(struct genl_family *family)
{
	return genl_register_family(family);
}

static inline void vr_genl_unregister(struct genl_family *family)
{
	genl_unregister_family(family);
}

#endif /* VR_GENL_FOLD_OPS */

#endif /* _VR_COMPAT_GENL_H */
