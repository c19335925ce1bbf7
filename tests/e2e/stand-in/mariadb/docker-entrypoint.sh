#!/bin/bash
# SPDX-License-Identifier: MIT
set -e
mkdir -p /run/mysqld /var/lib/mysql
chown mysql /run/mysqld /var/lib/mysql
[ -e /var/lib/mysql/mysql ] || mariadb-install-db --user mysql
exec setpriv --reuid mysql --regid mysql --init-groups "$@"
