#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Stopping a container under a real Docker engine: the drain, the grace period,
# what ends them early, and the exit status that Docker sees.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # timed sets took
bats_require_minimum_version 1.5.0
load helpers

# Docker kills the container after this many seconds, which no test waits for.
PATIENCE=60

# Ignores TERM, and so do its children: one in its group, one in a session of
# its own, one that is stopped, and a chain of processes in which each one
# starts the next and exits.
STUBBORN='
	trap "" TERM
	sleep 1000 &
	setsid sleep 1001 &
	setsid sh -c "kill -STOP \$\$" &
	export HOP="/busybox sh -c \"\$HOP\" &"
	/busybox sh -c "$HOP"
	echo ready
	while :; do wait; done'

# Exits on TERM at once, and leaves two processes that need some seconds, in
# sessions of their own.  One of them is stopped, and sees TERM only after CONT.
LEAVER='
	setsid sh -c "
		trap \"sleep 2; echo one finished; exit\" TERM
		echo one is there
		while :; do sleep 1000 & wait; done" &
	setsid sh -c "
		trap \"sleep 1; echo two finished; exit\" TERM
		echo two is there
		kill -STOP \$\$
		while :; do sleep 1000 & wait; done" &
	trap "exit 42" TERM
	while :; do sleep 1000 & wait; done'

# Answers requests until TERM arrives.
WEB='
	echo "good day" >/answer
	httpd -f -p 127.0.0.1:8080 -h / &
	trap "echo got TERM; exit 42" TERM
	while :; do wait; done'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	small_image
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

start() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	server=$(run_hale "$@")
}

start_web() { # HALE-OPTION...
	start small "$@" /busybox sh -c "$WEB"
	wait_until 30 answers
}

answers() {
	[ "$(docker exec "$server" /busybox wget -q -O - \
		http://127.0.0.1:8080/answer)" = 'good day' ]
}

stop_patiently() {
	timed docker stop --timeout "$PATIENCE" "$server"
	((took < PATIENCE * 1000))
}

@test "docker stop: processes that ignore TERM are killed after the grace period" {
	start small -v --grace 2s /busybox sh -c "$STUBBORN"
	wait_until 30 logged "$server" ready
	stop_patiently
	((took >= 2000))
	[ "$(status_of "$server")" = 137 ]
	logged "$server" 'hale: info: grace period expired; killing the remaining processes'
	logged "$server" "hale: warning: '/busybox' was killed by KILL after"
}

@test "without a grace period hale kills nobody, and Docker has to" {
	start small -v /busybox sh -c "$STUBBORN"
	wait_until 30 logged "$server" ready
	docker stop --timeout 3 "$server"
	[ "$(status_of "$server")" = 137 ]
	not logged "$server" 'was killed by'
}

@test "docker stop: hale waits for processes that end slowly, and no longer" {
	start small --grace "${PATIENCE}s" /busybox sh -c "$LEAVER"
	wait_until 30 logged "$server" 'one is there'
	wait_until 30 has_stopped "$server"
	stop_patiently
	[ "$(status_of "$server")" = 42 ]
	logged "$server" 'one finished'
	logged "$server" 'two finished'
}

@test "without a grace period nobody waits for them" {
	start small /busybox sh -c "$LEAVER"
	wait_until 30 logged "$server" 'one is there'
	wait_until 30 has_stopped "$server"
	stop_patiently
	[ "$(status_of "$server")" = 42 ]
	not logged "$server" finished
}

@test "when the program ends by itself, the others get the grace period" {
	start small --grace "${PATIENCE}s" /busybox sh -c '
		setsid sh -c "
			trap \"sleep 1; echo finished; exit\" TERM
			echo ready >/ready
			while :; do sleep 1000 & wait; done" &
		until [ -e /ready ]; do sleep 0.1; done
		exit 7'
	wait_until 30 has_ended "$server"
	[ "$(status_of "$server")" = 7 ]
	logged "$server" finished
}

@test "docker stop: a stopped program ends with its own status" {
	start small --grace "${PATIENCE}s" /busybox sh -c '
		trap "echo got TERM; exit 42" TERM
		kill -STOP $$
		while :; do sleep 1000 & wait; done'
	wait_until 30 has_stopped "$server"
	stop_patiently
	[ "$(status_of "$server")" = 42 ]
	logged "$server" 'got TERM'
}

@test "docker stop of 1,000 processes that ignore TERM ends after the grace period" {
	start small -v --grace 2s /busybox sh -c '
		trap "" TERM
		while [ $((n += 1)) -le 1000 ]; do sleep 1000 & done
		echo ready
		while :; do wait; done'
	wait_until 60 logged "$server" ready
	stop_patiently
	((took >= 2000))
	[ "$(status_of "$server")" = 137 ]
	logged "$server" "hale: warning: '/busybox' was killed by KILL after"
}

@test "docker stop: the server still answers during the drain" {
	start_web -v --drain 8s
	docker stop --timeout "$PATIENCE" "$server" >/dev/null 3>&- &
	wait_until 30 logged "$server" 'stopping: draining for 8s first'
	answers
	# The log shows that TERM came after the answer.
	docker exec "$server" /busybox sh -c 'echo answered >/proc/1/fd/1'
	wait "$!"
	[ "$(status_of "$server")" = 42 ]
	[ "$(docker logs "$server" 2>/dev/null | xargs)" = \
		'answered got TERM' ]
}

@test "docker stop does not return before the drain is over" {
	start_web --drain 3s
	stop_patiently
	((took >= 3000))
	[ "$(status_of "$server")" = 42 ]
}

@test "a second TERM ends the drain" {
	start_web -v --drain 1h
	docker kill --signal TERM "$server"
	wait_until 30 logged "$server" 'stopping: draining for 3600s first'
	answers
	not logged "$server" 'got TERM'
	docker kill --signal TERM "$server"
	wait_until 30 has_ended "$server"
	[ "$(status_of "$server")" = 42 ]
}

@test "--stop-signal QUIT: QUIT begins the stop, and so does TERM" {
	local signal

	for signal in QUIT TERM; do
		start small -v --stop-signal QUIT --drain 1h /busybox sh -c '
			trap "exit 42" QUIT TERM
			echo ready
			while :; do sleep 1000 & wait; done'
		wait_until 30 logged "$server" ready
		docker kill --signal "$signal" "$server"
		wait_until 30 logged "$server" 'draining'
		docker kill --signal QUIT "$server"
		wait_until 30 has_ended "$server"
		[ "$(status_of "$server")" = 42 ]
	done
}

@test "--stop-signal none: TERM is forwarded like any other signal" {
	start small -v --stop-signal none --stop-signal QUIT --drain 1h \
		/busybox sh -c '
		trap "echo got TERM" TERM
		trap "echo got QUIT; exit 42" QUIT
		echo ready
		while :; do sleep 1000 & wait; done'
	wait_until 30 logged "$server" ready
	docker kill --signal TERM "$server"
	wait_until 30 logged "$server" 'got TERM'
	not logged "$server" 'draining'
	docker kill --signal QUIT "$server"
	wait_until 30 logged "$server" 'draining'
	docker kill --signal QUIT "$server"
	wait_until 30 has_ended "$server"
	[ "$(status_of "$server")" = 42 ]
}

@test "docker kill ends everything at once, in spite of a drain and a grace period" {
	start_web -v --drain 1h --grace 1h
	docker kill --signal TERM "$server"
	wait_until 30 logged "$server" draining
	docker kill "$server"
	wait_until 30 has_ended "$server"
	[ "$(status_of "$server")" = 137 ]
	not logged "$server" 'got TERM'
	not logged "$server" 'was killed by'
}

@test "--restart on-failure:2 sees the program's status and tries twice" {
	start --restart on-failure:2 small /busybox sh -c 'exit 3'
	wait_until 60 has_ended "$server"
	[ "$(status_of "$server")" = 3 ]
	[ "$(inspect "$server" .RestartCount)" = 2 ]
}

@test "--restart on-failure:2 does not try again after a remapped status" {
	start --restart on-failure:2 small -e 3 /busybox sh -c 'exit 3'
	wait_until 60 has_ended "$server"
	[ "$(status_of "$server")" = 0 ]
	[ "$(inspect "$server" .RestartCount)" = 0 ]
}
