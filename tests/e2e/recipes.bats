#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The recipes of docs/recipes.md: builds each Dockerfile of that page as it
# stands, with a real Docker engine and the real programs in the place of the
# public images, stops it while work is under way, and compares what happened
# with the table at the head of the page.
#
# RECIPE_TIMES=FILE appends the measured status and seconds of each to FILE, for
# that table.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # timed sets took
bats_require_minimum_version 1.5.0
load helpers
load recipes

PAGE=$E2E_ROOT/docs/recipes.md
FILES=$E2E_ROOT/tests/e2e/recipes

setup_file() {
	local image

	OBSTACLE=$(obstacle docker dockerd containerd runc iptables busybox \
		mmdebstrap curl)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	docker import "$(debian_archive)" debian-packages
	hale_image
	while read -r image; do
		stand_in "$image"
	done < <(sed -n 's/^FROM //p' "$PAGE" | sort -u)
	docker network create lan
	head -c 40960 /dev/zero >"$E2E/download"
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -z "$OBSTACLE" ] || return 0
	show_last_lines
	remove_containers
}

# ---- The page ----

# The text of the fenced block behind a marker, <!-- MARKER -->.
block() { # MARKER
	awk -v marker="<!-- $1 -->" '
		$0 == marker { found = 1; next }
		found && /^```/ { if (inside) exit; inside = 1; next }
		inside { print }' "$PAGE"
}

# A cell of the table's row for this program.
cell() { # PROGRAM COLUMN
	awk -F ' *[|] *' -v program="[$1](" -v column="$2" '
		index($2, program) == 1 { print $(column + 1) }' "$PAGE"
}

# Build the recipe as the page has it, with the files that it copies.
build() { # RECIPE
	local context=$BATS_TEST_TMPDIR/$1 file

	cp -r "$FILES" "$context"
	while read -r file; do
		block "file: $1/$file" >"$context/$file"
		chmod +x "$context/$file"
	done < <(sed -n "s#^<!-- file: $1/\\(.*\\) -->\$#\\1#p" "$PAGE")
	block "recipe: $1" >"$context/Dockerfile"
	docker build --network none --tag "$1" "$context"
}

# ---- Containers ----

# Docker checks often, so that its result shows soon.
start() { # [DOCKER-OPTION...] RECIPE [PROGRAM...]
	server=$(docker run --detach --network lan --health-interval 500ms \
		--health-timeout 30s "$@")
}

# Begin a request in the background, in the network of the server.
request() { # CURL-ARGUMENT...
	in_network_of "$server" curl --silent --show-error --fail \
		--max-time 60 --no-buffer --output "$BATS_TEST_TMPDIR/answer" \
		"$@" 3>&- &
	client=$!
}

work_has_begun() {
	wait_until 60 logged "$server" 'the work has begun'
}

download_has_begun() {
	wait_until 30 test -s "$BATS_TEST_TMPDIR/answer"
}

downloaded() {
	cmp "$BATS_TEST_TMPDIR/answer" "$E2E/download"
}

answered() {
	[ "$(<"$BATS_TEST_TMPDIR/answer")" = 'good day' ]
}

# Has hale complained, of a stop signal that it was not told of, say?
warned() {
	docker logs "$server" 2>&1 | grep 'hale: warning' |
		grep -v 'waiting for tcp://redis'
}

# Stop the server, and compare status and time with the page.  The time may be
# two seconds more, or more than that if the machine is slow.
stops_as_the_page_says() { # PROGRAM
	local status seconds

	timed docker stop --timeout 60 "$server"
	status=$(status_of "$server")
	[ -z "${RECIPE_TIMES-}" ] ||
		printf '%s\t%s\t%d.%d\n' "$1" "$status" $((took / 1000)) \
			$((took % 1000 / 100)) >>"$RECIPE_TIMES"
	[ "$status" = "$(cell "$1" 4)" ]
	not warned
	seconds=$(cell "$1" 5)
	[[ $seconds =~ ^[0-9]+\.[0-9]$ ]]
	((took <= (10#${seconds/./} * 100 + 2000) * $(slowness)))
}

# ---- Web servers ----

@test "nginx: QUIT finishes the download under way" {
	build nginx
	start_nginx nginx
	stops_as_the_page_says nginx
	wait "$client"
	downloaded
}

start_nginx() { # [DOCKER-OPTION...] RECIPE [PROGRAM...]
	start --volume "$FILES/nginx.conf:/etc/nginx/conf.d/slow.conf:ro" \
		--volume "$E2E/download:/srv/download:ro" "$@"
	becomes_healthy
	request http://localhost:8080/download
	download_has_begun
}

@test "nginx: TERM breaks the download off, but for -r TERM:QUIT" {
	build nginx
	start_nginx nginx
	docker kill --signal TERM "$server"
	not wait "$client"
	rm "$BATS_TEST_TMPDIR/answer"
	start_nginx --env HALE_REWRITE=TERM:QUIT nginx
	docker kill --signal TERM "$server"
	wait "$client"
	downloaded
}

@test "Apache, httpd: WINCH finishes the download under way" {
	build httpd
	start_apache httpd
	stops_as_the_page_says 'Apache, httpd'
	wait "$client"
	downloaded
}

start_apache() { # [DOCKER-OPTION...] RECIPE [PROGRAM...]
	start --volume "$FILES/apache.conf:/etc/apache2/conf-enabled/slow.conf:ro" \
		--volume "$E2E/download:/srv/download:ro" "$@"
	wait_until 60 has_apache
	request http://localhost:8080/download
	download_has_begun
}

has_apache() {
	in_network_of "$server" curl --silent --output /dev/null \
		http://localhost/
}

@test "Apache, apachectl: with -g, WINCH finishes the download under way" {
	build apachectl
	start_apache apachectl
	becomes_healthy
	stops_as_the_page_says 'Apache, apachectl'
	wait "$client"
	downloaded
}

@test "Apache, apachectl: without -g it is killed" {
	build apachectl
	start_apache --entrypoint /usr/local/bin/hale apachectl \
		--stop-signal WINCH -- apachectl -D FOREGROUND
	docker stop --timeout 3 "$server"
	[ "$(status_of "$server")" = 137 ]
	wait "$client" || true
}

@test "php-fpm: QUIT answers the request under way" {
	build php-fpm
	start php-fpm
	becomes_healthy
	php_request &
	client=$!
	work_has_begun
	stops_as_the_page_says php-fpm
	wait "$client"
	logged "$server" 'the work is done'
	grep -q 'good day' "$BATS_TEST_TMPDIR/answer"
}

# The client is in the container, and the answer outside.
php_request() {
	docker exec --env REQUEST_METHOD=GET --env SCRIPT_NAME=/index.php \
		--env SCRIPT_FILENAME=/var/www/html/index.php "$server" \
		cgi-fcgi -bind -connect 127.0.0.1:9000 \
		>"$BATS_TEST_TMPDIR/answer" 3>&-
}

# ---- Applications ----

@test "gunicorn: TERM answers the request under way" {
	build gunicorn
	start gunicorn
	becomes_healthy
	request http://localhost:8000/slow
	work_has_begun
	stops_as_the_page_says gunicorn
	wait "$client"
	answered
}

@test "Celery: it waits for Redis, and TERM finishes the task under way" {
	build celery
	start celery
	wait_until 60 logged "$server" 'hale: warning: waiting for tcp://redis'
	start_broker
	becomes_healthy
	docker exec "$server" celery --app tasks call tasks.work
	work_has_begun
	stops_as_the_page_says Celery
	logged "$server" 'the work is done'
	logged "$server" 'succeeded in'
}

start_broker() {
	docker run --detach --network lan --network-alias redis redis:8 \
		redis-server --protected-mode no
}

@test "Celery: with -g the task under way is killed" {
	build celery
	start_broker
	start --entrypoint /usr/local/bin/hale celery -g --grace 55s -- \
		celery --app tasks worker --loglevel INFO
	wait_until 120 logged "$server" ' ready.'
	docker exec "$server" celery --app tasks call tasks.work
	work_has_begun
	stop_in_time "$server"
	not logged "$server" 'the work is done'
}

@test "Java: TERM runs the shutdown hook, and 143 becomes 0" {
	build java
	start java
	becomes_healthy
	request http://localhost:8080/slow
	work_has_begun
	stops_as_the_page_says Java
	wait "$client"
	answered
}

@test "Node: TERM answers the request under way" {
	build node
	start node
	becomes_healthy
	request http://localhost:8080/slow
	work_has_begun
	stops_as_the_page_says Node
	wait "$client"
	answered
}

# ---- Databases ----

@test "PostgreSQL: INT cancels the query under way and shuts down cleanly" {
	build postgresql
	start postgresql
	becomes_healthy
	docker exec "$server" psql --username postgres --command \
		'select pg_sleep(60)' 3>&- &
	client=$!
	wait_until 30 postgres_sleeps
	stops_as_the_page_says PostgreSQL
	not wait "$client"
	logged "$server" 'database system is shut down'
}

postgres_sleeps() {
	docker exec "$server" psql --username postgres --tuples-only --command \
		"select count(*) from pg_stat_activity
			where wait_event = 'PgSleep'" | grep -q 1
}

@test "MariaDB: TERM cancels the query under way and shuts down cleanly" {
	build mariadb
	start mariadb
	becomes_healthy
	docker exec "$server" mariadb --execute 'select sleep(60)' 3>&- &
	client=$!
	wait_until 30 mariadb_sleeps
	stops_as_the_page_says MariaDB
	wait "$client" || true # MariaDB calls a cancelled sleep done
	logged "$server" 'mariadbd: Shutdown complete'
}

mariadb_sleeps() {
	docker exec "$server" mariadb --execute 'show processlist' |
		grep -q 'select sleep(60)'
}

@test "Redis: TERM saves what was not saved yet" {
	build redis
	start redis
	becomes_healthy
	docker exec "$server" redis-cli set greeting 'good day'
	stops_as_the_page_says Redis
	logged "$server" 'bye bye'
	docker start "$server"
	becomes_healthy
	[ "$(docker exec "$server" redis-cli get greeting)" = 'good day' ]
}

# ---- Jobs and wrappers ----

@test "cron: the job under way is finished" {
	build cron
	start cron
	work_has_begun
	stops_as_the_page_says cron
	logged "$server" 'the work is done'
}

@test "supervisord: its program is finished" {
	build supervisord
	start --volume "$FILES/server:/usr/local/bin/server:ro" supervisord
	work_has_begun
	stops_as_the_page_says supervisord
	logged "$server" 'the work is done'
}

@test "bash wrapper, with exec: the server finishes, with its own status" {
	build with-exec
	start with-exec
	work_has_begun
	stops_as_the_page_says 'bash wrapper, with exec'
	logged "$server" 'the work is done'
}

@test "bash wrapper, without exec: the server finishes, and its status is lost" {
	build without-exec
	start without-exec
	work_has_begun
	stops_as_the_page_says 'bash wrapper, without exec'
	logged "$server" 'the work is done'
	not logged "$server" 'the server has ended'
}

@test "bash wrapper, without exec and without a grace period: it is killed" {
	build without-exec
	start --entrypoint /usr/local/bin/hale without-exec -- entrypoint server
	work_has_begun
	stop_in_time "$server"
	[ "$(status_of "$server")" = 143 ]
	not logged "$server" 'the work is done'
}

# Docker logs whole lines, and a prompt is none.
start_shell() { # [DOCKER-OPTION...] RECIPE [PROGRAM...]
	start --interactive --tty --env PROMPT_COMMAND='echo at the prompt' "$@"
	wait_until 60 logged "$server" 'at the prompt'
}

@test "interactive shell: HUP in place of TERM ends it at once" {
	build shell
	start_shell shell
	not logged "$server" 'no job control'
	stops_as_the_page_says 'interactive shell'
}

@test "interactive shell: it ignores TERM itself" {
	build shell
	start_shell --entrypoint /usr/local/bin/hale shell -- bash
	docker stop --timeout 3 "$server"
	[ "$(status_of "$server")" = 137 ]
}

@test "interactive shell: the status is that of the last command" {
	build shell
	run -3 script --quiet --return --command \
		"docker run --interactive --tty shell" /dev/null <<<'exit 3'
}

# ---- The page and the tests ----

@test "every recipe of the page is in the table, and is tested" {
	local recipe heading

	while read -r recipe; do
		grep -q "^	build $recipe\$" "$BATS_TEST_FILENAME"
	done < <(sed -n 's/^<!-- recipe: \(.*\) -->$/\1/p' "$PAGE")
	while read -r heading; do
		[ -n "$(cell "$heading" 4)" ]
	done < <(sed -n 's/^## //p' "$PAGE")
}
