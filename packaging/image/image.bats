#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The images of packaging/Dockerfile, built and run by a real Docker engine in
# each of the ways that it offers.  Those for several platforms at once are in
# platforms.bats.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
# shellcheck disable=SC2154 # run sets stderr
bats_require_minimum_version 1.5.0
load ../../tests/e2e/helpers

setup_file() {
	OBSTACLE=$(obstacle docker dockerd containerd runc busybox jq git)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	cd "$E2E_ROOT" || return
	start_docker
	export SOURCE=https://example.org/hale # it has a label of this
	packaging/image/build
	VERSION=$(packaging/image/describe | sed -n 's/^version=//p')
	export IMAGE=hale:$VERSION NONROOT=hale:$VERSION-nonroot VERSION
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	cd "$E2E_ROOT" || return
}

teardown() {
	[ -n "$OBSTACLE" ] || remove_containers
}

label() { # IMAGE NAME
	docker image inspect --format \
		"{{index .Config.Labels \"org.opencontainers.image.$2\"}}" "$1"
}

# As a careful operator runs it.
run_nonroot() { # DOCKER-OPTION... IMAGE WORD...
	docker run --network none --read-only --cap-drop ALL \
		--security-opt no-new-privileges "$@"
}

# A context with a Dockerfile, which is read from standard input.
write_context() { # DIRECTORY
	mkdir -p "$1"
	cat >"$1/Dockerfile"
}

@test "each image is as large as the binary, and no byte is wasted" {
	local image

	for image in "$IMAGE" "$NONROOT"; do
		run -0 packaging/image/inspect "$image"
		[ "$(inspect "$image" .Size)" = "$(stat -c %s "$HALE")" ]
		docker create --name files "$image" /hale
		docker cp files:/hale "$BATS_TEST_TMPDIR/hale"
		docker rm files
		cmp "$HALE" "$BATS_TEST_TMPDIR/hale"
	done
}

@test "both images have the same layer" {
	[ "$(inspect "$IMAGE" .RootFS)" = "$(inspect "$NONROOT" .RootFS)" ]
}

@test "an image with a second file, a second layer or another mode is refused" {
	write_context "$E2E/second-file" <<-END
		FROM $IMAGE
		COPY Dockerfile /
	END
	docker build --tag second-layer "$E2E/second-file"
	run -1 packaging/image/inspect second-layer
	[[ $output = *'there are 2 layers'* ]]

	mkdir "$E2E/root"
	cp "$HALE" "$E2E/root/hale"
	touch "$E2E/root/other"
	tar -C "$E2E/root" -c hale other | docker import - second-file
	run -1 packaging/image/inspect second-file
	[[ $output = *'one entry is expected'* ]]

	tar -C "$E2E/root" -c --mode 0755 --owner 0 --group 0 hale |
		docker import - no-labels
	run -1 packaging/image/inspect no-labels
	[[ $output = *'the label title is empty'* ]]

	tar -C "$E2E/root" -c --mode 0700 hale | docker import - mode
	run -1 packaging/image/inspect mode
	[[ $output = *'the mode of /hale is -rwx------'* ]]
}

@test "the labels say what it is, and where it comes from" {
	local image

	for image in "$IMAGE" "$NONROOT"; do
		[ "$(label "$image" title)" = hale ]
		[ "$(label "$image" description)" = \
			'A tiny static PID 1 for containers' ]
		[ "$(label "$image" version)" = "$VERSION" ]
		[ "$(label "$image" revision)" = "$(git rev-parse HEAD)" ]
		[ "$(label "$image" source)" = https://example.org/hale ]
		[ "$(label "$image" documentation)" = \
			https://example.org/hale#readme ]
		[ "$(label "$image" licenses)" = MIT ]
	done
}

@test "the plain image has no user, entry point, command or health check" {
	run -0 docker image inspect --format '{{with .Config}}{{json .User}}
		{{json .Entrypoint}} {{json .Cmd}} {{json .Healthcheck}}{{end}}' \
		"$IMAGE"
	[ "$(xargs <<<"$output")" = ' null null null' ]
}

@test "the plain image runs the hale that is in it" {
	run -0 docker run --rm --network none "$IMAGE" /hale --version
	[ "$output" = "$("$HALE" --version)" ]
}

@test "COPY --from takes the binary into another image" {
	cp "$BUSYBOX" "$E2E/busybox"
	write_context "$E2E/other" <<-END
		FROM scratch
		COPY busybox /bin/sh
		COPY --from=$IMAGE /hale /usr/local/bin/hale
		ENTRYPOINT ["/usr/local/bin/hale", "--"]
	END
	cp "$BUSYBOX" "$E2E/other/busybox"
	docker build --tag other "$E2E/other"
	# shellcheck disable=SC2016 # it is for the container's shell
	run -7 docker run --rm --network none other \
		/bin/sh -c '[ "$(cat /proc/1/comm)" = hale ] && exit 7'
}

@test "nonroot has a number for its user, and hale as its entry point" {
	[ "$(inspect "$NONROOT" .Config.User)" = 65532:65532 ]
	[ "$(inspect "$NONROOT" .Config.Entrypoint)" = '[/hale,--]' ]
}

@test "nonroot runs with a read-only root and no capability" {
	run -0 run_nonroot --rm "$NONROOT" /hale --version
	[ "$output" = "$("$HALE" --version)" ]

	server=$(run_nonroot --detach "$NONROOT" /hale --sleep 1000)
	wait_until 10 only "$server" hale hale
	run -0 docker top "$server" -eo pid,uid
	[ "$(awk 'NR > 1 { print $2 }' <<<"$output" | xargs)" = \
		'65532 65532' ]
	stop_in_time "$server"
	[ "$(status_of "$server")" = 143 ]
}

@test "a HEALTHCHECK in an image based on nonroot needs no shell" {
	write_context "$E2E/healthy" <<-END
		FROM $NONROOT
		ENV HALE_HEALTH="exec:/hale --check file:/proc/version?max-age=1h"
		HEALTHCHECK --interval=1s --retries=1 CMD ["/hale", "--check"]
		CMD ["/hale", "--sleep", "1000"]
	END
	docker build --tag healthy "$E2E/healthy"
	server=$(run_nonroot --detach healthy)
	wait_until 30 is_healthy
	wait_until 10 only "$server" hale:healthy hale
	stop_in_time "$server"

	server=$(run_nonroot --detach --env HALE_HEALTH=unix:/no/socket \
		--env HALE_HEALTH_START_PERIOD=0 \
		--env HALE_HEALTH_INTERVAL=100ms healthy)
	wait_until 30 is_unhealthy
}

is_healthy() {
	[ "$(inspect "$server" .State.Health.Status)" = healthy ]
}

is_unhealthy() {
	[ "$(inspect "$server" .State.Health.Status)" = unhealthy ]
}

@test "the same binary makes the same layer at another time" {
	local layer platform

	layer=$(inspect "$IMAGE" .RootFS)
	platform=$(packaging/image/context)
	# With a time of now, and without the mode, which archives may lose.
	install -m 0644 "$HALE" \
		"$BATS_TEST_TMPDIR/hale-linux-${platform##*/}"
	packaging/image/context "$BATS_TEST_TMPDIR"
	DOCKER_BUILDKIT=1 "$(buildkit_client)" build --quiet --no-cache \
		--file packaging/Dockerfile --build-arg BINARY=prebuilt \
		--tag again build/image
	[ "$(inspect again .RootFS)" = "$layer" ]
}

# As packaging/image/build looks for it.
buildkit_client() {
	docker buildx version >/dev/null 2>&1 && echo docker && return
	echo /usr/bin/docker
}

# A stand-in for Debian, which has nothing but a shell and what is looked for.
debian_image() { # NAME
	local root=$E2E/debian name

	mkdir -p "$root/bin"
	cp "$BUSYBOX" "$root/bin/busybox"
	for name in sh id ls touch cc git make; do
		ln "$root/bin/busybox" "$root/bin/$name"
	done
	import "$root" "$1"
}

@test "packaging/workflows/debian runs a command here, as root" {
	debian_image debian-stand-in
	export DEBIAN=debian-stand-in CI=true
	export PRIVILEGES='' # the machine itself may not have all of them
	# shellcheck disable=SC2016 # it is for the container's shell
	run -0 packaging/workflows/debian sh -c \
		'echo "$(id -u) $PWD $CI" && touch build/made-in-debian'
	[ "$output" = "0 $PWD true" ]
	rm build/made-in-debian
	run -7 packaging/workflows/debian sh -c 'exit 7'
	# The engines that tests start need the machine's cgroups.
	run -0 packaging/workflows/debian ls /sys/fs/cgroup
	[ "$output" = "$(LC_ALL=C ls /sys/fs/cgroup)" ]
	[ -z "$(docker ps --all --quiet)" ]
}

@test "from source: on Alpine, with BuildKit and with the classic builder" {
	OBSTACLE=$(obstacle gcc musl-gcc make)
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	alpine_rootfs "$E2E/alpine"
	import "$E2E/alpine" alpine:3.22
	rm -rf "$E2E/alpine"

	DOCKER_BUILD_OPTIONS='--network none' \
		packaging/image/build --source from-buildkit
	run -0 docker run --rm --network none "from-buildkit:$VERSION" \
		/hale --version
	[[ $output = "hale $VERSION"* ]]

	DOCKER_BUILDKIT=0 docker build --network none \
		--file packaging/Dockerfile --build-arg VERSION="$VERSION" \
		--tag from-classic .
	run -0 packaging/image/inspect from-classic
}
