#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# notify: targets in containers of a real Docker engine, with systemd-notify(1)
# and Python as senders: with all restrictions, paused, and in a shared network.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # timed sets took
bats_require_minimum_version 1.5.0
load helpers

LOCKED=(--read-only --user 1001:1001 --cap-drop ALL
	--security-opt no-new-privileges)

# Sends READY=1 when a file appears.
READY='until [ -e /tmp/go ]; do /busybox sleep 0.1; done
	systemd-notify --ready --status="serving" && echo told
	/hale --check && exec /busybox sleep 1000'

# Sends READY=1, and then WATCHDOG=1 until a file appears.
ALIVE='systemd-notify --ready
	while [ ! -e /tmp/hang ]; do
		systemd-notify WATCHDOG=1
		/busybox sleep 0.2
	done
	exec /busybox sleep 1000'

# The protocol of sd_notify(3), without the library.
PYTHON='
import os, socket, time
name = os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1)
pause = int(os.environ["WATCHDOG_USEC"]) / 2000000
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(name)
s.sendall(b"READY=1\nSTATUS=from Python")
while not os.path.exists("/tmp/hang"):
    s.sendall(b"WATCHDOG=1")
    time.sleep(pause)
time.sleep(1000)'

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox python3 jq \
		systemd-notify)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	notify_image
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

# A shell, systemd-notify, Python, and hale.
notify_image() {
	local root=$E2E/notify

	mkdir -p "$root"/{etc,usr/bin,usr/lib}
	mkdir -m 1777 "$root/tmp"
	ln -s usr/bin "$root/bin"
	copy_to "$root" /bin/sh "$(command -v systemd-notify)"
	add_python "$root"
	cp "$HALE" "$root/hale"
	cp "$BUSYBOX" "$root/busybox"
	import "$root" notify
	rm -rf "$root"
}

start() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	server=$(run_hale "$@")
}

shows() { # CONTAINER STATE
	docker top "$1" -eo pid,comm 2>/dev/null | sed -n 2p |
		grep -q " hale:$2\$"
}

status() { # CONTAINER JQ-CONDITION
	docker exec "$1" /hale --status=json | jq --exit-status "$2"
}

tell() { # CONTAINER FILE
	docker exec "$1" /busybox touch "/tmp/$2"
}

# The NOTIFY_SOCKET of the container's program.
name_of() { # CONTAINER
	local program

	program=$(docker exec "$1" /hale --status=json | jq .program)
	docker exec "$1" /busybox sh -c \
		'/busybox tr "\0" "\n" <"/proc/$0/environ"' "$program" |
		sed -n 's/^NOTIFY_SOCKET=//p'
}

@test "systemd-notify ends the state starting in a container without privileges" {
	start "${LOCKED[@]}" --tmpfs /tmp notify --health notify: \
		--health-start-period 1h sh -c "$READY"
	wait_until 30 shows "$server" starting
	tell "$server" go
	wait_until 30 shows "$server" healthy
	# systemd-notify waits 5 seconds for its barrier, and complains if hale
	# does not close it.  By then the state is published.
	wait_until 30 logged "$server" healthy
	logged "$server" told
	not logged "$server" starting:
	not logged "$server" Failed
	status "$server" '.targets[0].output == "serving"'
}

@test "systemd-notify keeps it healthy, and a hang stops the container" {
	start notify --health 'notify:?max-age=2s' --health-interval 500ms \
		--health-start-period 1h --on-unhealthy stop --grace 3s \
		sh -c "$ALIVE"
	wait_until 30 shows "$server" healthy
	not status "$server" '.targets[0].failures > 0'
	tell "$server" hang
	wait_until 30 has_ended "$server"
	[ "$(status_of "$server")" -eq 124 ]
	logged "$server" "no WATCHDOG=1 in time"
}

@test "Python notifies hale without a library" {
	start "${LOCKED[@]}" --tmpfs /tmp notify \
		--health 'notify:?max-age=3s' --health-interval 500ms \
		--health-start-period 1h /usr/bin/python3 -c "$PYTHON"
	wait_until 30 shows "$server" healthy
	status "$server" '.targets[0].output == "from Python"'
	tell "$server" hang
	wait_until 30 shows "$server" unhealthy
}

@test "a container is as healthy after a pause as before" {
	start notify --health 'notify:?max-age=2s' --health-interval 1h \
		--health-retries 1 --health-start-period 1h sh -c "$ALIVE"
	wait_until 30 shows "$server" healthy
	docker pause "$server"
	sleep 5
	docker unpause "$server"
	wait_until 30 docker exec "$server" /hale --check
	not logged "$server" unhealthy
}

# The containers of a pod share a network in this way.
@test "notifications from another container on the same network are ignored" {
	local name other

	start notify --health notify: --health-start-period 1h \
		/busybox sleep 1000
	wait_until 30 shows "$server" starting
	name=$(name_of "$server")
	[ "${name#@}" != "$name" ]
	other=$(docker run --detach --network "container:$server" \
		--entrypoint /hale --env NAME="$name" notify --health notify: \
		sh -c 'NOTIFY_SOCKET=$NAME systemd-notify --ready && echo sent
			systemd-notify --ready && exec /busybox sleep 1000')
	wait_until 30 shows "$other" healthy
	logged "$other" sent
	shows "$server" starting
	[ "$(name_of "$other")" != "$name" ]
}
