/* SPDX-License-Identifier: Apache-2.0 */

#include "haproxy-gen/certs.h"

#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>

/* A key with a pass phrase has HAProxy ask for it at its terminal: it is not good here. */
static int no_pass_phrase(char *buffer, int size, int is_writing, void *user)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	(void)user;
	return -1;
}

bool certs_is_good(const char *folder, const char *name)
{
	auto_(freep) char *path = xasprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	struct stat status;
	X509 *certificate;
	EVP_PKEY *key;
	bool is_good;

	if (!file)
		return false;
	if (fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode)) {
		(void)fclose(file);
		return false;
	}
	certificate = PEM_read_X509(file, NULL, no_pass_phrase, NULL);
	rewind(file);
	key = PEM_read_PrivateKey(file, NULL, no_pass_phrase, NULL);
	(void)fclose(file);
	is_good = certificate && key && X509_check_private_key(certificate, key) == 1;
	X509_free(certificate);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return is_good;
}
