#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Health checks under podman, which runs the check when somebody tells it to: a
# timer where there is systemd, and these tests.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

URL=http://127.0.0.1:8080/health
QUICK=(--health-interval 200ms --health-timeout 10s --health-retries 1)
LOCKED=(--read-only --read-only-tmpfs=false --user 1001:1001 --cap-drop ALL
	--security-opt no-new-privileges)

setup_file() {
	OBSTACLE=$(obstacle podman conmon runc nsenter busybox jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_podman
	small_context "$E2E/small"
	mkdir "$E2E/small/srv"
	echo fine >"$E2E/small/srv/health"
	tar --create --directory "$E2E/small" hale busybox srv |
		podman import - small
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	local container

	[ -z "$OBSTACLE" ] || return 0
	# One after the other: some live in the namespaces of others.
	for container in $(podman ps --all --quiet); do
		podman rm --force --depend --ignore "$container"
	done
}

# A web server under hale, with this health check of podman.
start_web() { # CHECK [PODMAN-OPTION...]
	local check=$1

	shift
	server=$(podman run --detach --network none \
		--cgroup-parent "/${E2E##*/}" --health-cmd "$check" \
		--health-interval disable --health-retries 1 \
		--entrypoint '["/hale"]' "$@" small \
		--health "$URL" "${QUICK[@]}" \
		/busybox httpd -f -p 127.0.0.1:8080 -h /srv)
}

# The exit status of the check, the health that podman shows, and the output.
podman_says() { # STATUS HEALTH TEXT
	local status=0

	podman healthcheck run "$server" >/dev/null || status=$?
	[ "$status" -eq "$1" ] &&
		[ "$(inspect "$server" .State.Health.Status)" = "$2" ] &&
		podman inspect "$server" | jq --exit-status --arg text "$3" \
			'.[0].State.Health.Log[-1].Output |
				contains($text)' >/dev/null
}

@test "podman healthcheck run with --check follows what hale sees" {
	start_web '["/hale","--check"]'
	wait_until 30 podman_says 0 healthy healthy
	podman exec "$server" /busybox rm /srv/health
	wait_until 30 podman_says 1 unhealthy 'status 404'
	podman exec "$server" /busybox touch /srv/health
	wait_until 30 podman_says 0 healthy healthy
}

@test "podman healthcheck run with --check URL asks by itself" {
	start_web "[\"/hale\",\"--check\",\"$URL\"]"
	wait_until 30 podman_says 0 healthy healthy
	podman exec "$server" /busybox rm /srv/health
	podman_says 1 unhealthy 'status 404'
	podman exec "$server" /busybox touch /srv/health
	podman_says 0 healthy healthy
}

@test "without capabilities and on a read-only root podman's check works" {
	start_web '["/hale","--check"]' "${LOCKED[@]}"
	wait_until 30 podman_says 0 healthy healthy
	podman exec "$server" /hale --status=json |
		jq --exit-status '.state == "healthy"'
	run -0 podman exec --user 1002:1002 "$server" /hale --check
	[[ $output = *healthy* ]]
	run podman exec --user 1002:1002 "$server" /hale --status
	[[ $output = *healthy* && $output != *"$URL"* ]]
}

@test "podman run --init: hale is found although it is not process 1" {
	start_web '["/hale","--check"]' --init --init-path "$HALE"
	wait_until 30 podman_says 0 healthy healthy
	podman exec "$server" /busybox rm /srv/health
	wait_until 30 podman_says 1 unhealthy 'status 404'
}

@test "two hale processes in one PID namespace: podman's check finds the right one" {
	local first

	start_web '["/hale","--check"]'
	wait_until 30 podman_says 0 healthy healthy
	first=$server
	start_web '["/hale","--check"]' --pid "container:$first"
	wait_until 30 podman_says 0 healthy healthy
	podman exec "$server" /busybox rm /srv/health
	wait_until 30 podman_says 1 unhealthy 'status 404'
	server=$first
	podman_says 0 healthy healthy
}

@test "podman top shows the state" {
	start_web '["/hale","--check"]'
	wait_until 30 shows hale:healthy
	podman exec "$server" /busybox rm /srv/health
	wait_until 30 shows hale:unhealthy
}

shows() { # COMM
	podman top "$server" pid comm | grep -q "^1  *$1\$"
}

@test "podman pod: a container waits for a port of another one" {
	local client

	server=$(podman run --detach --network none --entrypoint '["/hale"]' \
		--cgroup-parent "/${E2E##*/}" small /busybox sh -c \
		'until [ -e /srv/go ]; do sleep 0.1; done
		exec httpd -f -p 127.0.0.1:5432 -h /srv')
	client=$(podman run --detach --network "container:$server" \
		--cgroup-parent "/${E2E##*/}" --entrypoint '["/hale"]' small \
		--check --wait 60s tcp://127.0.0.1:5432)
	wait_until 30 logged "$client" 'waiting up to 60'
	podman exec "$server" /busybox touch /srv/go
	wait_until 30 has_ended "$client"
	[ "$(status_of "$client")" = 0 ]
}
