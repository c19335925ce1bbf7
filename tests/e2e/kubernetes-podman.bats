#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The manifests of examples/kubernetes, played by podman as far as it
# understands them.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers

EXAMPLE=$E2E_ROOT/examples/kubernetes
KEEP=io.podman.annotations.init.container.type

setup_file() {
	OBSTACLE=$(obstacle podman conmon runc nsenter busybox jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_podman
	image registry.example/hale:0.2 hale init
	image registry.example/server:1 busybox bin app init
	image registry.example/worker:1 busybox bin app tmp usr
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -n "$OBSTACLE" ] || podman pod rm --all --force
}

# An image of some of these: hale, busybox as the shell, and two programs.
image() { # NAME FILE...
	local root=$E2E/root name=$1

	shift
	mkdir -p "$root"/{app,bin,init,tmp,usr/local/bin}
	# An emptyDir is writable for everybody.  podman's volume is like the
	# directory of the image that it is mounted on.
	chmod 1777 "$root"/{init,tmp}
	cp "$HALE" "$root/hale"
	cp "$HALE" "$root/usr/local/bin/hale"
	cp "$BUSYBOX" "$root/busybox"
	ln -s -f /busybox "$root/bin/sh"
	cat >"$root/app/server" <<-'SERVER'
		#!/bin/sh
		exec /busybox httpd -f -p 8080 -h /app
	SERVER
	echo 'Hello.' >"$root/app/index.html"
	cat >"$root/app/worker" <<-'WORKER'
		#!/bin/sh
		while /busybox touch /tmp/alive; do
			/busybox sleep 1
		done
	WORKER
	chmod +x "$root"/app/*
	tar --create --directory "$root" "$@" | podman import - "$name"
	rm -rf "$root"
}

# ---- podman kube play ----

# podman wants to publish the ports, which it cannot do without a network, and
# does not know their names.  It removes the init container after its end, which
# podman 4.3 may try too early, unless the annotation says to keep it.
play() { # FILE
	sed -e '/ports:$/,/name: health/d' -e 's/port: health/port: 9090/' \
		-e "s/^\( *\)labels: {.*/&\n\1annotations: {$KEEP: always}/" \
		"$EXAMPLE/$1" >"$BATS_TEST_TMPDIR/$1"
	podman kube play --network none "$BATS_TEST_TMPDIR/$1"
}

field() { # CONTAINER FIELD
	podman inspect "$1" | jq --raw-output --compact-output ".[0]$2"
}

is_restricted() { # CONTAINER
	[ "$(field "$1" .Config.User)" = 10001:10001 ]
	[ "$(field "$1" .HostConfig.ReadonlyRootfs)" = true ]
	[ "$(field "$1" '.EffectiveCaps | length')" = 0 ]
	[ "$(field "$1" .HostConfig.SecurityOpt)" = '["no-new-privileges"]' ]
	[ "$(field "$1" .HostConfig.Memory)" = 134217728 ]
}

answers() { # CONTAINER PATH TEXT
	[ "$(podman exec "$1" /busybox wget -q -O - \
		"http://localhost:9090$2")" = "$3" ]
}

@test "http.yaml: an init container installs hale, which answers the kubelet" {
	local container

	play http.yaml
	for container in server-pod-0-server server-pod-1-server; do
		wait_until 60 only "$container" hale:healthy busybox
		is_restricted "$container"
		answers "$container" /startupz healthy
		answers "$container" /readyz healthy
		answers "$container" /livez healthy
	done
	# As the README says: with curl, in a shell.
	[ "$(field server-pod-0-server .Config.Healthcheck.Test[0])" = CMD-SHELL ]
	field server-pod-0-server '.Config.Healthcheck.Test | join(" ")'
	[[ $(field server-pod-0-server .Config.Healthcheck.Test) = \
		*curl*9090*livez* ]]
}

# podman would kill it after 10 seconds, whatever the manifest says.
@test "http.yaml: at a stop it drains, and the server ends by itself" {
	local took

	play http.yaml
	wait_until 60 only server-pod-0-server hale:healthy busybox
	[ "$(field server-pod-0-server .Config.StopTimeout)" = 10 ]
	timed podman stop --time 600 server-pod-0-server
	((took >= 5000))
	[ "$(status_of server-pod-0-server)" = 143 ]
}

@test "exec.yaml: podman runs the liveness probe, which fails when it should" {
	local container=worker-pod-0-worker

	play exec.yaml
	wait_until 60 only "$container" hale:healthy worker busybox
	is_restricted "$container"
	[ "$(field "$container" '.Config.Healthcheck.Test | join(" ")')" = \
		'CMD-SHELL /usr/local/bin/hale --check --live || exit 1' ]
	podman healthcheck run "$container"
	podman exec "$container" /usr/local/bin/hale --check --started
	podman exec "$container" /usr/local/bin/hale --check
	# The preStop hook, which podman does not run.
	timed podman exec "$container" /usr/local/bin/hale --sleep 5s
	((took >= 5000))
	signal_child "$container" STOP
	podman exec "$container" /busybox rm /tmp/alive
	wait_until 90 fails_liveness "$container"
}

fails_liveness() { # CONTAINER
	! podman healthcheck run "$1"
}
