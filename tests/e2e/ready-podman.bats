#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Readiness under podman: a Pod of `podman kube play` whose database is down,
# and notifications on their way from the program to the process that started
# podman.

# shellcheck disable=SC2016 # what is quoted is for the container's shell
# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

# In place of systemd: write each notification to a file.
LISTENER='
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as log:
    while True:
        log.write(server.recv(4096) + b"\n")'

# Sends READY=1 when a file appears.
NOTIFIER='
import os, socket, time
print("started", flush=True)
while not os.path.exists("/tmp/go"):
    time.sleep(0.1)
name = os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(name)
s.sendall(b"READY=1\nSTATUS=serving")
print("notified", flush=True)
time.sleep(1000)'

setup_file() {
	OBSTACLE=$(obstacle podman conmon runc nsenter busybox python3)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_podman
	small_context "$E2E/small"
	# podman runs the probes of a Pod by /bin/sh.  Python has its libraries
	# in /usr, which is this machine's.
	mkdir "$E2E/small"/{bin,tmp}
	ln -s /busybox "$E2E/small/bin/sh"
	cp -P /lib /lib64 "$E2E/small"
	tar --create --directory "$E2E/small" hale busybox bin tmp lib lib64 |
		podman import - small
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -z "$OBSTACLE" ] || return 0
	[ -z "${listener-}" ] || kill "$listener"
	podman pod rm --all --force
	remove_containers
}

# ---- podman kube play ----

play() {
	cat >"$BATS_TEST_TMPDIR/pod.yaml" <<-'END'
		apiVersion: v1
		kind: Pod
		metadata:
		  name: shop
		spec:
		  restartPolicy: Always
		  containers:
		  - name: app
		    image: localhost/small
		    imagePullPolicy: Never
		    command: [/hale, --health, "http://localhost:8080/hale",
		      --ready, "tcp://localhost:5432", --health-interval, 500ms,
		      --health-retries, "2", --on-unhealthy, stop, --]
		    args: [/busybox, httpd, -f, -p, "8080", -h, /]
		    livenessProbe:
		      exec: {command: [/hale, --check, --live]}
		      failureThreshold: 1
		      periodSeconds: 1000
		  - name: db
		    image: localhost/small
		    imagePullPolicy: Never
		    command: [/hale, --, /busybox, httpd, -f, -p, "5432", -h, /]
	END
	podman kube play --network none "$BATS_TEST_TMPDIR/pod.yaml"
}

shows() { # STATE
	only shop-app "hale:$1" busybox
}

@test "podman kube play: a database that is down restarts nobody" {
	play
	wait_until 30 shows healthy
	podman stop --time 5 shop-db
	wait_until 30 shows unready
	for _ in 1 2 3; do
		podman healthcheck run shop-app
	done
	run -1 podman exec shop-app /hale --check
	[[ $output = 'unready: tcp://localhost:5432: connection refused' ]]
	podman start shop-db
	wait_until 30 shows healthy
	[ "$(inspect shop-app .RestartCount)" = 0 ]
	not logged shop-app unhealthy
}

# ---- podman run --sdnotify=container ----

start_listener() {
	heard=$BATS_TEST_TMPDIR/heard
	outside=$E2E/outside.$BATS_TEST_NUMBER
	: >"$heard"
	python3 -c "$LISTENER" "$outside" "$heard" 3>&- 4>&- &
	listener=$!
	wait_until 10 test -S "$outside"
}

has_heard() { # LINE
	grep -q -x -F -e "$1" "$heard"
}

notifies_through() { # HALE-OPTION...
	start_listener
	server=$(NOTIFY_SOCKET=$outside podman run --detach \
		--sdnotify container --network none \
		--cgroup-parent "/${E2E##*/}" --volume /usr:/usr:ro \
		--entrypoint '["/hale"]' small "$@" \
		-- /usr/bin/python3 -c "$NOTIFIER")
	wait_until 30 logged "$server" started
	not has_heard READY=1
	podman exec "$server" /busybox touch /tmp/go
	wait_until 30 has_heard READY=1
	wait_until 30 logged "$server" notified
}

@test "--sdnotify=container: hale hears READY=1, and so does the listener outside" {
	notifies_through --health notify:
	wait_until 30 podman exec "$server" /hale --check
	run -0 podman exec "$server" /hale --status
	[[ $output = *'output: serving'* ]]
}

@test "--sdnotify=container without notify: the program notifies the outside" {
	notifies_through --grace 5s
}
