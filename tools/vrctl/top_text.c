// SPDX-License-Identifier: GPL-2.0
/* What the VRs do as text, for the screen of vrctl top and for vrctl show. */
#include <math.h>
#include <stdio.h>

#include "out.h"
#include "top.h"

/* Less than its share, and not because it had no more to do. */
bool top_is_short(const struct top_row *row)
{
	return row->drops >= 1 && row->used < 0.95 * row->entitled - 0.005;
}

/* The least of 1, 2 and 5, and their multiples by ten, that is enough. */
double top_scale(double most)
{
	double ten = pow(10, floor(log10(most > 0.01 ? most : 0.01)));

	if (most <= ten)
		return ten;
	return most <= 2 * ten ? 2 * ten : most <= 5 * ten ? 5 * ten : 10 * ten;
}

/* At most five characters. */
const char *top_number(double val, char *buf, size_t len)
{
	static const char units[] = " kMGTPE";
	int unit = 0;

	while (val >= 99999.5 || (unit && val >= 999.95)) {
		val /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(buf, len, "%.0f", val);
	else
		snprintf(buf, len, "%.*f%c", val < 99.95 ? 1 : 0, val, units[unit]);
	return buf;
}

const char *top_cell(const struct top_row *row, enum top_col col, char *buf, size_t len)
{
	int64_t lag = row->vr->lag;
	char ns[32];

	switch (col) {
	case COL_WEIGHT:
		snprintf(buf, len, "%u", row->vr->weight);
		break;
	case COL_USED:
		snprintf(buf, len, "%.1f%%", 100 * row->used);
		break;
	case COL_ENTITLED:
		snprintf(buf, len, "%.1f%%", 100 * row->entitled);
		break;
	case COL_RX:
		return top_number(row->rx, buf, len);
	case COL_TX:
		return top_number(row->tx, buf, len);
	case COL_DROPS:
		return top_number(row->drops, buf, len);
	case COL_LAG:
		snprintf(buf, len, "%s%s", lag < 0 ? "-" : "",
			 ns_round(lag < 0 ? -lag : lag, ns, sizeof(ns)));
		break;
	case COL_P50:
		return row->p50 ? ns_round(row->p50, buf, len) : "-";
	case COL_P99:
		return row->p99 ? ns_round(row->p99, buf, len) : "-";
	case COL_COST:
		return top_number(row->vr->cost, buf, len);
	case COL_QLEN:
		snprintf(buf, len, "%u", row->vr->qlen);
		break;
	case COL_BAR:
	case COL_MAX:
		return "";
	}
	return buf;
}

/* What it used, and within that, or beyond it, a mark at what it is entitled to. */
enum role top_bar(const struct top_row *row, double scale, int width, char *buf, size_t len)
{
	int used = lround(row->used / scale * (width - 2));
	int mark = lround(row->entitled / scale * (width - 2));
	int i;

	if (row->vr->quarantine) {
		if (width < 14)
			snprintf(buf, len, "[%-*.*s]", width - 2, width - 2, "quarantine");
		else
			snprintf(buf, len, "%-*s", width, "[ quarantine ]");
		return ROLE_BAD;
	}
	if (width > (int)len - 1)
		width = len - 1;
	if (mark > width - 3)
		mark = width - 3;
	buf[0] = '[';
	for (i = 0; i < width - 2; i++)
		buf[1 + i] = i == mark && row->entitled > 0 ? '|' : i < used ? '=' : ' ';
	buf[width - 1] = ']';
	buf[width] = '\0';
	if (row->used > 1.05 * row->entitled + 0.005)
		return ROLE_WARN;
	return top_is_short(row) ? ROLE_BAD : ROLE_GOOD;
}
