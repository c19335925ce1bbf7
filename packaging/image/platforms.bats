#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The image of packaging/Dockerfile for several platforms: podman builds it and
# runs nothing of it, a real registry on the loopback gets it, and there it is
# tagged as a release is.

# shellcheck disable=SC2030,SC2031 # each test is a process of its own
bats_require_minimum_version 1.5.0
load ../../tests/e2e/helpers

PLATFORMS='linux/amd64 linux/arm/v6 linux/arm/v7 linux/s390x'

setup_file() {
	OBSTACLE=$(obstacle podman conmon runc nsenter jq skopeo dpkg-deb)
	export OBSTACLE
	[ -z "$OBSTACLE" ] || return 0
	cd "$E2E_ROOT" || return
	start_podman
	start_registry
	make_context
	podman build --file "$E2E_ROOT/packaging/Dockerfile" \
		--build-arg BINARY=prebuilt --build-arg VERSION=1.2.3 \
		--target nonroot --timestamp 0 \
		--platform "${PLATFORMS// /,}" --manifest built \
		"$E2E_ROOT/build/image"
	podman manifest push --all --digestfile "$E2E/digest" \
		built "docker://$REGISTRY/hale:built"
	DIGEST=$(<"$E2E/digest")
	export DIGEST
}

teardown_file() {
	stop_engine
}

setup() {
	[ -z "$OBSTACLE" ] || skip "$OBSTACLE"
	cd "$E2E_ROOT" || return
}

# The registry of Debian's package, which is unpacked and not installed, because
# otherwise the machine would have one more service.  It ends with the engine.
start_registry() {
	local port=$((20000 + $$ % 20000)) binary

	binary=$(command -v docker-registry || true)
	if [ -z "$binary" ]; then
		mkdir "$E2E/registry-package"
		(cd "$E2E/registry-package" && apt-get download \
			-o APT::Sandbox::User=root docker-registry &&
			dpkg-deb --extract ./*.deb .)
		binary=$E2E/registry-package/usr/bin/docker-registry
	fi
	cat >"$E2E/registry.yml" <<-END
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $E2E/registry}}
		http: {addr: "127.0.0.1:$port"}
	END
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		"$binary" serve "$E2E/registry.yml" 3>&- 4>&- \
		>"$E2E/registry.log" 2>&1 &
	export REGISTRY=127.0.0.1:$port
	# The loopback needs no certificate.
	export HOME=$E2E/home
	mkdir -p "$HOME/.config/containers"
	cat >"$HOME/.config/containers/registries.conf" <<-END
		[[registry]]
		location = "$REGISTRY"
		insecure = true
	END
	wait_until 30 curl --silent --fail "http://$REGISTRY/v2/" ||
		{ cat "$E2E/registry.log" && return 1; }
}

# Each platform has a file of its own, in place of a binary that cannot run.
make_context() {
	local dist=$BATS_FILE_TMPDIR/dist name

	mkdir "$dist"
	for name in amd64 armv6 armv7 s390x; do
		echo "hale for $name" >"$dist/hale-linux-$name"
	done
	touch "$dist/hale-linux-amd64.txt" "$dist/SHA256SUMS"
	[ "$(packaging/image/context "$dist")" = "${PLATFORMS// /,}" ]
}

raw() { # REFERENCE
	skopeo inspect --raw "docker://$REGISTRY/hale$1"
}

# The digest of what PLATFORM is, in the list of the image.
digest_for() { # PLATFORM
	raw "@$DIGEST" | jq -r --arg platform "$1" '.manifests[] |
		select([.platform.os, .platform.architecture, .platform.variant
			| values] | join("/") == $platform).digest'
}

@test "the image is a list, which has each platform once" {
	local platform

	[ "$(raw "@$DIGEST" | jq '.manifests | length')" = \
		"$(wc -w <<<"$PLATFORMS")" ]
	for platform in $PLATFORMS; do
		[[ $(digest_for "$platform") = sha256:* ]]
	done
}

@test "each platform has its own binary, in one layer that has nothing else" {
	local platform layer

	for platform in $PLATFORMS; do
		run -0 raw "@$(digest_for "$platform")"
		[ "$(jq '.layers | length' <<<"$output")" = 1 ]
		layer=$(jq -r '.layers[0].digest' <<<"$output")
		curl --silent --fail --output "$BATS_TEST_TMPDIR/layer" \
			"http://$REGISTRY/v2/hale/blobs/$layer"
		[ "$(tar --list --file "$BATS_TEST_TMPDIR/layer")" = hale ]
		[ "$(tar --extract --to-stdout \
			--file "$BATS_TEST_TMPDIR/layer")" = \
			"hale for $(tr -d / <<<"${platform#linux/}")" ]
	done
}

@test "each platform has the user, the entry point and the labels" {
	local platform

	for platform in $PLATFORMS; do
		run -0 skopeo inspect --config \
			"docker://$REGISTRY/hale@$(digest_for "$platform")"
		[ "$(jq -c '[.config.User, .config.Entrypoint,
			.config.Labels["org.opencontainers.image.version"]]' \
			<<<"$output")" = \
			'["65532:65532",["/hale","--"],"1.2.3"]' ]
	done
}

@test "a release gets its tags, which name the very digest" {
	local tag

	run -0 packaging/image/tag "$REGISTRY/hale@$DIGEST" v1.2.3 hale
	[ "${#lines[@]}" -eq 3 ]
	run -0 packaging/image/tag "$REGISTRY/hale@$DIGEST" 1.2.3 nonroot
	[ "${#lines[@]}" -eq 3 ]
	for tag in 1.2.3 1.2 latest 1.2.3-nonroot 1.2-nonroot nonroot; do
		[ "sha256:$(raw ":$tag" | sha256sum | cut -d ' ' -f 1)" = \
			"$DIGEST" ]
	done
}

@test "a pre-release gets one tag, and latest stays where it was" {
	run -0 packaging/image/tag "$REGISTRY/hale@$DIGEST" 1.3.0-rc.1 hale
	[ "$output" = "$REGISTRY/hale:1.3.0-rc.1" ]
	run -0 packaging/image/tag "$REGISTRY/hale@$DIGEST" 1.3.0-rc.1 nonroot
	[ "$output" = "$REGISTRY/hale:1.3.0-rc.1-nonroot" ]
}

@test "what is no version, or has no digest, is refused" {
	run -2 packaging/image/tag "$REGISTRY/hale@$DIGEST" 1.2 hale
	run -2 packaging/image/tag "$REGISTRY/hale:built" 1.2.3 hale
	run -2 packaging/image/tag "$REGISTRY/hale@$DIGEST" 1.2.3 root
}
