/* SPDX-License-Identifier: Apache-2.0 */

#include "base/log.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[LOG_L_COUNT_] = {
	[LOG_L_ERROR] = "error",
	[LOG_L_WARN] = "warn",
	[LOG_L_INFO] = "info",
	[LOG_L_DEBUG] = "debug",
};

/* Process-wide by nature: standard error is. Set by main() alone, read by every thread. */
static struct {
	_Atomic enum log_level level;
	_Atomic enum log_format format;
} setup = { LOG_L_INFO, LOG_LOGFMT };

static _Thread_local struct {
	log_sink_fn *sink;
	void *user;
} divert;

void log_set_sink(log_sink_fn *sink, void *user)
{
	divert.sink = sink;
	divert.user = user;
}

void log_setup(enum log_level level, enum log_format format)
{
	setup.level = level;
	setup.format = format;
}

bool log_enabled(enum log_level level)
{
	return level <= setup.level;
}

/* Bytes of the UTF-8 sequence at @text, 0 if it is none (RFC 3629, without the finer bounds). */
static size_t utf8_len(const char *text, size_t left)
{
	unsigned char first = (unsigned char)text[0];
	size_t len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

static void add_quoted(struct strbuf *line, const char *text)
{
	size_t left = strnlen(text, LOG_VALUE_MAX);

	strbuf_add_char(line, '"');
	while (left > 0) {
		unsigned char c = (unsigned char)*text;
		size_t len = utf8_len(text, left);

		if (c == '"' || c == '\\')
			strbuf_addf(line, "\\%c", c);
		else if (c == '\n')
			strbuf_add(line, "\\n");
		else if (c < 0x20 || c == 0x7f || len == 0)
			strbuf_addf(line, "\\u%04x", c);
		else
			strbuf_add_len(line, text, len);
		text += len > 0 ? len : 1;
		left -= len > 0 ? len : 1;
	}
	strbuf_add_char(line, '"');
}

static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= LOG_VALUE_MAX &&
		strspn(text,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			"_-./:%@+,#[]") == len;
}

static void add_text(struct strbuf *line, const char *text)
{
	if (setup.format == LOG_LOGFMT && is_plain(text))
		strbuf_add(line, text);
	else
		add_quoted(line, text);
}

static void add_value(struct strbuf *line, const struct log_kv *kv)
{
	char text[IP_TEXT_SIZE];

	switch (kv->type) {
	case KV_STR:
		add_text(line, kv->str ? kv->str : "");
		break;
	case KV_UINT:
		strbuf_addf(line, "%" PRIu64, kv->uint);
		break;
	case KV_ERRNO:
		add_text(line, strerror(kv->err));
		break;
	case KV_IP:
		add_text(line, ip_format(kv->ip, text));
		break;
	case KV_MAC:
		add_text(line, mac_format(kv->mac, text));
		break;
	}
}

static void add_key(struct strbuf *line, const char *key)
{
	bool is_json = setup.format == LOG_JSON;

	if (line->len > (is_json ? 1 : 0))
		strbuf_add_char(line, is_json ? ',' : ' ');
	strbuf_addf(line, is_json ? "\"%s\":" : "%s=", key);
}

void log_event(enum log_level level, const char *where, const char *msg, size_t n,
	const struct log_kv kv[])
{
	auto_(strbuf_finip) struct strbuf line = { 0 };
	char time[CLOCK_TEXT_SIZE];

	if (!log_enabled(level))
		return;
	if (divert.sink) {
		divert.sink(divert.user, level, where, msg, n, kv);
		return;
	}
	if (setup.format == LOG_JSON)
		strbuf_add_char(&line, '{');
	add_key(&line, "time");
	add_text(&line, clock_format(clock_wall_ns(), time));
	add_key(&line, "level");
	add_text(&line, level_names[level]);
	add_key(&line, "src");
	add_text(&line, where);
	add_key(&line, "msg");
	add_quoted(&line, msg);
	for (size_t i = 0; i < n; i++) {
		add_key(&line, kv[i].key);
		add_value(&line, &kv[i]);
	}
	strbuf_add(&line, setup.format == LOG_JSON ? "}\n" : "\n");
	/* One write() a line, so that lines of several threads do not mix. A log that can not be
	 * written has nowhere to be reported. */
	(void)!write(STDERR_FILENO, line.text, line.len);
}

bool log_limit_pass(struct log_limit *limit, const char *where, unsigned burst)
{
	uint64_t now = clock_now_ns();
	unsigned kept_back = limit->kept_back;

	if (now - limit->window_ns >= NS_PER_S) {
		*limit = (struct log_limit){ .window_ns = now };
		if (kept_back > 0) {
			const struct log_kv kv = kv_uint("lines", kept_back);

			log_event(LOG_L_WARN, where, "lines kept back", 1, &kv);
		}
	}
	if (limit->used >= burst) {
		limit->kept_back++;
		return false;
	}
	limit->used++;
	return true;
}
