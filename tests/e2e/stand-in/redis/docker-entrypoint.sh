#!/bin/sh
# SPDX-License-Identifier: MIT
set -e
chown redis .
exec setpriv --reuid redis --regid redis --init-groups "$@"
