/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The VM's folder of certificates. One bad file would have HAProxy refuse all of haproxy.cfg: so each
 * that a Service names is opened here first.
 */

#include <stdbool.h>

/* True if FOLDER/NAME is a PEM file with a certificate and the private key that belongs to it. */
bool certs_is_good(const char *folder, const char *name);
