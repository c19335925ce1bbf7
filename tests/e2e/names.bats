#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# hale under the name docker-init: Docker's daemon gets a symbolic link of that
# name, reads its version, and starts containers with it.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # run sets stderr
bats_require_minimum_version 1.5.0
load helpers

SERVER='
	trap "echo got TERM; exit 42" TERM
	echo ready
	while :; do sleep 1000 & wait; done'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	ln -s "$HALE" "$BATS_FILE_TMPDIR/docker-init"
	start_docker "$BATS_FILE_TMPDIR/docker-init"
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

# Run hale under this name in a container.
called() { # NAME ARG...
	local link=$1

	shift
	mkdir -p "$E2E/$link"
	ln -s /hale "$E2E/$link/$link" 2>/dev/null || true
	docker run --rm --network none --volume "$E2E/$link:/names" \
		--entrypoint "/names/$link" small "$@"
}

@test "the daemon reads the version of a docker-init that is hale" {
	local version

	run -0 docker info
	[[ $output = *"Init Binary: $BATS_FILE_TMPDIR/docker-init"* ]]
	not grep -F 'init version: N/A' <<<"$output"
	not grep -F 'failed to parse' "$E2E/log"
	version=$("$HALE" --version)
	run -0 "$BATS_FILE_TMPDIR/docker-init" --version
	[ "$output" = "tini version ${version#hale }" ]
}

@test "docker run --init takes the docker-init that is hale" {
	server=$(docker run --detach --network none --init \
		--entrypoint /busybox small sh -c "$SERVER")
	wait_until 30 logged "$server" ready
	run -0 docker exec "$server" /busybox sha256sum /proc/1/exe
	[ "${output%% *}" = "$(sha256sum <"$HALE" | cut -d ' ' -f 1)" ]
	wait_until 10 only "$server" docker-init busybox sleep
	kill_orphans "$server" 50
	wait_until 10 only "$server" docker-init busybox sleep
	stop_in_time "$server"
	[ "$(status_of "$server")" = 42 ]
	logged "$server" 'got TERM'
}

@test "docker run --init: 127 and 126 for a program that does not run" {
	run -127 docker run --rm --network none --init \
		--entrypoint /no/program small
	[[ $output = *"cannot run '/no/program': "[Nn]"o such file"* ]]
	run -126 docker run --rm --network none --init \
		--entrypoint /proc small
	[ "$output" = "hale: error: cannot run '/proc': Permission denied" ]
}

@test "a symbolic link to hale behaves like the init whose name it has" {
	run -1 called tini --no-such-option
	run -1 called catatonit --no-such-option
	run -1 called dumb-init --no-such-option
	run -127 called tini /no/program
	run -1 called catatonit /no/program
	run -2 called dumb-init /no/program
	run -42 called dumb-init -c /busybox sh -c 'exit 42'
	run -0 --separate-stderr called tini --version
	[[ $output = 'tini version '* ]]
	run -0 --separate-stderr called dumb-init --version
	[[ $output = '' && $stderr = 'dumb-init v'* ]]
}

@test "an image's link called catatonit with -P only reaps, and ends on TERM" {
	mkdir "$E2E/pause"
	ln -s /hale "$E2E/pause/catatonit"
	server=$(docker run --detach --network none \
		--volume "$E2E/pause:/names" --entrypoint /names/catatonit \
		small -P)
	wait_until 30 only "$server" catatonit
	kill_orphans "$server" 50
	wait_until 10 only "$server" catatonit
	stop_in_time "$server"
	[ "$(status_of "$server")" = 0 ]
}
