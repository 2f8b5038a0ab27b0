// SPDX-License-Identifier: GPL-2.0
/* vrctl monitor: changes as they happen. */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <linux/vrouter.h>

#include "incident.h"
#include "nl.h"
#include "out.h"
#include "vr.h"
#include "vrctl.h"

/* clang-format off */
static const struct event {
	const char	*object;
	const char	*what;
	enum role	role;
} events[VROUTER_CMD_MAX + 1] = {
	[VROUTER_CMD_VR_ADD_NTF]	= { "vr", "add", ROLE_GOOD },
	[VROUTER_CMD_VR_CHANGE_NTF]	= { "vr", "change", ROLE_NONE },
	[VROUTER_CMD_VR_DEL_NTF]	= { "vr", "del", ROLE_BAD },
	[VROUTER_CMD_PORT_ADD_NTF]	= { "port", "add", ROLE_GOOD },
	[VROUTER_CMD_PORT_CHANGE_NTF]	= { "port", "change", ROLE_NONE },
	[VROUTER_CMD_PORT_DEL_NTF]	= { "port", "del", ROLE_BAD },
	[VROUTER_CMD_INCIDENT_NTF]	= { "incident", "add", ROLE_BAD },
};
/* clang-format on */

static void put_time(void)
{
	char stamp[32];
	struct timeval now;
	struct tm tm;

	gettimeofday(&now, NULL);
	localtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	if (opt.json) {
		char full[48];

		snprintf(full, sizeof(full), "%s.%06ld", stamp, (long)now.tv_usec);
		json_str("timestamp", full);
	} else {
		printf("[%s.%06ld] ", stamp, (long)now.tv_usec);
	}
}

static void json_port(const struct nl_attrs *port)
{
	json_uint("ifindex", nl_u32(port->tb[VROUTER_A_PORT_IFINDEX]));
	json_str("name", nl_str(port->tb[VROUTER_A_PORT_IFNAME]));
	json_uint("vr_ifindex", nl_u32(port->tb[VROUTER_A_PORT_VR_IFINDEX]));
	json_str("vr", nl_str(port->tb[VROUTER_A_PORT_VR_IFNAME]));
	json_bool("direct", nl_u8(port->tb[VROUTER_A_PORT_DIRECT]));
	json_bool("credit", nl_u8(port->tb[VROUTER_A_PORT_CREDIT]));
	json_bool("xdp", nl_u32(port->tb[VROUTER_A_PORT_XDP_ID]));
	json_str("standby", nl_str(port->tb[VROUTER_A_PORT_STANDBY_IFNAME]));
	json_str("lane", nl_str(port->tb[VROUTER_A_PORT_LANE_IFNAME]));
	json_str("lane_parent", nl_str(port->tb[VROUTER_A_PORT_LANE_PARENT]));
	json_str("lane_state", lane_state(port));
}

static void text_vr(const struct nl_attrs *vr)
{
	uint32_t table = nl_u32(vr->tb[VROUTER_A_VR_TABLE]);
	const char *name = table_name(table);
	char options[2048];

	printf("%s%s%s table ", color_on(ROLE_NAME), nl_str(vr->tb[VROUTER_A_VR_IFNAME]),
	       color_off(ROLE_NAME));
	if (name)
		fputs(name, stdout);
	else
		printf("%u", table);
	printf(" weight %u ports %u%s\n", nl_u32(vr->tb[VROUTER_A_VR_WEIGHT]),
	       nl_u32(vr->tb[VROUTER_A_VR_PORTS]),
	       knobs_text(vr, 1, false, options, sizeof(options)));
}

static void text_port(const struct nl_attrs *port)
{
	const char *standby = nl_str(port->tb[VROUTER_A_PORT_STANDBY_IFNAME]);
	const char *lane = nl_str(port->tb[VROUTER_A_PORT_LANE_IFNAME]);

	printf("%s%s%s vr %s%s%s direct %s credit %s%s", color_on(ROLE_NAME),
	       nl_str(port->tb[VROUTER_A_PORT_IFNAME]), color_off(ROLE_NAME), color_on(ROLE_NAME),
	       nl_str(port->tb[VROUTER_A_PORT_VR_IFNAME]), color_off(ROLE_NAME),
	       nl_u8(port->tb[VROUTER_A_PORT_DIRECT]) ? "on" : "off",
	       nl_u8(port->tb[VROUTER_A_PORT_CREDIT]) ? "on" : "off",
	       nl_u32(port->tb[VROUTER_A_PORT_XDP_ID]) ? " xdp on" : "");
	if (*standby)
		printf(" standby %s", standby);
	if (port->tb[VROUTER_A_PORT_LANE_STATE])
		printf(" lane %s %s", *lane ? lane : nl_str(port->tb[VROUTER_A_PORT_LANE_PARENT]),
		       lane_state(port));
	putchar('\n');
}

static void json_event(const struct event *event, const struct nl_attrs *attrs)
{
	json_obj(NULL);
	if (opt.timestamp)
		put_time();
	json_str("object", event->object);
	json_str("event", event->what);
	if (event->object[0] == 'v')
		vr_json(attrs);
	else if (event->object[0] == 'p')
		json_port(attrs);
	else
		incident_json(attrs);
	json_obj_end();
	json_done();
}

/* @data: name of the object that was asked for, NULL for all. */
static void show_event(uint8_t cmd, const struct nl_attrs *attrs, void *data)
{
	const struct event *event;

	if (cmd > VROUTER_CMD_MAX || !events[cmd].object)
		return;
	event = &events[cmd];
	if (data && strcmp(data, event->object))
		return;
	if (opt.json) {
		json_event(event, attrs);
		return;
	}
	if (opt.timestamp)
		put_time();
	if (event->object[0] == 'i') {
		printf("[INCIDENT] ");
		incident_text(attrs);
		return;
	}
	printf("[%s] %s%s%s ", event->object[0] == 'v' ? "VR" : "PORT", color_on(event->role),
	       event->what, color_off(event->role));
	if (event->object[0] == 'v')
		text_vr(attrs);
	else
		text_port(attrs);
}

static int monitor_all(const struct value *val)
{
	(void)val;
	return nl_monitor(show_event, NULL);
}

static int monitor_vr(const struct value *val)
{
	(void)val;
	return nl_monitor(show_event, (void *)"vr");
}

static int monitor_port(const struct value *val)
{
	(void)val;
	return nl_monitor(show_event, (void *)"port");
}

static int monitor_incident(const struct value *val)
{
	(void)val;
	return nl_monitor(show_event, (void *)"incident");
}

/* clang-format off */
static const struct command commands[] = {
	{
		.name	= "all",
		.help	= "print each change as it happens",
		.run	= monitor_all,
	}, {
		.name	= "vr",
		.help	= "of VRs only",
		.run	= monitor_vr,
	}, {
		.name	= "port",
		.help	= "of ports only",
		.run	= monitor_port,
	}, {
		.name	= "incident",
		.help	= "of incidents only",
		.run	= monitor_incident,
	},
	{}
};
/* clang-format on */

const struct object monitor_object = {
	.name = "monitor",
	.help = "changes as they happen",
	.cmds = commands,
};
