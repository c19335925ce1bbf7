# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the end-to-end tests share: an engine for each file, images made from the
# files of this machine, because nothing can be pulled, and waiting for events.

E2E_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where the daemons are
HALE=$(realpath "${HALE:-$E2E_ROOT/hale}")
BUSYBOX=${BUSYBOX:-$(command -v busybox)}

# ---- Waiting ----

# How many times slower than a quiet machine this one is at the moment, 1 to 30.
# There 100 processes can be started, and waited for, in a tenth of a second.
slowness() {
	local began count slower

	began=$(milliseconds)
	for ((count = 0; count < 100; count++)); do
		/bin/true
	done
	slower=$((1 + ($(milliseconds) - began) / 100))
	echo $((slower > 30 ? 30 : slower))
}

# Run COMMAND until it succeeds.  The only wait there is, and always bounded:
# by SECONDS, or by more if the machine is slow at the end of them.
wait_until() { # SECONDS COMMAND...
	local seconds=$1 began=$SECONDS slower=1

	shift
	until "$@"; do
		if ((SECONDS - began > seconds * slower)); then
			slower=$(slowness)
			((SECONDS - began <= seconds * slower)) && continue
			echo "did not happen in $((SECONDS - began)) s: $*" >&2
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

# Set $took to the milliseconds that COMMAND takes.
timed() { # COMMAND...
	local began status=0

	began=$(milliseconds)
	"$@" || status=$?
	took=$(($(milliseconds) - began))
	echo "took $took ms: $*"
	return "$status"
}

# ---- The engine ----

# The reason why this machine cannot run the engine, or nothing.
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

# Start the engine in a directory of its own, E2E, which it removes at the end.
start_engine() { # docker|network|podman INIT
	E2E=$(mktemp -d "${TMPDIR:-/tmp}/hale-e2e.XXXXXX")
	export E2E
	# Close the descriptors of bats, which would otherwise wait for the
	# engine.
	setsid "$E2E_ROOT/tests/e2e/engine" "$1" "$$" "$E2E" "$2" \
		</dev/null >"$E2E/log" 2>&1 3>&- 4>&- &
	export ENGINE=$!
	wait_until 10 test -s "$E2E/first" || { cat "$E2E/log" && return 1; }
}

stop_engine() {
	local logs=$E2E_ROOT/build/log

	[ -n "${ENGINE-}" ] || return 0
	mkdir -p "$logs"
	cp "$E2E/log" "$logs/${BATS_TEST_FILENAME##*/}.engine.log"
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

# podman's default limits are higher than a container may be allowed to ask for.
# The kernel counts processes by user, over all containers of the machine, and
# other tests have thousands of them.
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

# What goes into the root directories below: this file, which has the recipes,
# hale, and what is installed here.
ingredients() {
	local program

	cat "$E2E_ROOT/tests/e2e/helpers.bash" "$HALE" "$BUSYBOX"
	cat /var/lib/dpkg/status /lib/apk/db/installed 2>/dev/null || true
	for program in node nginx python3 gcc make; do
		stat --dereference --format '%n %s %Y' \
			"$(command -v "$program")" 2>/dev/null || true
	done
}

# Print the path of an archive of what RECIPE, a function, puts into a
# directory.  It is made once, and kept beside the build until an ingredient
# changes.
archive_of() { # RECIPE
	local recipe=$1 store=$E2E_ROOT/build/e2e key archive root

	set -e # a command substitution does not inherit it
	key=$(ingredients | sha256sum | cut -c 1-16)
	archive=$store/$recipe-$key.tar
	if [ ! -e "$archive" ]; then
		root=$(mktemp -d "$E2E/$recipe.XXXXXX")
		chmod 755 "$root"
		"$recipe" "$root" >&2
		mkdir -p "$store"
		tar --create --file "$store/$$.part" --directory "$root" \
			--numeric-owner .
		rm -rf "$root" "$store/$recipe"-*.tar
		mv "$store/$$.part" "$archive"
	fi
	echo "$archive"
}

# An image of what RECIPE puts into a directory.
base_image() { # RECIPE IMAGE [IMPORT-OPTION...]
	local image=$2 archive

	archive=$(archive_of "$1")
	shift 2
	"$CLI" import "$@" - "$image" <"$archive" >/dev/null
}

# An image with hale, as the entry point, and one static program.
small_image() { # [NAME]
	base_image small_rootfs "${1-small}" --change 'ENTRYPOINT ["/hale", "--"]'
}

small_rootfs() { # ROOT
	cp "$HALE" "$1/hale"
	cp "$BUSYBOX" "$1/busybox"
}

# A context for `docker build` of such an image, to add something to.
small_context() { # DIR
	mkdir -p "$1"
	small_rootfs "$1"
	cat >"$1/Dockerfile" <<-'END'
		FROM scratch
		COPY hale busybox /
		ENTRYPOINT ["/hale", "--"]
	END
}

# The libraries that these files load.
libraries() { # FILE...
	local file

	for file; do
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*'
	done
}

# Copy files of this machine, and the libraries that they load, to the same
# paths under ROOT.
copy_to() { # ROOT FILE...
	local root=$1

	shift
	{ printf '%s\n' "$@" && libraries "$@"; } | sort -u |
		xargs cp -L --parents --target-directory "$root"
}

# In place of Distroless' Node image: node and its libraries, and nothing else.
node_rootfs() { # ROOT
	local node

	node=$(command -v node)
	mkdir -p "$1/nodejs/bin"
	copy_to "$1" "$node"
	mv "$1$node" "$1/nodejs/bin/node"
}

# In place of a Debian image: its shell, its libraries, and three servers.
debian_rootfs() { # ROOT
	mkdir -p "$1"/{etc,usr/bin,usr/lib,usr/sbin}
	mkdir -m 1777 "$1/tmp"
	ln -s usr/bin "$1/bin"
	ln -s usr/sbin "$1/sbin"
	copy_to "$1" /bin/sh "$(command -v node)" "$(command -v nginx)"
	add_python "$1"
}

# Copy Python, which may be in a home directory, to where Debian has it.  It
# finds its library by itself.
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

# In place of Alpine: Debian's gcc, make and musl, with busybox as the shell.
# There is no network, so this apk installs nothing.  It only checks that it is
# asked for packages that are here already.
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
		"$(gcc -print-prog-name=lto1)" \
		"$(gcc -print-prog-name=lto-wrapper)" \
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

# An image with everything that is installed on this machine: run it with
# "${MACHINE[@]}", which mounts /usr read-only.
# shellcheck disable=SC2034 # the tests use it
MACHINE=(--volume /usr:/usr:ro)

machine_image() { # NAME
	base_image machine_rootfs "$1"
}

machine_rootfs() { # ROOT
	local file

	mkdir -p "$1"/{etc,run,usr,var/lib}
	mkdir -m 1777 "$1/tmp"
	cp -P /bin /lib /lib64 /sbin "$1" # links to what is in /usr
	for file in alternatives group ld.so.cache nsswitch.conf passwd \
		/etc/java* /etc/rabbitmq; do
		cp -a "/etc/${file#/etc/}" "$1/etc" 2>/dev/null || true
	done
	small_rootfs "$1"
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

# Run hale as the entry point, with these options, in the background.
run_hale() { # [DOCKER-OPTION...] IMAGE [HALE-OPTION...] PROGRAM...
	docker run --detach --network none --entrypoint /hale "$@"
}

# Signal the program, which is the first child of hale.
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

# The engine kills after a minute, so that the program has ended by itself if
# it took less than half of that.
stop_in_time() { # CONTAINER
	local took

	timed "$CLI" stop -t 60 "$1"
	((took < 30000))
}

# PID, parent's PID, state and name of process 1 of the container and of all its
# descendants, zombies included.  docker top does not show zombies, because the
# list of a cgroup has none.
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

# Are these all the processes of the container?
only() { # CONTAINER NAME...
	local container=$1

	shift
	[ "$(processes "$container" | awk '{ print $4 }' | xargs)" = "$*" ]
}

# Is any process of the container stopped?
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

# Leave COUNT orphans to process 1, and then kill them.  busybox is at /busybox.
kill_orphans() { # CONTAINER COUNT
	"$CLI" exec --env COUNT="$2" "$1" /busybox sh -c "$MAKE_ORPHANS"
	wait_until 30 has_orphans "$1" "$2" S
	"$CLI" exec "$1" /busybox killall -9 sleep
}
