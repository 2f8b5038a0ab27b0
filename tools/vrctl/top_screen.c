// SPDX-License-Identifier: GPL-2.0
/* The screen of vrctl top. */
#include <curses.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "top.h"
#include "vrctl.h"

#define MAX_EMPTY 3
#define BUSY_MS	  50

enum pair {
	PAIR_NAME = 1,
	PAIR_GOOD,
	PAIR_WARN,
	PAIR_BAD,
	PAIR_OTHER,
	PAIR_HEAD,
};

static volatile sig_atomic_t quit;

static void on_signal(int sig)
{
	(void)sig;
	quit = 1;
}

static int line;
static bool full;

static void go(int y)
{
	line = y;
	full = move(y, 0) == ERR;
}

static attr_t color(enum pair pair)
{
	return has_colors() ? COLOR_PAIR(pair) : A_NORMAL;
}

/* To the right edge of the line and no further. */
static void __attribute__((format(printf, 1, 2))) put(const char *fmt, ...)
{
	char buf[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	if (!full)
		addnstr(buf, COLS - getcurx(stdscr));
	/* What reaches the edge goes on in the next line. */
	full |= getcury(stdscr) != line;
}

static void put_colored(enum pair pair, attr_t attr, const char *text)
{
	attron(color(pair) | attr);
	put("%s", text);
	attroff(color(pair) | attr);
}

#define MIN_BAR 12

/* clang-format off */
static const struct {
	const char	*title;
	int		width;
	int		rank;	/* the higher the sooner it is left out */
	enum top_sort	sort;
} cols[COL_MAX] = {
	[COL_WEIGHT]	= { "WEIGHT",	 6, 4, SORT_MAX },
	[COL_USED]	= { "USED",	 6, 0, SORT_USED },
	[COL_ENTITLED]	= { "ENTITL",	 6, 1, SORT_MAX },
	[COL_BAR]	= { "",		 MIN_BAR, 2, SORT_MAX },
	[COL_RX]	= { "RX/S",	 6, 1, SORT_PPS },
	[COL_TX]	= { "TX/S",	 6, 6, SORT_MAX },
	[COL_DROPS]	= { "DROP/S",	 6, 2, SORT_DROPS },
	[COL_LAG]	= { "LAG",	 7, 3, SORT_LAG },
	[COL_P50]	= { "P50",	 6, 7, SORT_MAX },
	[COL_P99]	= { "P99",	 6, 3, SORT_LATENCY },
	[COL_COST]	= { "COST",	 6, 8, SORT_MAX },
	[COL_QLEN]	= { "QLEN",	 5, 5, SORT_MAX },
};
/* clang-format on */

struct layout {
	int name;
	int width[COL_MAX];
	double scale; /* the part of a CPU that fills a bar */
};

static void lay_out(const struct top *top, struct layout *l)
{
	double most = 0;
	int i, rank, left;
	size_t r;

	l->name = 4;
	for (r = 0; r < top->n_rows; r++) {
		if ((int)strlen(top->rows[r].vr->name) > l->name)
			l->name = strlen(top->rows[r].vr->name);
		most = fmax(most, fmax(top->rows[r].used, top->rows[r].entitled));
	}
	l->scale = top_scale(most);
	memset(l->width, 0, sizeof(l->width));
	left = COLS - l->name;
	for (rank = 0; rank <= 8; rank++)
		for (i = 0; i < COL_MAX; i++)
			if (cols[i].rank == rank && left > cols[i].width) {
				l->width[i] = cols[i].width;
				left -= cols[i].width + 1;
			}
	if (l->width[COL_BAR] && left > 0)
		l->width[COL_BAR] += left;
}

static void put_bar(const struct top_row *row, double scale, int width)
{
	static const enum pair pairs[ROLE_MAX] = {
		[ROLE_GOOD] = PAIR_GOOD,
		[ROLE_WARN] = PAIR_WARN,
		[ROLE_BAD] = PAIR_BAD,
	};
	char bar[512], text[2] = "";
	enum pair pair = pairs[top_bar(row, scale, width, bar, sizeof(bar))];
	const char *c;

	for (c = bar; *c; c++) {
		*text = *c;
		if (*c == '|')
			put_colored(PAIR_HEAD, A_BOLD, text);
		else if (strchr("[]", *c))
			put("%s", text);
		else
			put_colored(pair, A_NORMAL, text);
	}
}

static void draw_title(const struct top *top, const struct layout *l)
{
	char buf[32];
	int i;

	attron(A_REVERSE);
	put("%-*s", l->name, "NAME");
	for (i = 0; i < COL_MAX; i++) {
		if (!l->width[i])
			continue;
		if (cols[i].sort == top->sort)
			attron(A_BOLD);
		if (i == COL_BAR) {
			snprintf(buf, sizeof(buf), "%g%% OF A CPU", 100 * l->scale);
			put(" %*.*s", l->width[i], l->width[i], buf);
		} else {
			put(" %*s", l->width[i], cols[i].title);
		}
		attroff(A_BOLD);
	}
	attroff(A_REVERSE);
}

static void draw_row(const struct top_row *row, const struct layout *l)
{
	char buf[32];
	int i;

	attron(color(row->vr->quarantine ? PAIR_BAD : PAIR_NAME));
	put("%-*s", l->name, row->vr->name);
	attroff(color(row->vr->quarantine ? PAIR_BAD : PAIR_NAME));
	for (i = 0; i < COL_MAX; i++) {
		if (!l->width[i])
			continue;
		put(" ");
		if (i != COL_BAR) {
			if (i == COL_DROPS && row->drops >= 1)
				attron(color(PAIR_BAD));
			put("%*s", l->width[i], top_cell(row, i, buf, sizeof(buf)));
			attroff(color(PAIR_BAD));
		} else {
			put_bar(row, l->scale, l->width[i]);
		}
	}
}

static void put_part(double part, int width, double *sum, enum pair pair, const char *what)
{
	int from = lround(*sum * width), to;

	*sum += part;
	for (to = lround(fmin(*sum, 1) * width); from < to; from++)
		put_colored(pair, A_NORMAL, what);
}

static void draw_cpu(const char *name, const struct top_cpu *cpu)
{
	int width = COLS - (int)strlen(name) - 62, from;
	double sum = 0;

	put_colored(PAIR_NAME, A_NORMAL, name);
	if (width >= MIN_BAR) {
		put(" [");
		from = getcurx(stdscr);
		put_part(cpu->billed, width, &sum, PAIR_GOOD, "=");
		put_part(cpu->overhead, width, &sum, PAIR_WARN, "+");
		put_part(cpu->outside, width, &sum, PAIR_OTHER, "-");
		put("%*s]", width - (getcurx(stdscr) - from), "");
	}
	put(" billed %5.1f%% overhead %5.1f%% outside %5.1f%% idle %5.1f%%", 100 * cpu->billed,
	    100 * cpu->overhead, 100 * cpu->outside, 100 * cpu->idle);
}

/* A line each, as long as they take no more than a third of the screen. */
static int draw_cpus(const struct top *top, int y)
{
	size_t room = LINES / 3 > 1 ? LINES / 3 : 1, i, j;
	size_t lines = top->n_cpus <= room ? top->n_cpus : room - 1;
	struct top_cpu rest = {};
	char name[32];
	double n;

	for (i = 0; i < lines; i++) {
		snprintf(name, sizeof(name), "CPU %-3u", top->cpus[i].cpu);
		go(y++);
		draw_cpu(name, &top->cpus[i]);
	}
	if (i == top->n_cpus)
		return y;
	n = top->n_cpus - i;
	for (j = i; j < top->n_cpus; j++) {
		rest.billed += top->cpus[j].billed / n;
		rest.overhead += top->cpus[j].overhead / n;
		rest.outside += top->cpus[j].outside / n;
		rest.idle += top->cpus[j].idle / n;
	}
	snprintf(name, sizeof(name), "%.0f %s", n, i ? "more" : "CPUs");
	go(y++);
	draw_cpu(name, &rest);
	return y;
}

static void draw_head(const struct top *top)
{
	time_t now = time(NULL);
	char stamp[16], every[24];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	attron(A_BOLD);
	put("vrctl top");
	attroff(A_BOLD);
	put("  %s  ", stamp);
	if (top->only)
		put("%s%s", top->only, top->n_rows ? "" : " is gone");
	else
		put("%zu VRs", top->n_rows);
	put(", every %s, by %s%s  (h: help)",
	    time_text((uint64_t)top->ms * NS_PER_MS, every, sizeof(every)),
	    top_keys[top->sort].word, top->reverse ? " reversed" : "");
}

static void draw_help(void)
{
	static const char *const lines[] = {
		"n u p d l t  sort by name, used, packets, drops, lag, latency (p99)",
		"r            the other way round",
		"up down PgUp PgDn Home End  move through the VRs",
		"blank        look now",
		"q            quit",
		"",
		"VRs: [==|  ] is the part of a CPU that was used, | what it is entitled to",
		"CPUs: = billed to VRs, + overhead, - others while VRs had work",
		"",
		"Any key goes back.",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		go(2 + i);
		put("  %s", lines[i]);
	}
}

struct screen {
	bool help;
	size_t first; /* row at the top */
	size_t page;
};

static void draw(const struct top *top, struct screen *s)
{
	struct layout l;
	size_t i;
	int y;

	erase();
	go(0);
	draw_head(top);
	if (s->help) {
		draw_help();
		refresh();
		return;
	}
	y = draw_cpus(top, 1) + 1;
	lay_out(top, &l);
	if (y < LINES) {
		go(y++);
		draw_title(top, &l);
	}
	s->page = y < LINES ? LINES - y : 0;
	if (s->first + s->page > top->n_rows)
		s->first = top->n_rows > s->page ? top->n_rows - s->page : 0;
	for (i = s->first; i < top->n_rows && y < LINES; i++) {
		go(y++);
		draw_row(&top->rows[i], &l);
	}
	refresh();
}

/* True if it is time to look again at once. */
static bool handle_key(struct top *top, struct screen *s, int key)
{
	size_t i, page = s->page > 1 ? s->page - 1 : 1;

	if (key == KEY_RESIZE)
		return false;
	if (s->help) {
		s->help = false;
		quit |= key == 'q';
		return false;
	}
	for (i = 0; i < SORT_MAX; i++)
		if (key == top_keys[i].key) {
			top->sort = i;
			top->reverse = false;
			top_sort(top);
		}
	switch (key) {
	case 'q':
	case 'Q':
		quit = 1;
		break;
	case 'r':
		top->reverse = !top->reverse;
		top_sort(top);
		break;
	case 'h':
	case '?':
		s->help = true;
		break;
	case KEY_UP:
		s->first -= s->first > 0;
		break;
	case KEY_DOWN:
		s->first++;
		break;
	case KEY_PPAGE:
		s->first -= s->first > page ? page : s->first;
		break;
	case KEY_NPAGE:
		s->first += page;
		break;
	case KEY_HOME:
		s->first = 0;
		break;
	case KEY_END:
		s->first = top->n_rows;
		break;
	case ' ':
		return true;
	}
	return false;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * MSEC_PER_SEC + ts.tv_nsec / NS_PER_MS;
}

/* Keys until it is time to look again. */
static void wait_keys(struct top *top, struct screen *s, int64_t until)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left;
	int key, empty = 0;
	bool any;

	while (!quit && (left = until - now_ms()) > 0) {
		if (poll(&fd, 1, left) > 0 && !(fd.revents & POLLIN))
			quit = 1;
		any = false;
		while (!quit && (key = getch()) != ERR) {
			any = true;
			if (handle_key(top, s, key))
				return;
		}
		/* A terminal that is gone can be read, but says nothing. */
		if (!any && (fd.revents & POLLIN) && ++empty == MAX_EMPTY)
			quit = 1;
		fd.revents = 0;
		if (any)
			draw(top, s);
	}
}

/*
 * Whether the line has not sent all of the last picture. A serial console with 9600 baud
 * sends 960 bytes a second; what is drawn faster would only be older when it is seen.
 */
static bool line_busy(void)
{
	int left;

	return !ioctl(STDOUT_FILENO, TIOCOUTQ, &left) && left > 0;
}

static void start_colors(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(PAIR_NAME, COLOR_CYAN, -1);
	init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	init_pair(PAIR_WARN, COLOR_YELLOW, -1);
	init_pair(PAIR_BAD, COLOR_RED, -1);
	init_pair(PAIR_OTHER, COLOR_MAGENTA, -1);
	init_pair(PAIR_HEAD, -1, -1);
}

static int run(struct top *top, uint32_t left)
{
	struct screen s = {};
	int64_t next = now_ms();
	int ret;

	ret = top_update(top);
	while (!ret && !quit) {
		/* At first soon, so that there is something to see. */
		next = (top->n_cpus ? next : now_ms()) +
		       (top->n_cpus || top->ms < 300 ? top->ms : 300);
		if (next < now_ms())
			next = now_ms();
		wait_keys(top, &s, next);
		while (!quit && line_busy())
			wait_keys(top, &s, now_ms() + BUSY_MS);
		if (quit)
			break;
		ret = top_update(top);
		if (ret)
			break;
		draw(top, &s);
		if (left && !--left)
			break;
	}
	return ret;
}

int top_screen(struct top *top, uint32_t left, bool *done)
{
	struct sigaction sa = { .sa_handler = on_signal }, old[3];
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	char *said = NULL;
	size_t i, len = 0;
	SCREEN *screen;
	FILE *said_to;
	int ret;

	quit = 0;
	said_to = open_memstream(&said, &len);
	if (!said_to)
		return EXIT_LOCAL;
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, &old[i]);
	screen = newterm(NULL, stdout, stdin);
	*done = screen;
	if (!screen) {
		ret = EXIT_OK;
		goto out;
	}
	/* What is said to stderr would be drawn over. */
	nl_messages(said_to);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	start_colors();
	ret = run(top, left);
	endwin();
	delscreen(screen);
	nl_messages(NULL);
	fflush(said_to);
	if (ret)
		fputs(said, stderr);
out:
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	fclose(said_to);
	free(said);
	return ret;
}
