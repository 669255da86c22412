#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Subjects of commits: `area: imperative`, at most 60 characters, no full stop.
cd "$(dirname "$0")/../.." || exit 1
git log --no-merges --format=%s | awk '
	length($0) > 60 { print "longer than 60: " $0; bad = 1 }
	!/^[a-z0-9., -]+: / { print "no area: " $0; bad = 1 }
	/\.$/ { print "full stop: " $0; bad = 1 }
	END { exit bad }'
