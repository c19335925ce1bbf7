#!/bin/bash
# SPDX-License-Identifier: MIT
set -e
mkdir -p /run/postgresql "$PGDATA"
chown postgres /run/postgresql "$PGDATA"
as=(setpriv --reuid postgres --regid postgres --init-groups)
[ -e "$PGDATA/PG_VERSION" ] || "${as[@]}" initdb --auth trust --no-sync
exec "${as[@]}" "$@"
