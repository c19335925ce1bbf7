# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of docs/recipes.md and of examples/ share: images in the place
# of the public ones, which cannot be pulled here.
#
# They all are one Debian with the packages of every recipe.  stand-in/ adds
# what the public image has and a recipe relies on: its commands, its entry
# point and its STOPSIGNAL.  Each gets the name of the public image, so that
# Dockerfiles are built as they stand.

# Made once and kept beside the build, under a name that follows from what it is
# made of.
PACKAGES=nginx-light,apache2,php-fpm,php-cli,libfcgi-bin,gunicorn,python3-pip
PACKAGES+=,celery,python3-redis,redis-server,default-jdk-headless,nodejs
PACKAGES+=,postgresql,mariadb-server-core,mariadb-client-core,cron,supervisor
# shellcheck disable=SC2016 # mmdebstrap's own shell expands $1
DEBIAN_OPTIONS=(
	--variant=minbase
	--aptopt='APT::Install-Recommends "false"'
	# The directory may be one that apt's own user cannot enter.
	--aptopt='APT::Sandbox::User "root"'
	--dpkgopt=force-unsafe-io
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/info/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
	--dpkgopt='path-exclude=/usr/share/man/*'
	# Half of the rest: what jlink needs, and PostgreSQL's compiler.
	--dpkgopt='path-exclude=/usr/lib/jvm/*/jmods/*'
	--dpkgopt='path-exclude=/usr/lib/*/libLLVM*'
	--dpkgopt='path-exclude=/usr/lib/*/libz3*'
	--dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/llvmjit*'
	--dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/bitcode/*'
	# Java's alternatives need the directory, and no cluster is needed yet.
	--essential-hook='mkdir -p "$1/usr/share/man/man1"'
	--essential-hook='mkdir -p "$1/etc/postgresql-common"'
	--essential-hook='echo "create_main_cluster = false" \
		>"$1/etc/postgresql-common/createcluster.conf"'
	"--include=$PACKAGES"
)

# The archive of that Debian.  It is written under another name first, so that
# one that was interrupted is never taken for a whole one.
debian_archive() {
	local folder=$E2E_ROOT/build/e2e archive

	archive=$folder/debian-$(printf '%s\n' "${DEBIAN_OPTIONS[@]}" |
		sha256sum | cut -c 1-16).tar
	mkdir -p "$folder"
	(
		flock 9
		[ ! -e "$archive" ] || exit 0
		rm -f "$folder"/debian-*.tar
		# mmdebstrap has dash write to its pipes, and dash knows only
		# descriptors below 10: leave room for them.
		# shellcheck disable=SC2046 # no file, or one
		mmdebstrap "${DEBIAN_OPTIONS[@]}" bookworm \
			"$folder/debian.part.tar" $(debian_sources) >&2 \
			3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &&
			mv "$folder/debian.part.tar" "$archive"
	) 9>"$folder/debian.lock" || return 1
	echo "$archive"
}

# Where this machine has its packages from, if it is the same Debian.  Otherwise
# mmdebstrap knows where to ask.
debian_sources() {
	local file

	grep -q bookworm /etc/os-release || return 0
	for file in /etc/apt/sources.list.d/debian.sources \
		/etc/apt/sources.list; do
		[ ! -s "$file" ] || { echo "$file" && return 0; }
	done
}

# The image `hale`, as packaging/Dockerfile makes it: one file.
hale_image() {
	mkdir -p "$E2E/hale-image"
	cp "$HALE" "$E2E/hale-image/hale"
	printf 'FROM scratch\nCOPY hale /hale\n' >"$E2E/hale-image/Dockerfile"
	docker build --tag hale "$E2E/hale-image"
}

# Make the image that is called NAME:TAG at the public registry.
stand_in() { # NAME:TAG
	local folder=$E2E_ROOT/tests/e2e/stand-in/${1%%:*}

	if [ -d "$folder" ]; then
		docker build --network none --tag "$1" "$folder"
	else
		docker tag debian-packages "$1"
	fi
}

# Run a command in the network of a container.
in_network_of() { # CONTAINER COMMAND...
	local pid

	pid=$(inspect "$1" .State.Pid)
	shift
	nsenter --target "$(<"$E2E/first")" --mount --pid \
		nsenter --target "$pid" --net "$@"
}

# Wait until Docker calls the server healthy, or until it has ended too early.
becomes_healthy() {
	wait_until 120 is_settled
	is_healthy
}

is_settled() {
	is_healthy || has_ended "$server"
}

is_healthy() {
	[ "$(inspect "$server" .State.Health.Status)" = healthy ]
}

# When a test has failed, bats shows what the server has said.
show_last_lines() {
	[ -z "${server-}" ] || docker logs --tail 40 "$server" 2>&1 || true
}
