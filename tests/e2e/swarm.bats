#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# hale in the tasks of a real Docker Swarm of one node: an unhealthy task is
# replaced, and with --drain a rolling update loses no request.
#
# The swarm has a network namespace of its own, without a way to a registry.
# The client reaches the tasks over an overlay network by their addresses,
# because virtual addresses and the ingress need IPVS, which not every kernel
# has ("Could not get ipvs family information from the kernel", and connections
# fail with EHOSTUNREACH).  Two seconds before Swarm stops a task, it removes
# the address from its name server.  Clients that have looked it up before still
# come, and the drain is for them.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

# Together with Swarm's two seconds, four seconds more than the client keeps an
# address.
DRAIN=8s

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc iptables node \
		busybox jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker "$HALE" network
	docker swarm init --advertise-addr 127.0.0.1 \
		--listen-addr 127.0.0.1:2377
	docker network create --driver overlay --attachable lan
	server_image 1
	server_image 2
}

teardown_file() {
	[ -n "$OBSTACLE" ] || docker swarm leave --force
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -z "$OBSTACLE" ] || return 0
	docker service rm web
	remove_containers
}

# ---- Images ----

# The server of Dockerfile.example, and its client.
server_image() { # VERSION
	local context=$E2E/web

	if [ ! -d "$context" ]; then
		base_image node_rootfs node-base
		mkdir "$context"
		cp "$HALE" "$context/hale"
		cp "$E2E_ROOT/examples/node/server.js" \
			"$E2E_ROOT/tests/e2e/client.js" "$context"
		printf 'FROM node-base\nCOPY * /\n' >"$context/Dockerfile"
		docker build --tag node "$context"
	fi
	docker build --tag "web:$1" --label version="$1" - <<-'END'
		FROM node
		USER 1001:1001
		ENTRYPOINT ["/hale", "--health", "http://127.0.0.1:8080/", \
			"--health-start-period", "1h", "--"]
		CMD ["/nodejs/bin/node", "/server.js"]
		HEALTHCHECK --interval=500ms --timeout=30s --retries=1 \
			--start-period=1h CMD ["/hale", "--check"]
	END
}

# By its ID, since Swarm asks a registry about a name.
image() { # VERSION
	inspect "web:$1" .Id
}

# ---- Services and tasks ----

start_service() { # SERVICE-OPTION...
	docker service create --detach --no-resolve-image --name web \
		--network lan --endpoint-mode dnsrr --restart-delay 0s \
		--stop-grace-period 60s "$@" "$(image 1)"
}

# Is this number of tasks running?  A task with a HEALTHCHECK is running for
# Swarm only when it is healthy.
runs() { # COUNT
	[ "$(tasks .CurrentState | grep -c '^Running ')" -eq "$1" ]
}

# A field of each task that should be running.
tasks() { # FIELD
	docker service ps --no-trunc --filter desired-state=running \
		--format "{{$1}}" web
}

container() { # TASK
	inspect "$1" .Status.ContainerStatus.ContainerID
}

is_replaced() { # TASK
	runs 1 && [ "$(tasks .ID)" != "$1" ]
}

# Asks hale itself, since the service may have no HEALTHCHECK.
is_healthy() {
	docker exec "$(container "$(tasks .ID)")" /hale --check
} >/dev/null 2>&1

# A server that hangs, with settings that find this out soon.
start_and_hang() { # SERVICE-OPTION...
	start_service --env HALE_HEALTH_INTERVAL=500ms \
		--env HALE_HEALTH_TIMEOUT=2s --env HALE_HEALTH_RETRIES=1 \
		--env HALE_GRACE=1s "$@"
	wait_until 60 runs 1
	wait_until 60 is_healthy
	task=$(tasks .ID)
	signal_child "$(container "$task")" STOP
	wait_until 60 is_replaced "$task"
	wait_until 60 is_healthy
}

# The reason that Swarm shows for the end of a task.
error_of() { # TASK
	inspect "$1" .Status.Err
}

# ---- Unhealthy tasks ----

@test "a task that hale --check says is unhealthy is replaced" {
	start_and_hang --env EXIT_STATUS=3
	[ "$(error_of "$task")" = \
		'task: non-zero exit (3): dockerexec: unhealthy container' ]
}

@test "--on-unhealthy stop: the task is replaced, without a HEALTHCHECK" {
	start_and_hang --no-healthcheck --restart-condition on-failure \
		--env HALE_ON_UNHEALTHY=stop
	[ "$(error_of "$task")" = 'task: non-zero exit (124)' ]
}

# ---- A rolling update ----

# Both tasks are replaced, one by one, while a client sends requests all the
# time.  The update begins right after the client has looked up the addresses,
# when it will keep them for the longest time.
update() { # SERVICE-OPTION...
	start_service --replicas 2 --update-parallelism 1 \
		--update-monitor 1s --env HALE_LOG_LEVEL=info \
		--env HALE_HEALTH_TIMEOUT=30s "$@"
	wait_until 60 runs 2
	client=$(docker run --detach --network lan --entrypoint /hale web:1 \
		-- /nodejs/bin/node /client.js web 8080)
	wait_until 60 logged "$client" 'asked 100'
	wait_for_lookup
	docker service update --detach --no-resolve-image \
		--image "$(image 2)" web
}

wait_for_lookup() {
	wait_until 60 has_looked_up $(($(lookups) + 1))
}

has_looked_up() { # TIMES
	[ "$(lookups)" -ge "$1" ]
}

lookups() {
	docker logs "$client" | grep -c 'looked up'
}

# Wait until the client uses the new tasks, and until the last of the old ones
# has ended, which may be later than the end of the update.
finish_update() {
	wait_until 120 is_updated
	wait_for_lookup
	docker stop --timeout 60 "$client"
	docker logs "$client" | tail -n 20
	[ "$(status_of "$client")" = 0 ]
}

is_updated() {
	[ "$(inspect web .UpdateStatus.State 2>/dev/null)" = completed ] &&
		runs 2 && [ -z "$(old_tasks)" ]
}

# The containers of the first version; with --all also those that have ended.
old_tasks() { # [--all]
	docker ps --quiet "$@" --filter label=version=1 \
		--filter label=com.docker.swarm.service.name=web
}

# No request was lost, and the client knew all four tasks.
lost_nothing() {
	docker logs "$client" | tail -n 1 |
		jq --exit-status '.lost == 0 and .addresses == 4'
}

# The old tasks drained and then exited with 0.
were_drained() {
	local old

	mapfile -t old < <(old_tasks --all)
	[ "${#old[@]}" -eq 2 ]
	for container in "${old[@]}"; do
		logged "$container" "stopping: draining for ${DRAIN%s}s"
		logged "$container" 'SIGTERM: finishing'
		[ "$(status_of "$container")" = 0 ]
	done
}

@test "a rolling update, start-first: --drain loses no request" {
	update --update-order start-first --env HALE_DRAIN="$DRAIN"
	finish_update
	lost_nothing
	were_drained
}

@test "a rolling update, stop-first: --drain loses no request" {
	update --update-order stop-first --env HALE_DRAIN="$DRAIN"
	finish_update
	lost_nothing
	were_drained
}

# The control: the first task is gone before the client looks up addresses
# again, and the client notices.
@test "a rolling update, stop-first: without --drain requests are lost" {
	update --update-order stop-first
	wait_until 60 logged "$client" 'lost at'
}
