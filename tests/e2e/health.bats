#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Health checks under a real Docker engine: what HEALTHCHECK makes of them, in
# images with and without a libc, and with nginx, Node and Python as the
# program; who can read the state, and what hale does when it is bad.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # timed sets took
bats_require_minimum_version 1.5.0
load helpers

# A server that is healthy as long as a file exists, in any image.
URL=http://127.0.0.1:8080/health
WEB=(/busybox httpd -f -p 127.0.0.1:8080 -h /srv)
SLOW_WEB='until [ -e /srv/go ]; do /busybox sleep 0.1; done
	exec /busybox httpd -f -p 127.0.0.1:8080 -h /srv'

# The same with servers that people use.
NGINX=(nginx -c /srv/nginx.conf)
NODE=(node /srv/server.js)
PYTHON=(python3 -m http.server --bind 127.0.0.1 --directory /srv 8080)

# Exits with a status of its own, and leaves running probes to hale.
SERVER='
	trap "exit 42" TERM
	echo ready
	while :; do sleep 1000 & wait; done'

# Without a start period, so that the first failures count.
QUICK=(--health-interval 200ms --health-timeout 10s --health-start-period 0)
BAD=(--health file:/no/file --health-retries 1 "${QUICK[@]}")
GOOD=(--health file:/srv/health "${QUICK[@]}")
LOCKED=(--read-only --user 1001:1001 --cap-drop ALL
	--security-opt no-new-privileges)

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox node nginx \
		python3 jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	served_image
	debian_image
	checked small small-checked --check
	checked debian debian-checked --check
	checked debian debian-curl --check "$URL"
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -n "$OBSTACLE" ] || remove_containers
}

# ---- Images ----

# hale, one static program, and the files that it serves.
served_image() {
	small_context "$E2E/small"
	content "$E2E/small/srv"
	echo 'COPY srv /srv' >>"$E2E/small/Dockerfile"
	docker build --tag small "$E2E/small"
}

debian_image() {
	base_image debian_rootfs debian-base
	small_context "$E2E/debian"
	content "$E2E/debian/srv"
	cat >"$E2E/debian/Dockerfile" <<-'END'
		FROM debian-base
		COPY hale busybox /
		COPY hale /usr/bin/hale
		COPY srv /srv
	END
	docker build --tag debian "$E2E/debian"
}

content() { # DIRECTORY
	mkdir "$1"
	echo fine >"$1/health"
	cat >"$1/nginx.conf" <<-'END'
		daemon off;
		pid /tmp/nginx.pid;
		error_log stderr;
		events {}
		http {
			client_body_temp_path /tmp/body;
			proxy_temp_path /tmp/proxy;
			fastcgi_temp_path /tmp/fastcgi;
			uwsgi_temp_path /tmp/uwsgi;
			scgi_temp_path /tmp/scgi;
			access_log off;
			server {
				listen 127.0.0.1:8080;
				root /srv;
			}
		}
	END
	cat >"$1/server.js" <<-'END'
		const fs = require('node:fs');
		require('node:http').createServer((request, response) => {
			const fine = fs.existsSync('/srv' + request.url);
			response.writeHead(fine ? 200 : 404).end();
		}).listen(8080, '127.0.0.1');
	END
}

# An image whose HEALTHCHECK runs hale with these arguments.
checked() { # BASE IMAGE ARG...
	local base=$1 image=$2

	shift 2
	docker build --tag "$image" - <<-END
		FROM $base
		HEALTHCHECK CMD ["/hale"$(printf ', "%s"' "$@")]
	END
}

# ---- Containers ----

start() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	server=$(run_hale "$@")
}

# Docker runs its check often, so that its result shows soon.  The first success
# ends Docker's start period.
start_checked() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	start --health-interval 500ms --health-timeout 30s --health-retries 1 \
		--health-start-period 1h "$@"
}

start_healthy() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	start "$@"
	wait_until 30 shows "$server" healthy
}

# Is this the result of Docker's HEALTHCHECK?
docker_says() { # STATE
	[ "$(inspect "$server" .State.Health.Status)" = "$1" ]
}

# Has any run of the HEALTHCHECK exited with this status and printed this text?
helper_said() { # STATUS TEXT
	docker inspect --format '{{json .State.Health.Log}}' "$server" |
		jq --exit-status --argjson status "$1" --arg text "$2" \
			'any(.ExitCode == $status and
				(.Output | contains($text)))' >/dev/null
}

# Every run exited with 0 or 1, and printed one line of a limited length.
helper_was_orderly() {
	docker inspect --format '{{json .State.Health.Log}}' "$server" |
		jq --exit-status 'all((.ExitCode == 0 or .ExitCode == 1) and
			(.Output | endswith("\n") and length < 4096))'
}

# Does docker top show this state as the name of process 1?
shows() { # CONTAINER STATE
	docker top "$1" -eo pid,comm 2>/dev/null | sed -n 2p |
		grep -q " hale:$2\$"
}

check() { # CONTAINER [ARG...]
	local container=$1

	shift
	docker exec "$container" /hale --check "$@"
}

# Does the condition hold for hale --status=json?
status() { # CONTAINER JQ-CONDITION
	docker exec "$1" /hale --status=json | jq --exit-status "$2"
}

# The sum of a number over all targets.
sum_of() { # MEMBER
	docker exec "$server" /hale --status=json |
		jq "[.targets[].$1] | add"
}

has_come_to() { # MEMBER SUM
	docker exec "$server" /hale --status=json |
		jq --exit-status "[.targets[].$1] | add >= $2" >/dev/null
}

switch() { # on|off
	case $1 in
	on) docker exec --user 0 "$server" /busybox touch /srv/health ;;
	off) docker exec --user 0 "$server" /busybox rm /srv/health ;;
	esac
}

signal_hale() { # SIGNAL
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		kill "-$1" "$(inspect "$server" .State.Pid)"
}

# Signal the program and all its descendants: nginx has a worker, and httpd a
# child for each request, which may have ended already.
signal_program() { # SIGNAL
	local pids

	mapfile -t pids < <(processes "$server" | awk 'NR > 1 { print $1 }')
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		kill "-$1" "${pids[@]}" || true
}

# ---- HEALTHCHECK CMD ["/hale", "--check"] ----

follows() { # IMAGE HALE-OPTION-OR-PROGRAM...
	start_checked "$@"
	wait_until 30 helper_said 1 starting
	docker_says starting
	docker exec --user 0 "$server" /busybox touch /srv/go
	wait_until 30 docker_says healthy
	wait_until 30 helper_said 0 healthy
	switch off
	wait_until 30 docker_says unhealthy
	wait_until 30 helper_said 1 'status 404'
	switch on
	wait_until 30 docker_says healthy
	helper_was_orderly
}

@test "HEALTHCHECK --check from scratch: Docker sees what hale sees" {
	follows small-checked --health "$URL" "${QUICK[@]}" \
		--health-start-period 1h --health-start-interval 200ms \
		/busybox sh -c "$SLOW_WEB"
}

@test "HEALTHCHECK --check in a Debian image: Docker sees what hale sees" {
	follows debian-checked --health "$URL" "${QUICK[@]}" \
		--health-start-period 1h --health-start-interval 200ms \
		/bin/sh -c "$SLOW_WEB"
}

@test "HEALTHCHECK --check without a health option is unhealthy, with a reason" {
	start_checked small-checked /busybox sleep 1000
	wait_until 30 helper_said 1 'no hale with --health'
	docker_says starting
	helper_was_orderly
}

# ---- HEALTHCHECK CMD ["/hale", "--check", "http://..."] for curl -f ----

replaces_curl() { # PROGRAM...
	start_checked --user 1001:1001 debian-curl "$@"
	wait_until 30 docker_says healthy
	helper_said 0 healthy
	switch off
	wait_until 30 docker_says unhealthy
	wait_until 30 helper_said 1 'status 404'
	switch on
	wait_until 30 docker_says healthy
	signal_program STOP
	run -1 check "$server" --health-timeout 500ms "$URL"
	[[ $output = *'timed out after 500ms'* ]]
	signal_program CONT
	helper_was_orderly
}

@test "HEALTHCHECK --check URL in place of curl -f: nginx" {
	replaces_curl "${NGINX[@]}"
}

@test "HEALTHCHECK --check URL in place of curl -f: Node" {
	replaces_curl "${NODE[@]}"
}

@test "HEALTHCHECK --check URL in place of curl -f: python's http.server" {
	replaces_curl "${PYTHON[@]}"
}

@test "HEALTHCHECK --check URL says that the connection was refused" {
	start_checked debian-curl /busybox sleep 1000
	wait_until 30 helper_said 1 'connection refused'
}

@test "HEALTHCHECK in the shell form works where there is a shell" {
	start_checked --env PORT=8080 --health-cmd \
		'hale --check "http://127.0.0.1:$PORT/health"' \
		debian "${PYTHON[@]}"
	wait_until 30 docker_says healthy
}

@test "HEALTHCHECK in the exec form: hale replaces the variable" {
	checked small small-port --check 'http://127.0.0.1:${PORT}/health'
	start_checked --env PORT=8080 small-port "${WEB[@]}"
	wait_until 30 docker_says healthy
	helper_was_orderly
}

@test "nginx, Node and Python are healthy for hale's own probes" {
	for program in NGINX NODE PYTHON; do
		declare -n command=$program
		start_healthy --user 1001:1001 debian --health "$URL" \
			"${QUICK[@]}" "${command[@]}"
		run -0 check "$server"
		[[ $output = *healthy* ]]
		switch off
		wait_until 30 shows "$server" unhealthy
		run -1 check "$server"
		[[ $output = *unhealthy*'status 404'* ]]
		docker rm --force "$server"
	done
}

# ---- Who can read the state ----

# On a read-only root, without capabilities and without a volume.
start_locked() {
	start_healthy "${LOCKED[@]}" small --health "$URL" \
		--health-timeout 500ms --health-interval 200ms \
		--health-retries 1 "${WEB[@]}"
}

@test "without capabilities and on a read-only root --check and --status work" {
	start_locked
	run -0 check "$server"
	[[ $output = *healthy* && ${#lines[@]} -eq 1 ]]
	run -0 docker exec "$server" /hale --status
	[[ $output = *healthy* && $output = *"$URL"* ]]
	status "$server" '.state == "healthy" and
		(.targets | length == 1) and .targets[0].target == "'"$URL"'"'
	signal_program STOP
	wait_until 30 shows "$server" unhealthy
	run -1 check "$server"
	[[ $output = *'unhealthy'*'timed out after 500ms'* ]]
	run -1 check "$server" --live
	status "$server" '.state == "unhealthy"'
	signal_program CONT
	wait_until 30 check "$server" --live
}

@test "another user sees the state, but not the details" {
	start_locked
	run -0 docker exec --user 1002:1002 "$server" /hale --check
	[[ $output = *healthy* ]]
	run docker exec --user 1002:1002 "$server" /hale --status
	[[ $output = *healthy* && $output != *"$URL"* ]]
	run docker exec --user 1002:1002 "$server" /hale --status=json
	jq --exit-status '.state == "healthy"' <<<"$output"
	[[ $output != *"$URL"* ]]
	signal_program STOP
	wait_until 30 shows "$server" unhealthy
	run -1 docker exec --user 1002:1002 "$server" /hale --check
	[[ $output = *unhealthy* && $output != *'timed out'* ]]
}

@test "an instance of hale that is stopped from outside is unhealthy, with a reason" {
	start_healthy small "${GOOD[@]}" /busybox sleep 1000
	signal_hale STOP
	wait_until 30 not check "$server"
	run -1 check "$server"
	[ "$output" = 'unhealthy: hale has stopped updating its state' ]
	run -1 check "$server" --live
	signal_hale CONT
	wait_until 30 check "$server"
}

@test "docker top shows each state; --check is for traffic, and --live for a restart" {
	start small --health file:/srv/go "${QUICK[@]}" \
		--health-start-period 1h --health-start-interval 200ms \
		--health-retries 1 --drain 1h /busybox sleep 1000
	wait_until 30 shows "$server" starting
	run -1 check "$server"
	[[ $output = *starting* ]]
	check "$server" --live
	docker exec "$server" /busybox touch /srv/go
	wait_until 30 shows "$server" healthy
	docker exec "$server" /busybox rm /srv/go
	wait_until 30 shows "$server" unhealthy
	docker kill --signal TERM "$server"
	wait_until 30 shows "$server" stopping
	run -1 check "$server"
	[[ $output = *stopping* ]]
	check "$server" --live
}

@test "the image gets no file and no port from health checks" {
	start_locked
	run -0 docker exec "$server" /busybox cat /proc/net/tcp /proc/net/unix
	[ "$(grep -c ' 0A ' <<<"$output")" -eq 1 ]
	[ "$(docker diff "$server")" = '' ]
}

# With several hale processes in sight, --check asks the right one.

# Each of the two shows its own state, not the other's.
two_states() { # HEALTHY-CONTAINER UNHEALTHY-CONTAINER
	run -0 check "$1"
	[[ $output = *healthy* && $output != *unhealthy* ]]
	run -1 check "$2"
	[[ $output = *unhealthy* ]]
	status "$1" '.state == "healthy"'
	status "$2" '.state == "unhealthy"'
}

@test "docker run --init: hale is found although it is not process 1" {
	start_healthy_second --init --entrypoint /hale small
	run -0 check "$server"
	[[ $output = *healthy* ]]
	status "$server" '.state == "healthy"'
	docker exec "$server" /busybox rm /srv/health
	wait_until 30 not check "$server"
	run -1 check "$server"
	[[ $output = *unhealthy* ]]
}

@test "hale is found although a shell is process 1" {
	start_healthy_second --entrypoint /busybox small \
		sh -c '"$@"; exit 42' sh /hale
	run -0 check "$server"
	[[ $output = *healthy* ]]
}

start_healthy_second() { # DOCKER-OPTION... IMAGE [ARG...]
	server=$(docker run --detach --network none "$@" \
		"${GOOD[@]}" --health-retries 1 /busybox sleep 1000)
	wait_until 30 check "$server"
}

@test "two hale processes in one PID namespace: each --check finds its own" {
	local first

	start_healthy small "${GOOD[@]}" /busybox sleep 1000
	first=$server
	start --pid "container:$first" small "${BAD[@]}" /busybox sleep 1000
	wait_until 30 not check "$server" --live
	two_states "$first" "$server"
	docker exec "$first" /busybox rm /srv/health
	wait_until 30 shows "$first" unhealthy
	docker exec "$server" /busybox mkdir /no
	docker exec "$server" /busybox touch /no/file
	wait_until 30 check "$server"
	two_states "$server" "$first"
}

# On a port that probably nobody else on this machine uses.
start_on_host() {
	local port=$((20000 + RANDOM % 10000))

	server=$(docker run --detach --network host "${LOCKED[@]}" \
		--entrypoint /hale small "${QUICK[@]}" \
		--health "http://127.0.0.1:$port/health" \
		/busybox httpd -f -p "127.0.0.1:$port" -h /srv)
	wait_until 30 shows "$server" healthy
}

@test "--network host: containers do not get in each other's way" {
	local first

	start_on_host
	first=$server
	start_on_host
	docker pause "$first" # which has no say in the other
	run -0 check "$server"
	[[ $output = *healthy* ]]
	docker unpause "$first"
	run -0 check "$first"
	[[ $output = *healthy* ]]
}

# ---- What hale does when the program is unhealthy ----

# It becomes healthy when it has been started three times.
THIRD_TIME='
	echo start >>/starts
	[ "$(/busybox wc -l </starts)" -lt 3 ] || touch /srv/third
	exec /busybox sleep 1000'

@test "--on-unhealthy stop: --restart on-failure restarts it until it is healthy" {
	start --restart on-failure:3 small --health file:/srv/third \
		"${QUICK[@]}" --health-retries 2 --on-unhealthy stop \
		/busybox sh -c "$THIRD_TIME"
	wait_until 60 shows "$server" healthy
	[ "$(inspect "$server" .RestartCount)" = 2 ]
	[ "$(docker logs "$server" 2>&1 | grep -c 'unhealthy')" -ge 2 ]
}

@test "--on-unhealthy stop: the container's last status is 124" {
	start --restart on-failure:3 small --health file:/no/file \
		"${QUICK[@]}" --health-retries 1 --on-unhealthy stop \
		/busybox sleep 1000
	wait_until 60 has_ended "$server"
	[ "$(status_of "$server")" = 124 ]
	[ "$(inspect "$server" .RestartCount)" = 3 ]
}

# On a busy machine the result of an attempt may be ignored, so count the log
# lines of the attempts that count.
@test "--on-unhealthy stop comes after --health-retries failures, each time" {
	start --restart on-failure:1 small -v "${BAD[@]}" --health-retries 4 \
		--on-unhealthy stop /busybox sleep 1000
	wait_until 60 has_ended "$server"
	[ "$(status_of "$server")" = 124 ]
	[ "$(docker logs "$server" 2>&1 |
		sed -n 's/.*(\([0-9]*\) in a row).*/\1/p' | xargs)" = \
		'1 2 3 4 1 2 3 4' ]
}

@test "--on-unhealthy stop ends a program that ignores TERM, and reports why" {
	start small --health file:/no/file "${QUICK[@]}" --health-retries 1 \
		--on-unhealthy stop --grace 1s --exit-report /report \
		/busybox sh -c 'trap "" TERM; while :; do sleep 1; done'
	wait_until 30 has_ended "$server"
	[ "$(status_of "$server")" = 124 ]
	docker cp "$server:/report" "$BATS_TEST_TMPDIR/report"
	jq --exit-status '.reason == "unhealthy" and .exit_code == 124' \
		"$BATS_TEST_TMPDIR/report"
}

@test "--on-unhealthy signal:USR1 signals the program once each time" {
	start small --health file:/srv/health "${QUICK[@]}" \
		--health-retries 1 --on-unhealthy signal:USR1 \
		/busybox sh -c 'trap "echo got USR1" USR1
			echo ready
			while :; do sleep 1000 & wait; done'
	wait_until 30 logged "$server" ready
	wait_until 30 shows "$server" healthy
	for times in 1 2; do
		switch off
		wait_until 30 shows "$server" unhealthy
		wait_until 30 told "$times"
		switch on
		wait_until 30 shows "$server" healthy
		told "$times"
	done
}

told() { # TIMES
	[ "$(docker logs "$server" | grep -c 'got USR1')" -eq "$1" ]
}

# ---- docker pause ----

# Each failure and each change of state would be a line in the log.  The command
# runs nearly all the time, so that the pause interrupts it.
@test "docker pause for longer than all retries: no failure is counted" {
	local attempts lines

	start_healthy small -v --health "$URL" \
		--health 'exec:/busybox sleep 0.3' --health-interval 100ms \
		--health-timeout 2s --health-retries 1 "${WEB[@]}"
	lines=$(docker logs "$server" 2>&1 | wc -l)
	docker pause "$server"
	sleep 5 # what is waited for is the time itself
	docker unpause "$server"
	check "$server"
	attempts=$(sum_of attempts)
	wait_until 30 has_come_to attempts $((attempts + 20))
	shows "$server" healthy
	[ "$(sum_of failures)" -eq 0 ]
	[ "$(docker logs "$server" 2>&1 | wc -l)" -eq "$lines" ]
}

# ---- exec probes ----

@test "exec probes are killed at the deadline, with their descendants" {
	start small --health "exec:/busybox sh -c 'sleep 1000 & sleep 1000'" \
		--health-interval 1h --health-timeout 500ms \
		--health-start-period 0 --health-retries 1 /busybox sleep 2000
	wait_until 30 shows "$server" unhealthy
	wait_until 30 only "$server" hale:unhealthy busybox
	run -1 check "$server"
	[[ $output = *'timed out after 500ms'* ]]
}

@test "exec probes leave no process behind, however often they hang" {
	start small --health "exec:/busybox sh -c '
			sleep 1000 & [ -e /calm ] || sleep 1000'" \
		--health-interval 100ms --health-timeout 200ms \
		--health-start-period 0 --health-retries 999 \
		/busybox sleep 2000
	wait_until 60 has_come_to failures 20
	docker exec "$server" /busybox touch /calm
	wait_until 30 only "$server" hale:healthy busybox
	# There is at most one attempt at a time.
	for _ in {1..10}; do
		[ "$(processes "$server" | wc -l)" -le 5 ]
	done
}

@test "an exec probe's first line of output is the reason" {
	start small --health-retries 1 "${QUICK[@]}" --health \
		"exec:/busybox sh -c 'echo queue is full; echo more; exit 3'" \
		/busybox sleep 1000
	wait_until 30 shows "$server" unhealthy
	run -1 check "$server"
	[[ $output = *'exit 3: queue is full'* && ${#lines[@]} -eq 1 ]]
}

@test "an exec probe that cannot be run is a failure with a reason" {
	start small --health exec:/no/probe --health-retries 1 "${QUICK[@]}" \
		/busybox sleep 1000
	wait_until 30 shows "$server" unhealthy
	run -1 check "$server"
	[[ $output = *"/no/probe"* ]]
}

# ---- docker stop ----

# The probe has started, and will not end by itself.
stops_in_spite_of() { # TARGET EVENT
	start small --health "$1" --health-timeout 1h \
		/busybox sh -c "$2 $SERVER"
	wait_until 30 logged "$server" ready
	wait_until 30 shows "$server" starting
	wait_until 30 logged "$server" 'probe is here'
	stop_in_time "$server"
	[ "$(status_of "$server")" = 42 ]
}

@test "docker stop does not wait for an exec probe that hangs" {
	stops_in_spite_of "exec:/busybox sh -c '
		echo probe is here >/proc/1/fd/1; sleep 1000'" ''
}

@test "docker stop does not wait for an HTTP probe that hangs" {
	stops_in_spite_of http://127.0.0.1:8080/ '
		/busybox nc -l -p 8080 -e sh -c "
			echo probe is here >/proc/1/fd/1
			sleep 1000" &'
}

# ---- Waiting for others ----

@test "--check --wait: a container waits for what it depends on" {
	local client

	start small /busybox sh -c 'until [ -e /srv/go ]; do sleep 0.1; done
		exec /busybox httpd -f -p 127.0.0.1:5432 -h /srv'
	client=$(docker run --detach --network "container:$server" \
		--entrypoint /hale small --check --wait 60s \
		tcp://127.0.0.1:5432)
	wait_until 30 logged "$client" 'waiting up to 60'
	[ "$(inspect "$client" .State.Status)" = running ]
	docker exec "$server" /busybox touch /srv/go
	wait_until 30 has_ended "$client"
	[ "$(status_of "$client")" = 0 ]
	docker logs "$client"
}

@test "--check --wait gives up when the time is over" {
	run -1 docker run --rm --network none --entrypoint /hale small \
		--check --wait 1s tcp://127.0.0.1:5432
	[[ $output = *'connection refused'* ]]
}
