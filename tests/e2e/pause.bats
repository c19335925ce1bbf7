#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# hale as podman's pause container: under the name catatonit, with -P, it is the
# only process of the container that holds the namespaces of a pod.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # timed sets took
bats_require_minimum_version 1.5.0
load helpers

setup_file() {
	OBSTACLE=$(obstacle podman conmon runc nsenter busybox)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_podman
	# podman builds the pause image from the catatonit that it finds here.
	mkdir "$E2E/helpers"
	ln -s "$HALE" "$E2E/helpers/catatonit"
	echo "helper_binaries_dir = [\"$E2E/helpers\"]" \
		>>"$E2E/containers.conf"
	base_image small_rootfs small
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

# A pod of two containers: a web server under hale that exits with 42, and a
# client without hale.
play() { # SHARE-PROCESS-NAMESPACE
	cat >"$BATS_TEST_TMPDIR/pod.yaml" <<-END
		apiVersion: v1
		kind: Pod
		metadata:
		  name: pair
		spec:
		  shareProcessNamespace: $1
		  containers:
		  - name: web
		    image: localhost/small
		    imagePullPolicy: Never
		    command:
		    - /hale
		    - --
		    - /busybox
		    - sh
		    - -c
		    - |
		      trap "exit 42" TERM
		      echo "good day" >/answer
		      httpd -f -p 127.0.0.1:8080 -h / &
		      while :; do wait; done
		  - name: client
		    image: localhost/small
		    imagePullPolicy: Never
		    command:
		    - /busybox
		    - sh
		    - -c
		    - |
		      trap "exit 43" TERM
		      while :; do sleep 1000 & wait; done
	END
	podman kube play --network none "$BATS_TEST_TMPDIR/pod.yaml"
	infra=$(podman pod inspect --format '{{.InfraContainerID}}' pair)
	wait_until 30 answers
}

# The two share the network of the pause container.
answers() {
	[ "$(podman exec pair-client /busybox wget -q -O - \
		http://127.0.0.1:8080/answer)" = 'good day' ]
}

@test "podman kube play: the pause container of a pod is hale, and only hale" {
	local pid

	play false
	wait_until 10 only "$infra" catatonit
	pid=$(inspect "$infra" .State.Pid)
	# shellcheck disable=SC2016 # it is for the other shell
	run -0 nsenter --target "$(<"$E2E/first")" --mount --pid sh -c '
		sha256sum "/proc/$1/exe"
		tr "\0" " " <"/proc/$1/cmdline"' sh "$pid"
	[ "${lines[0]%% *}" = "$(sha256sum <"$HALE" | cut -d ' ' -f 1)" ]
	[ "${lines[1]}" = '/catatonit -P ' ]
}

@test "podman pod stop: each ends in time with its own status, and rm leaves nothing" {
	play false
	timed podman pod stop --time 60 pair
	((took < 60000))
	[ "$(status_of pair-web)" = 42 ]
	[ "$(status_of pair-client)" = 43 ]
	[ "$(status_of "$infra")" = 0 ]
	podman pod rm pair
	[ -z "$(podman pod ps --quiet)" ]
	[ -z "$(podman ps --all --quiet)" ]
}

@test "a pod that is stopped can be started again" {
	play false
	podman pod stop --time 60 pair
	podman pod start pair
	wait_until 30 answers
	wait_until 10 only "$infra" catatonit
}

@test "shareProcessNamespace: hale reaps the orphans of the whole pod" {
	play true
	"$CLI" exec --env COUNT=200 pair-client /busybox sh -c "$MAKE_ORPHANS"
	wait_until 30 has_orphans "$infra" 200 S
	podman exec pair-web /busybox killall -9 sleep
	wait_until 30 has_orphans "$infra" 0 Z
	wait_until 30 only "$infra" catatonit
	answers
}

@test "shareProcessNamespace: the pod can be stopped and removed" {
	play true
	timed podman pod stop --time 60 pair
	((took < 60000))
	[ "$(status_of "$infra")" = 0 ]
	podman pod rm pair
	[ -z "$(podman ps --all --quiet)" ]
}
