/* SPDX-License-Identifier: Apache-2.0 */

#include "plan/elect.h"

#include "base/mem.h"

#include <openssl/evp.h>
#include <string.h>

void elect_hash(const char *node, const struct ip *ip, uint8_t ret_hash[ELECT_HASH_SIZE])
{
	char text[IP_TEXT_SIZE];
	auto_(freep) char *input = xasprintf("%s#%s", node, ip_format(ip, text));

	/* Can only fail for want of memory. */
	if (EVP_Digest(input, strlen(input), ret_hash, NULL, EVP_sha256(), NULL) != 1)
		abort();
}

static int compare(const void *a, const void *b)
{
	const struct candidate *left = a;
	const struct candidate *right = b;

	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	return memcmp(left->hash, right->hash, ELECT_HASH_SIZE);
}

void elect_sort(struct candidate *candidates, size_t count)
{
	if (count > 1)
		qsort(candidates, count, sizeof(candidates[0]), compare);
}
