/* SPDX-License-Identifier: Apache-2.0 */

#include "model/multimap.h"

#include "base/mem.h"

#include <string.h>
#include <uthash.h>

struct bucket {
	UT_hash_handle hh;
	char *key; /* owned */
	const struct object **at;
	size_t count;
	size_t capacity;
};

struct multimap {
	struct bucket *buckets;
};

static struct bucket *find(const struct multimap *map, const char *key)
{
	struct bucket *bucket;

	HASH_FIND_STR(map->buckets, key, bucket);
	return bucket;
}

static void drop(struct multimap *map, struct bucket *bucket)
{
	HASH_DEL(map->buckets, bucket);
	free(bucket->key);
	free(bucket->at);
	free(bucket);
}

struct multimap *multimap_new(void)
{
	return xnew(struct multimap);
}

struct multimap *multimap_free(struct multimap *map)
{
	struct bucket *bucket;
	struct bucket *next;

	if (!map)
		return NULL;
	HASH_ITER(hh, map->buckets, bucket, next)
	drop(map, bucket);
	free(map);
	return NULL;
}

void multimap_add(struct multimap *map, const char *key, const struct object *object)
{
	struct bucket *bucket = find(map, key);

	if (!bucket) {
		bucket = xnew(struct bucket);
		bucket->key = xstrdup(key);
		HASH_ADD_KEYPTR(hh, map->buckets, bucket->key, strlen(bucket->key), bucket);
	}
	*array_add(bucket->at, bucket->count, bucket->capacity) = object;
}

void multimap_remove(struct multimap *map, const char *key, const struct object *object)
{
	struct bucket *bucket = find(map, key);
	size_t i = 0;

	while (bucket && i < bucket->count && bucket->at[i] != object)
		i++;
	if (!bucket || i == bucket->count)
		return;
	bucket->at[i] = bucket->at[--bucket->count];
	if (bucket->count == 0)
		drop(map, bucket);
}

struct multimap_list multimap_get(const struct multimap *map, const char *key)
{
	struct bucket *bucket = find(map, key);

	if (!bucket)
		return (struct multimap_list){ 0 };
	return (struct multimap_list){ .at = bucket->at, .count = bucket->count };
}
