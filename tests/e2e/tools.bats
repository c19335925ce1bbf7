#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The commands for images that have nothing but hale, under a real Docker
# engine: --install, --sleep and --version.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # timed sets took
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc nsenter busybox)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	small_context "$E2E/small"
	docker build --tag small "$E2E/small"
	image only-hale hale
	image only-busybox busybox
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	shared=$(mktemp -d "$E2E/shared.XXXXXX")
	chown 1001:1001 "$shared"
}

teardown() {
	[ -n "$OBSTACLE" ] || remove_containers
}

# An image of one file.
image() { # NAME FILE
	tar --create --directory "$E2E/small" "$2" | docker import - "$1"
}

# As an init container does it: without privileges, in an image with hale alone.
install_to() { # PATH
	docker run --rm --network none --read-only --user 1001:1001 \
		--cap-drop ALL --security-opt no-new-privileges \
		--volume "$shared:/shared" --entrypoint /hale \
		only-hale --install "$1"
}

# Is hale the only file in the shared directory?
shared_is_hale() {
	[ "$(ls -A "$shared")" = hale ]
	cmp "$shared/hale" "$HALE"
	[ "$(stat --format %a,%u "$shared/hale")" = 755,1001 ]
}

start_idle() {
	server=$(docker run --detach --network none --entrypoint /hale \
		only-hale -P)
	wait_until 30 only "$server" hale
}

@test "an init container installs hale, and another image runs under it" {
	run -0 install_to /shared/hale
	[ -z "$output" ]
	shared_is_hale
	server=$(docker run --detach --network none --read-only \
		--user 1001:1001 --cap-drop ALL --volume "$shared:/shared:ro" \
		--entrypoint /shared/hale only-busybox -- /busybox sh -c '
			trap "exit 42" TERM
			echo ready
			while :; do sleep 1000 & wait; done')
	wait_until 30 logged "$server" ready
	wait_until 10 only "$server" hale busybox sleep
	stop_in_time "$server"
	[ "$(status_of "$server")" = 42 ]
}

@test "hale is installed over one that runs" {
	install_to /shared/hale
	server=$(docker run --detach --network none \
		--volume "$shared:/shared:ro" --entrypoint /shared/hale \
		only-busybox -- /busybox sleep 1000)
	wait_until 30 only "$server" hale busybox
	run -0 install_to /shared/hale
	shared_is_hale
	only "$server" hale busybox
}

@test "if hale cannot be installed, one message says why" {
	run -125 install_to /shared/no/hale
	[ "$output" = "hale: error: cannot install hale as '/shared/no/hale': \
No such file or directory" ]
	run -125 install_to /hale
	[ "$output" = "hale: error: cannot install hale as '/hale': \
Read-only file system" ]
	chown 0:0 "$shared"
	run -125 install_to /shared/hale
	[ "$output" = "hale: error: cannot install hale as '/shared/hale': \
Permission denied" ]
	[ -z "$(ls -A "$shared")" ]
}

@test "docker exec hale --sleep: a container without a sleep can wait" {
	start_idle
	timed docker exec "$server" /hale --sleep 1s
	((took >= 1000))
}

@test "docker exec hale --sleep ends on TERM, as a sleep does" {
	local sleeper status=0

	start_idle
	docker exec "$server" /hale --sleep 1h >/dev/null 3>&- &
	wait_until 30 sleeps
	nsenter --target "$(<"$E2E/first")" --mount --pid kill "$sleeper"
	wait_until 30 gone "$!"
	wait "$!" || status=$?
	[ "$status" -eq 143 ]
}

# A process of docker exec is not a descendant of process 1, but it is in its
# PID namespace.
sleeps() {
	sleeper=$(nsenter --target "$(<"$E2E/first")" --mount --pid \
		pgrep --full --exact '/hale --sleep 1h')
}

@test "docker exec hale --version, in an image that has only hale" {
	start_idle
	run -0 docker exec --user 1001:1001 "$server" /hale --version
	[ "$output" = "$("$HALE" --version)" ]
}
