/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The text of one manifest file to objects: documents, lists, decoding and the rules of each object
 * alone. For conf/tree and for whoever has manifests in memory. Pure.
 */

#include "conf/report.h"
#include "model/object.h"

/*
 * The kind_name of an object that is nothing but the status of a Service: a document with `status`
 * and no `spec`, as the one allocator publishes it. Only its names and its ingress count.
 */
extern const char manifest_status_kind[];

struct manifest_sink {
	/* A good object; takes it. */
	void (*on_good)(void *user, struct object *object);
	/* A bad one that can be named. Return: true if an earlier version of it stays in force. */
	bool (*on_bad)(void *user, const struct object_id *id, unsigned line);
	/* A kind that is not ours: "apps.example.com/v1 Widget". */
	void (*on_unknown)(void *user, const char *kind);
	struct report *report;
	void *user;
};

/**
 * manifest_read() - hand every object of @text to @sink
 * @file: for messages, and kept in the objects
 *
 * Return: true; false if a document could not be read at all, so that nobody knows what was in it.
 */
bool manifest_read(
	const char *text, size_t len, const char *file, const struct manifest_sink *sink);
