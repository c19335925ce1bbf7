#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The images of examples/: builds each Dockerfile as it stands, with a real
# Docker engine and the real programs in the place of the public images, and
# runs it as examples/README.md says.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load helpers
load recipes

EXAMPLES=$E2E_ROOT/examples

# What examples/README.md tells to add to each `docker run`.
LOCKED=(--read-only --cap-drop ALL --security-opt no-new-privileges)

setup_file() {
	local image

	OBSTACLE=$(obstacle docker dockerd containerd runc busybox mmdebstrap \
		curl gcc musl-gcc jq)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	start_docker
	docker import "$(debian_archive)" debian-packages
	hale_image
	while read -r image; do
		stand_in "$image"
	done < <(base_images | sort -u)
	alpine_image
}

# The public images that the Dockerfiles name, Alpine apart.
base_images() {
	sed -n 's/^ARG \(BUILD_\)\?BASE=//p' "$EXAMPLES"/*/Dockerfile |
		grep -v '^alpine:'
}

# A C compiler in place of Alpine.  `gcc` is musl's there.
alpine_image() {
	local root=$E2E/alpine

	alpine_rootfs "$root"
	ln -s "$(command -v musl-gcc)" "$root/bin/gcc"
	import "$root" "$(sed -n 's/^ARG BUILD_BASE=//p' \
		"$EXAMPLES/static/Dockerfile")"
	rm -rf "$root"
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
}

teardown() {
	[ -z "$OBSTACLE" ] || return 0
	show_last_lines
	remove_containers
}

build() { # EXAMPLE
	docker build --network none --tag "$1" "$EXAMPLES/$1"
}

# Start it as README.md says.  Docker checks often, so that its result shows
# soon.
start() { # [DOCKER-OPTION...] EXAMPLE
	server=$(docker run --detach --network none --health-interval 500ms \
		"${LOCKED[@]}" "$@")
	becomes_healthy
}

# The values of a field of /proc/PID/status, over all processes of the
# container.
values_of() { # FIELD
	local pid

	for pid in $(processes "$server" | awk '{ print $1 }'); do
		nsenter --target "$(<"$E2E/first")" --mount --pid \
			sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
	done | sort -u
}

# Every process is of user 1001, has no capability and can get none.
has_no_privilege() {
	[ "$(values_of Uid)" = 1001$'\t'1001$'\t'1001$'\t'1001 ]
	[ "$(values_of CapEff)" = 0000000000000000 ]
	[ "$(values_of CapBnd)" = 0000000000000000 ]
	[ "$(values_of NoNewPrivs)" = 1 ]
}

# What a production image says of itself.
is_labelled() { # EXAMPLE
	docker inspect "$1" | jq --exit-status '.[0].Config.Labels |
		has("org.opencontainers.image.title") and
		has("org.opencontainers.image.description") and
		has("org.opencontainers.image.licenses")'
}

greets() { # URL
	in_network_of "$server" curl --silent --fail "$1" |
		grep -q 'Hello from a container that hale looks after.'
}

stops_cleanly() {
	stop_in_time "$server"
	[ "$(status_of "$server")" = 0 ]
	not logged "$server" 'was killed by'
	not logged "$server" 'grace period expired'
}

@test "node: it is healthy without privileges, answers, and stops cleanly" {
	build node
	is_labelled node
	start node
	has_no_privilege
	greets http://localhost:8080/
	in_network_of "$server" curl --silent http://localhost:9090/metrics |
		grep -q '^hale_live 1$'
	stops_cleanly
	logged "$server" 'SIGTERM: finishing'
}

@test "python: it is healthy without privileges, answers, and stops cleanly" {
	build python
	is_labelled python
	start python
	has_no_privilege
	greets http://localhost:8080/
	wait_until 10 logged "$server" '"status":200'
	stops_cleanly
	logged "$server" 'Shutting down: Master'
}

@test "java: it is healthy without privileges, answers, and stops cleanly" {
	build java
	is_labelled java
	start java
	has_no_privilege
	greets http://localhost:8080/
	stops_cleanly
	logged "$server" 'TERM: finishing'
}

@test "nginx: it is healthy without privileges, answers, and stops cleanly" {
	build nginx
	is_labelled nginx
	start --tmpfs /tmp nginx
	has_no_privilege
	greets http://localhost:8080/
	in_network_of "$server" curl --silent --head \
		--header 'Accept-Encoding: gzip' http://localhost:8080/ |
		grep -q '^Content-Encoding: gzip'
	logged "$server" '"status":200'
	stops_cleanly
}

@test "php-fpm: it is healthy without privileges, answers, and stops cleanly" {
	build php-fpm
	is_labelled php-fpm
	start --tmpfs /tmp php-fpm
	has_no_privilege
	docker exec --env REQUEST_METHOD=GET --env SCRIPT_NAME=/index.php \
		--env SCRIPT_FILENAME=/app/public/index.php "$server" \
		cgi-fcgi -bind -connect 127.0.0.1:9000 |
		grep -q 'Hello from a container that hale looks after.'
	wait_until 10 logged "$server" '"status":200'
	stops_cleanly
	logged "$server" 'exiting, bye-bye'
}

@test "static: it is healthy without privileges, answers, and stops cleanly" {
	build static
	is_labelled static
	start static
	has_no_privilege
	greets http://localhost:8080/
	stops_cleanly
}

@test "static: the image has two files, and is smaller than 200 KB" {
	build static
	[ "$(inspect static .Size)" -lt 200000 ]
	docker create --name files static
	[ "$(docker export files | tar --list | grep -c -x 'hale\|server')" -eq 2 ]
	not grep -E '(^|/)(sh|bash|busybox)$' \
		<<<"$(docker export files | tar --list)"
}

@test "each folder has a .dockerignore, which lets in what is copied alone" {
	local folder context

	for folder in "$EXAMPLES"/*/Dockerfile; do
		folder=${folder%/*}
		context=$BATS_TEST_TMPDIR/${folder##*/}
		cp -r "$folder" "$context"
		echo 'TOKEN=secret' >"$context/.env"
		docker build --tag context --file - "$context" <<-'END'
			FROM hale
			COPY . /context
		END
		docker create --name context context /hale
		not grep -x 'context/\(\.env\|Dockerfile\)' \
			<<<"$(docker export context | tar --list)"
		docker rm context
	done
}

# ---- examples/ci/check ----

check() { # IMAGE MEGABYTES [DOCKER-OPTION...]
	"$EXAMPLES/ci/check" "$@" --network none
}

@test "ci/check accepts the examples" {
	build static
	build nginx
	check static 1
	check nginx 2000 --tmpfs /tmp
	[ -z "$(docker ps --all --quiet)" ]
}

# An image that is the static server's but for these instructions.
spoilt() { # INSTRUCTION...
	{ echo 'FROM static' && printf '%s\n' "$@"; } |
		docker build --tag spoilt -
}

@test "ci/check says which rule an image breaks" {
	build static
	run -1 check static 0
	[[ $output == *'0 is the limit'* ]]
	spoilt 'USER root'
	run -1 check spoilt 1
	[[ $output == *'runs as root'* ]]
	spoilt 'USER server'
	run -1 check spoilt 1
	[[ $output == *'has no USER that is a number'* ]]
	spoilt 'ENTRYPOINT ["/server"]'
	run -1 check spoilt 1
	[[ $output == *'does not start with hale'* ]]
	spoilt 'HEALTHCHECK NONE'
	run -1 check spoilt 1
	[[ $output == *'has no HEALTHCHECK'* ]]
}

@test "ci/check says what goes wrong when an image runs" {
	build static
	spoilt 'CMD ["/missing"]'
	run -1 check spoilt 1
	[[ $output == *'does not become healthy'* ]]
	[[ $output == *'/missing'* ]]
	spoilt 'ENV HALE_REWRITE=TERM:KILL'
	run -1 check spoilt 1
	[[ $output == *'docker stop ended it with 137'* ]]
	[ -z "$(docker ps --all --quiet)" ]
}

# ---- The pages ----

@test "docs/production.md cites lines that are there" {
	"$E2E_ROOT/tests/support/cited" "$E2E_ROOT/docs/production.md"
}

@test "examples/README.md names each example, with its base image" {
	local file base

	for file in "$EXAMPLES"/*/Dockerfile; do
		base=$(sed -n 's/^ARG BASE=//p' "$file")
		grep -q "^| \\[$(basename "${file%/*}")\\].*\`${base:-scratch}\`" \
			"$EXAMPLES/README.md"
	done
}
