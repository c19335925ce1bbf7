# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the end-to-end tests share: an engine for each file, images made of what
# the machine has, since nothing can be pulled, and waiting for events.

E2E_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where the daemons are
HALE=$(realpath "${HALE:-$E2E_ROOT/hale}")
BUSYBOX=${BUSYBOX:-$(command -v busybox)}

# ---- Waiting ----

# Run COMMAND until it succeeds.  The only wait there is, and always bounded.
wait_until() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		if ((SECONDS > end)); then
			echo "did not happen in time: $*" >&2
			return 1
		fi
		sleep 0.1
	done
}

# `! command` does not fail a test; this does.
not() { # COMMAND...
	! "$@"
}

gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

milliseconds() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# How many milliseconds COMMAND takes goes to $took.
timed() { # COMMAND...
	local began status=0

	began=$(milliseconds)
	"$@" || status=$?
	took=$(($(milliseconds) - began))
	echo "took $took ms: $*"
	return "$status"
}

# ---- The engine ----

# Why this machine cannot run the engine; nothing when it can.
obstacle() { # COMMAND...
	local command

	if [ "$EUID" -ne 0 ]; then
		echo "needs root: containers are started for real"
		return
	fi
	for command; do
		if ! command -v "$command" >/dev/null; then
			echo "needs $command, which is not installed"
			return
		fi
	done
	if [ -n "$BUSYBOX" ] && ldd "$BUSYBOX" >/dev/null 2>&1; then
		echo "needs a static busybox, and $BUSYBOX is not"
		return
	fi
	if ! unshare --pid --mount --fork --mount-proc true 2>/dev/null; then
		echo "needs namespaces, which this machine does not allow"
	fi
}

# Start the engine in a directory of its own, E2E, that goes with it.
start_engine() { # docker|network|podman INIT
	E2E=$(mktemp -d "${TMPDIR:-/tmp}/hale-e2e.XXXXXX")
	export E2E
	# Not one of bats' descriptors, or bats waits for the engine.
	setsid "$E2E_ROOT/tests/e2e/engine" "$1" "$$" "$E2E" "$2" \
		</dev/null >"$E2E/log" 2>&1 3>&- 4>&- &
	export ENGINE=$!
	wait_until 10 test -s "$E2E/first" || { cat "$E2E/log" && return 1; }
}

stop_engine() {
	[ -n "${ENGINE-}" ] || return 0
	kill -TERM "$ENGINE" 2>/dev/null
	wait_until 60 gone "$ENGINE"
	wait_until 1 test ! -e "$E2E"
}

start_docker() { # [INIT [docker|network]]
	export CLI=docker
	start_engine "${2-docker}" "${1-$HALE}"
	export DOCKER_HOST=unix://$E2E/docker.sock DOCKER_CONFIG=$E2E/config
	export DOCKER_BUILDKIT=0
	unset DOCKER_CONTEXT DOCKER_TLS_VERIFY
	if ! wait_until 60 docker_answers; then
		tail -n 40 "$E2E/log"
		return 1
	fi
}

docker_answers() {
	docker version >/dev/null 2>&1
}

# podman asks for more than may be had.  Processes are counted by user, in all
# containers of the machine: other tests have thousands.
start_podman() {
	local most

	most=$(ulimit -H -u)
	most=${most/unlimited/-1}
	export CLI=podman
	start_engine podman "$HALE"
	cat >"$E2E/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=$most:$most"]
		[engine]
		lock_type = "file"
	END
}

podman() {
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		env CONTAINERS_CONF="$E2E/containers.conf" TMPDIR="$E2E" \
		podman --runtime runc --cgroup-manager cgroupfs \
		--storage-driver vfs --events-backend none \
		--root "$E2E/storage" --runroot "$E2E/run" --tmpdir "$E2E/tmp" \
		"$@"
}

# ---- Images ----

# A context for `docker build` that holds hale and one static program.
small_context() { # DIR
	mkdir -p "$1"
	cp "$HALE" "$1/hale"
	cp "$BUSYBOX" "$1/busybox"
	cat >"$1/Dockerfile" <<-'END'
		FROM scratch
		COPY hale busybox /
		ENTRYPOINT ["/hale", "--"]
	END
}

# The libraries that files of this machine load.
libraries() { # FILE...
	local file

	for file; do
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*'
	done
}

# Put files of this machine, and the libraries they load, where they are here.
copy_to() { # ROOT FILE...
	local root=$1

	shift
	{ printf '%s\n' "$@" && libraries "$@"; } | sort -u |
		xargs cp -L --parents --target-directory "$root"
}

# What stands for Distroless' Node image: node, its libraries, nothing else.
node_rootfs() { # ROOT
	local node

	node=$(command -v node)
	mkdir -p "$1/nodejs/bin"
	copy_to "$1" "$node"
	mv "$1$node" "$1/nodejs/bin/node"
}

# What stands for Debian: its shell, its libraries, and three servers.
debian_rootfs() { # ROOT
	mkdir -p "$1"/{etc,usr/bin,usr/lib,usr/sbin}
	mkdir -m 1777 "$1/tmp"
	ln -s usr/bin "$1/bin"
	ln -s usr/sbin "$1/sbin"
	copy_to "$1" /bin/sh "$(command -v node)" "$(command -v nginx)"
	add_python "$1"
}

# From wherever it is, and that may be in a home that is closed to others, to
# where Debian has it: it finds its library by itself.
add_python() { # ROOT
	local python library

	read -r python library < <(PATH=/usr/bin:$PATH python3 -c 'if True:
		import os, sys, sysconfig
		print(os.path.realpath(sys.executable),
		      sysconfig.get_path("stdlib"))')
	libraries "$python" "$library"/lib-dynload/*.so | sort -u |
		xargs cp -L --parents --target-directory "$1"
	cp "$python" "$1/usr/bin/python3"
	tar --create --directory "${library%/*}" --exclude '*-packages' \
		--exclude 'config-*' --exclude test "${library##*/}" |
		tar --extract --directory "$1/usr/lib"
	chmod --recursive a+rX "$1"
}

# What stands for Alpine: Debian's gcc, make and musl, and busybox for a shell.
# There is no network, so its apk installs nothing: it only makes sure that what
# it is asked for is what has been put here.
alpine_rootfs() { # ROOT
	local root=$1 libraries applet

	libraries=$(dirname "$(gcc -print-libgcc-file-name)")
	mkdir -p "$root/bin" "$root/tmp"
	cp "$BUSYBOX" "$root/bin/busybox"
	for applet in $("$BUSYBOX" --list); do
		ln -s busybox "$root/bin/$applet" 2>/dev/null || true
	done
	copy_to "$root" "$(gcc -print-prog-name=cc1)" \
		"$(gcc -print-prog-name=collect2)" \
		"$(gcc -print-file-name=liblto_plugin.so)" \
		"$(command -v "$(gcc -dumpmachine)-gcc")" "$(command -v as)" \
		"$(command -v ld)" "$(command -v make)" "$(command -v musl-gcc)"
	set -- "$libraries"/{crt*.o,libgcc*.a,include} \
		"$(dirname "$(musl_specs)")" "$(musl_headers)"
	tar --create --directory / "${@#/}" |
		tar --extract --directory "$root"
	cat >"$root/bin/apk" <<-'END'
		#!/bin/sh
		[ "$1 $2" = "add --no-cache" ] || exit 1
		shift 2
		for package; do
			case $package in
			gcc | make | musl-dev) echo "$package is here" ;;
			*) echo "no such package here: $package"; exit 1 ;;
			esac
		done
	END
	chmod +x "$root/bin/apk"
}

musl_specs() {
	grep -o '/[^ "]*\.specs' "$(command -v musl-gcc)"
}

musl_headers() {
	grep -o -m 1 '/usr/include/[^ ]*' "$(musl_specs)" | head -n 1
}

import() { # ROOT IMAGE
	tar --create --directory "$1" --numeric-owner . |
		docker import - "$2" >/dev/null
}

# ---- Containers; CLI is docker or podman ----

inspect() { # CONTAINER|IMAGE FIELD
	"$CLI" inspect --format "{{json $2}}" "$1" | tr -d '"'
}

logged() { # CONTAINER TEXT
	"$CLI" logs "$1" 2>&1 | grep -q -F -e "$2"
}

has_ended() { # CONTAINER
	[ "$(inspect "$1" .State.Status)" = exited ]
}

status_of() { # CONTAINER
	inspect "$1" .State.ExitCode
}

# hale as the entry point, with options of its own, in the background.
run_hale() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	docker run --detach --network none --entrypoint /hale "$@"
}

# To the program, which is the first that hale has started.
signal_child() { # CONTAINER SIGNAL
	local pid

	read -r pid _ < <(processes "$1" | sed -n 2p)
	nsenter --target "$(<"$E2E/first")" --mount --pid kill "-$2" "$pid"
}

remove_containers() {
	local containers

	mapfile -t containers < <("$CLI" ps --all --quiet)
	[ "${#containers[@]}" -eq 0 ] || "$CLI" rm --force "${containers[@]}"
}

# Docker and podman kill after ten seconds: within half of that, and with a
# status of its own, the program has ended by itself.
stop_in_time() { # CONTAINER
	local took

	timed "$CLI" stop "$1"
	((took < 5000))
}

# PID, parent's PID, state and name of process 1 of the container and of all
# that descend from it, zombies included: docker top reads the cgroup's list,
# where Linux has none.
processes() { # CONTAINER
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		ps -e -o pid= -o ppid= -o stat= -o comm= |
		awk -v first="$(inspect "$1" .State.Pid)" '
			{ parent[$1] = $2; line[$1] = $0; order[NR] = $1 }
			function inside(pid) {
				while (pid != first && pid in parent)
					pid = parent[pid]
				return pid == first
			}
			END {
				for (i = 1; i <= NR; i++)
					if (inside(order[i]))
						print line[order[i]]
			}'
}

# Is this all that there is in the container?
only() { # CONTAINER NAME...
	local container=$1

	shift
	[ "$(processes "$container" | awk '{ print $4 }' | xargs)" = "$*" ]
}

# Is anybody in the container stopped?
has_stopped() { # CONTAINER
	processes "$1" | awk '$3 ~ /^T/ { n++ } END { exit n == 0 }'
}

has_orphans() { # CONTAINER COUNT STATE
	processes "$1" | awk -v count="$2" -v state="^$3" '
		NR == 1 { first = $1 }
		$2 == first && $3 ~ state && $4 == "sleep" { n++ }
		END { exit n != count }'
}

# shellcheck disable=SC2016 # it is for the container's shell
MAKE_ORPHANS='while [ $((n += 1)) -le "$COUNT" ]; do
	(sleep 1000 </dev/null >/dev/null 2>&1 &)
done'

# Leave COUNT processes to process 1, then kill them.  busybox is at /busybox.
kill_orphans() { # CONTAINER COUNT
	"$CLI" exec --env COUNT="$2" "$1" /busybox sh -c "$MAKE_ORPHANS"
	wait_until 30 has_orphans "$1" "$2" S
	"$CLI" exec "$1" /busybox killall -9 sleep
}
