#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Builds Dockerfile.example with a real Docker engine, on base images made here,
# and runs it as its comments say.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc node busybox \
		gcc musl-gcc make jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	base_image node_rootfs node-stand-in:nonroot
	base_image alpine_rootfs alpine-stand-in:3.22
	# Without a network, so that nothing can come from elsewhere.
	docker build --network none --file "$E2E_ROOT/Dockerfile.example" \
		--build-arg ALPINE=alpine-stand-in \
		--build-arg NODE=node-stand-in --tag example "$E2E_ROOT"
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

# Start the server as a careful operator does, and wait until it listens.
start_server() { # [DOCKER-OPTION...]
	server=$(docker run --detach --network none --read-only --cap-drop ALL \
		--security-opt no-new-privileges "$@" example)
	wait_until 30 logged "$server" 'listening on port 8080'
}

# A request from inside: the container has its own loopback and nothing else.
greeting() {
	docker exec "$server" /nodejs/bin/node -e '
		fetch("http://127.0.0.1:8080/")
			.then((answer) => answer.text())
			.then((text) => process.stdout.write(text));'
}

@test "the image starts hale as an unprivileged user, and has no shell" {
	local files

	[ "$(inspect example .Config.User)" = 1001:1001 ]
	[[ $(inspect example .Config.Entrypoint) = '[/sbin/hale,'*',--]' ]]
	docker create --name files example
	files=$(docker export files | tar --list)
	grep -qx 'sbin/hale' <<<"$files"
	grep -qx 'app/server.js' <<<"$files"
	not grep -E '(^|/)(sh|bash|busybox)$' <<<"$files"
}

@test "the hale of the image is one static file of at most 96 KiB" {
	docker create --name files example
	docker cp files:/sbin/hale "$BATS_TEST_TMPDIR/hale"
	[ "$(stat --format %s "$BATS_TEST_TMPDIR/hale")" -le 98304 ]
	run -0 readelf --program-headers "$BATS_TEST_TMPDIR/hale"
	[[ $output != *INTERP* ]]
}

@test "the Node server answers on a read-only root without any capability" {
	start_server
	[ "$(greeting)" = 'Hello from a container that hale looks after.' ]
}

@test "process 1 is hale, node is its child, and both are user 1001" {
	start_server
	wait_until 30 only "$server" hale:healthy node
	run docker top "$server" -eo pid,ppid,uid,comm
	[ "${#lines[@]}" -eq 3 ]
	read -r hale _ uid comm <<<"${lines[1]}"
	[ "$uid $comm" = '1001 hale:healthy' ]
	read -r _ parent uid comm <<<"${lines[2]}"
	[ "$parent $uid $comm" = "$hale 1001 node" ]
}

@test "docker stop ends the server in time, with the server's own status" {
	start_server --env EXIT_STATUS=42
	stop_in_time "$server"
	[ "$(inspect "$server" .State.ExitCode)" = 42 ]
	logged "$server" 'SIGTERM: finishing'
}

@test "docker kill -s USR1 reaches node, which opens its debugger" {
	start_server
	docker kill --signal USR1 "$server"
	wait_until 10 logged "$server" 'Debugger listening on'
	[ "$(greeting)" = 'Hello from a container that hale looks after.' ]
}

@test "no zombie is left of 2000 orphans that die at once" {
	start_server --volume "$BUSYBOX:/busybox:ro"
	kill_orphans "$server" 2000
	wait_until 10 only "$server" hale:healthy node
	[ "$(greeting)" = 'Hello from a container that hale looks after.' ]
}

# The HEALTHCHECK as it is, but more often than a test can wait for.
start_checked() { # [DOCKER-OPTION...]
	start_server --health-interval 500ms "$@"
	wait_until 30 docker_says healthy
}

docker_says() { # STATE
	[ "$(inspect "$server" .State.Health.Status)" = "$1" ]
}

# The server is there, and answers nobody.
stop_node() {
	signal_child "$server" STOP
}

@test "HEALTHCHECK says healthy, and unhealthy once the server hangs" {
	start_checked --env HALE_HEALTH_RETRIES=1 \
		--env HALE_HEALTH_INTERVAL=500ms \
		--env HALE_HEALTH_TIMEOUT=500ms
	stop_node
	wait_until 30 docker_says unhealthy
	docker inspect --format '{{json .State.Health.Log}}' "$server" |
		jq --exit-status 'any(.Output | startswith("unhealthy: ") and
			contains(": timed out after 500ms"))'
}

@test "HEALTHCHECK finds the server on the port that PORT says" {
	server=$(docker run --detach --network none --read-only \
		--cap-drop ALL --security-opt no-new-privileges \
		--env PORT=9090 --health-interval 500ms example)
	wait_until 30 docker_says healthy
	run -0 docker exec "$server" /sbin/hale --check http://localhost:9090/
	run -1 docker exec "$server" /sbin/hale --check http://localhost:8080/
}

@test "HALE_ON_UNHEALTHY=stop and a restart policy bring a hung server back" {
	start_checked --restart on-failure --env HALE_ON_UNHEALTHY=stop \
		--env HALE_GRACE=1s --env HALE_HEALTH_RETRIES=1 \
		--env HALE_HEALTH_INTERVAL=500ms \
		--env HALE_HEALTH_TIMEOUT=500ms
	stop_node
	wait_until 60 has_restarted
	wait_until 30 docker_says healthy
	[ "$(greeting)" = 'Hello from a container that hale looks after.' ]
}

has_restarted() {
	[ "$(inspect "$server" .RestartCount)" -ge 1 ]
}
