// SPDX-License-Identifier: GPL-2.0
/*
 * Module: ordered start, ordered end, namespaces, device events.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>

#include "datapath.h"
#include "fib.h"
#include "frame.h"
#include "incident.h"
#include "lane.h"
#include "vrouter.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

unsigned int vr_net_id __read_mostly;

/**
 * vr_net_get - the module's part of a namespace
 * @net: the namespace
 *
 * Context: any.
 * Return: the part; lives as long as @net.
 */
struct vr_net *vr_net_get(const struct net *net)
{
	return net_generic(net, vr_net_id);
}

static int __net_init net_init(struct net *net)
{
	INIT_LIST_HEAD(&vr_net_get(net)->routers);
	return vr_fib_net_init(net);
}

static void __net_exit net_exit(struct net *net)
{
	WARN_ON(!list_empty(&vr_net_get(net)->routers));
	vr_fib_net_exit(net);
	vr_incident_forget(net);
}

static struct pernet_operations net_ops = {
	.init	= net_init,
	.exit	= net_exit,
	.id	= &vr_net_id,
	.size	= sizeof(struct vr_net),
};

/* rtnl */
static int router_event(struct vr_router *vr, unsigned long event,
			struct netlink_ext_ack *extack)
{
	switch (event) {
	case NETDEV_REGISTER:
		return notifier_from_errno(vr_router_attach(vr, extack));
	case NETDEV_UNREGISTER:
		/* Deleted, or about to move to another namespace. */
		vr_router_detach(vr);
		break;
	case NETDEV_UP:
	case NETDEV_GOING_DOWN:
		vr_xdp_tell_all(vr, event == NETDEV_UP);
		break;
	case NETDEV_CHANGENAME:
		vr_netlink_notify_router(vr, VROUTER_CMD_VR_CHANGE_NTF);
		break;
	}
	return NOTIFY_DONE;
}

/* rtnl */
static void port_event(struct vr_port *port, unsigned long event)
{
	switch (event) {
	case NETDEV_UNREGISTER:
		vr_port_del(port->vr, port->dev);
		break;
	case NETDEV_CHANGENAME:
		vr_netlink_notify_port(port, VROUTER_CMD_PORT_CHANGE_NTF);
		break;
	case NETDEV_CHANGEADDR:
		vr_xdp_tell(port, true);
		fallthrough;
	case NETDEV_UP:
	case NETDEV_GOING_DOWN:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
	case NETDEV_CHANGEMTU:
		vr_lane_event(port, event);
		break;
	}
}

static int device_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vr_port *port;

	if (vr_dev_is_router(dev))
		return router_event(netdev_priv(dev), event,
				    netdev_notifier_info_to_extack(ptr));

	if (event == NETDEV_REGISTER) {
		vr_lane_dev_registered(dev);
		return NOTIFY_DONE;
	}
	if (event == NETDEV_CHANGE || event == NETDEV_UP)
		vr_lane_dev_changed(dev);
	if (event == NETDEV_GOING_DOWN)
		vr_lane_dev_going_down(dev);
	if (event == NETDEV_FEAT_CHANGE)
		vr_xdp_features_changed(dev);
	port = vr_port_get_rtnl(dev);
	if (port)
		port_event(port, event);
	return NOTIFY_DONE;
}

static struct notifier_block device_nb = {
	.notifier_call = device_event,
};

static int __init vrouter_init(void)
{
	int err;

	err = vr_core_init();
	if (err)
		return err;
	err = vr_kick_init();
	if (err)
		goto core;
	err = vr_poll_init();
	if (err)
		goto kick;
	err = vr_steer_init();
	if (err)
		goto poll;
	err = vr_fib_init();
	if (err)
		goto steer;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto fib;
	err = register_netdevice_notifier(&device_nb);
	if (err)
		goto pernet;
	err = vr_netlink_init();
	if (err)
		goto notifier;
	/* Last: from here on VRs can be made. */
	err = rtnl_link_register(&vr_link_ops);
	if (err)
		goto netlink;
	return 0;

netlink:
	vr_netlink_exit();
notifier:
	unregister_netdevice_notifier(&device_nb);
pernet:
	unregister_pernet_subsys(&net_ops);
fib:
	vr_fib_exit();
steer:
	vr_steer_exit();
poll:
	vr_poll_exit();
kick:
	vr_kick_exit();
core:
	vr_core_exit();
	return err;
}

static void __exit vrouter_exit(void)
{
	/* Deletes all VRs; waits until their netdevices are gone. */
	rtnl_link_unregister(&vr_link_ops);
	vr_netlink_exit();
	unregister_netdevice_notifier(&device_nb);
	unregister_pernet_subsys(&net_ops);
	vr_fib_exit();
	vr_steer_exit();
	vr_lane_exit();
	/* Ports, programs and queues may still wait for their grace period. */
	rcu_barrier();
	vr_poll_exit();
	vr_kick_exit();
	vr_core_exit();
}

module_init(vrouter_init);
module_exit(vrouter_exit);

MODULE_DESCRIPTION("Virtual routers with CPU shares");
MODULE_LICENSE("GPL");
MODULE_VERSION(VR_VERSION);
MODULE_ALIAS_RTNL_LINK("vrouter");
MODULE_ALIAS_GENL_FAMILY("vrouter");
