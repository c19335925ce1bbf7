#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# hale under podman: as the init that --init adds, and as an entry point.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

# A server that says what arrives, and ends with a status like no other.
SERVER='
	trap "echo got TERM; exit 42" TERM
	trap "echo got USR1" USR1
	trap "echo got RTMIN+3" 37
	echo ready
	while :; do sleep 1000 & wait; done'

setup_file() {
	OBSTACLE=$(obstacle podman conmon runc nsenter busybox)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_podman
	base_image small_rootfs small
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

# hale as podman's init, in an image that does not start it by itself.
start_with_init() {
	server=$(create --detach --init --init-path "$HALE" \
		small /busybox sh -c "$SERVER")
	wait_until 30 logged "$server" ready
}

create() { # PODMAN-RUN-OPTION...
	podman run --network none --cgroup-parent "/${E2E##*/}" "$@"
}

@test "podman run --init: process 1 is hale" {
	start_with_init
	run -0 podman exec "$server" /busybox sha256sum /proc/1/exe
	[ "${output%% *}" = "$(sha256sum <"$HALE" | cut -d ' ' -f 1)" ]
	wait_until 10 only "$server" podman-init busybox sleep
}

@test "podman run --init: the container ends with the program's status" {
	run -42 create --rm --init --init-path "$HALE" \
		small /busybox sh -c 'exit 42'
	[ -z "$output" ]
}

@test "podman run --init: podman stop ends the program in time" {
	start_with_init
	stop_in_time "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 42 ]
	logged "$server" 'got TERM'
}

@test "podman run --init: signals reach the program" {
	start_with_init
	podman kill --signal USR1 "$server"
	wait_until 10 logged "$server" 'got USR1'
	podman kill --signal RTMIN+3 "$server"
	wait_until 10 logged "$server" 'got RTMIN+3'
}

@test "podman run --init: no zombie is left of orphans" {
	server=$(create --detach --interactive --init --init-path "$HALE" \
		small /busybox sleep 1000)
	kill_orphans "$server" 200
	wait_until 10 only "$server" podman-init busybox
}

@test "hale as entry point: podman stop ends the program in time" {
	server=$(create --detach --read-only --user 1001:1001 --cap-drop ALL \
		--security-opt no-new-privileges --entrypoint '["/hale","--"]' \
		small /busybox sh -c "$SERVER")
	wait_until 30 logged "$server" ready
	wait_until 10 only "$server" hale busybox sleep
	stop_in_time "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 42 ]
}

@test "hale as entry point: 127 and 126 for a program that does not run" {
	run -127 create --rm --entrypoint '["/hale","--"]' small /no/program
	[[ $output = *"cannot run '/no/program': "[Nn]"o such file"* ]]
	run -126 create --rm --entrypoint '["/hale","--"]' small /proc
	[ "$output" = "hale: error: cannot run '/proc': Permission denied" ]
}
