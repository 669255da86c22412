/* SPDX-License-Identifier: Apache-2.0 */

#include "bgp/retry.h"

#include "base/clock.h"

enum {
	FIRST_MS = 250,
	REFUSED_MS = 1000,
	REFUSED_CAP_S = 60,
	TOO_MUCH_S = 60,
	AT_ONCE_MS = 100, /* up to: many nodes shall not arrive in one moment */
	SHORT_LIFE_S = 10,
	DOUBLINGS_MAX = 16,
};

static uint64_t doubled(uint64_t first_ms, unsigned times, uint64_t cap_s)
{
	uint64_t ms = first_ms << (times < DOUBLINGS_MAX ? times : DOUBLINGS_MAX);

	return (ms < cap_s * 1000 ? ms : cap_s * 1000) * NS_PER_MS;
}

/* 0.75 to 1 of @ns. */
static uint64_t jittered(uint64_t ns, uint32_t chance)
{
	return ns - ns / 1024 * (chance % 257);
}

static uint64_t after_session(
	struct bgp_retry *retry, uint64_t lived_ns, unsigned cap_seconds, uint32_t chance)
{
	retry->failures = 0;
	if (lived_ns >= SHORT_LIFE_S * NS_PER_S)
		retry->flaps = 0;
	else
		retry->flaps++;
	if (retry->flaps <= 1)
		return chance % AT_ONCE_MS * NS_PER_MS;
	return jittered(doubled(FIRST_MS, retry->flaps - 2, cap_seconds), chance);
}

uint64_t bgp_retry_wait(struct bgp_retry *retry, const struct bgp_retry_cause *cause,
	unsigned cap_seconds, uint32_t chance)
{
	unsigned before = retry->failures;

	if (cap_seconds == 0)
		cap_seconds = BGP_CONNECT_SECONDS_DEFAULT;
	if (cause->is_too_much) {
		retry->failures++;
		return jittered(doubled(TOO_MUCH_S * 1000, before, TOO_MUCH_S * 8), chance);
	}
	if (cause->was_established)
		return after_session(retry, cause->lived_ns, cap_seconds, chance);
	retry->failures++;
	if (cause->is_at_once && before == 0)
		return chance % AT_ONCE_MS * NS_PER_MS;
	if (cause->is_refused)
		return jittered(doubled(REFUSED_MS, before, REFUSED_CAP_S), chance);
	return jittered(doubled(FIRST_MS, before, cap_seconds), chance);
}

bool bgp_retry_is_harmless(const struct bgp_notification *notification)
{
	return notification->code == BGP_ERR_CEASE &&
		(notification->subcode == BGP_CEASE_ADMIN_RESET ||
			notification->subcode == BGP_CEASE_CONF_CHANGE ||
			notification->subcode == BGP_CEASE_COLLISION);
}
