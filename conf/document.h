/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * YAML and JSON text to trees of JSON values, with the line of every value.
 *
 * YAML is read as Kubernetes reads it (sigs.k8s.io/yaml: YAML 1.1 with go-yaml's scalars): yes, on
 * and y are true, 0644 is octal, 1:30 is a string, keys become strings, `<<` merges, documents are
 * parted at lines of `---` before they are parsed, so one broken document harms no other. Duplicate
 * keys are refused. Anchors are shared, not copied, and the size they would expand to is bounded.
 */

#include "base/own.h"

#include <jansson.h>
#include <stddef.h>

enum {
	DOCUMENT_TEXT_MAX = 64 << 20, /* bytes of a file */
	DOCUMENT_NODES_MAX = 8 << 20, /* values of a document, aliases expanded */
	DOCUMENT_DEPTH_MAX = 64,      /* nested mappings and sequences */
	DOCUMENT_PROBLEM_MAX = 256,
};

struct document;

/* Reads the documents of one text after the other. */
struct document_reader {
	const char *at;
	const char *end;
	unsigned line; /* of at, from 1 */
};

struct document_problem {
	unsigned line;
	char text[DOCUMENT_PROBLEM_MAX];
};

/* @text is borrowed until the last document_next(). */
struct document_reader document_reader(const char *text, size_t len);

/**
 * document_next() - the next document that is not empty
 * @ret_document: owned by the caller; set only on 0
 * @ret_problem:  what is wrong with the document; set only on -EBADMSG
 *
 * Return: 0; -ENOENT: no more documents; -EBADMSG: this one is not good YAML, the reader stands
 * behind it and may go on.
 */
must_check int document_next(struct document_reader *reader, struct document **ret_document,
	struct document_problem *ret_problem);

struct document *document_free(struct document *document);
DEFINE_FREEP(struct document, document);

/* Borrowed until the document is freed. */
json_t *document_root(const struct document *document);

/**
 * document_line_at() - the line of the value at @path below @from
 * @from: a mapping or sequence of @document
 * @path: "spec.ports[1].name"; "" is @from itself
 *
 * Return: the line of the longest part of @path that is there. Slow: for messages.
 */
unsigned document_line_at(const struct document *document, const json_t *from, const char *path);
