#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# `make install` puts hale, its manuals, completions and licence where a system
# looks for them, and `make uninstall` leaves the tree as it was.

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

setup_file() {
	make -s -C "$ROOT" BUILD="$BATS_FILE_TMPDIR/build" \
		HALE="$BATS_FILE_TMPDIR/hale" "$BATS_FILE_TMPDIR/hale"
}

setup() {
	cd "$ROOT" || exit
	tree=$BATS_TEST_TMPDIR/tree
	mkdir "$tree"
}

# Run a target on the binary that setup_file has built.
make_target() { # TARGET VARIABLE=VALUE...
	make -s BUILD="$BATS_FILE_TMPDIR/build" HALE="$BATS_FILE_TMPDIR/hale" \
		"$@"
}

# Each file and folder with its mode and what is in it.
listing() {
	(cd "$tree" && find . -printf '%P %y %m %l\n' | sort &&
		find . -type f -exec sha256sum {} + | sort)
}

# The folders that a system has, with files of others in them.
populate() { # PREFIX
	local folder
	for folder in bin share/man/man7 share/man/man8 share/doc \
		share/bash-completion/completions share/zsh/site-functions \
		share/fish/vendor_completions.d; do
		mkdir -p "$tree$1/$folder"
		echo "another's" >"$tree$1/$folder/other"
	done
}

@test "each file is where a system looks for it, with its mode" {
	umask 077
	make_target install DESTDIR="$tree" PREFIX=/usr
	cd "$tree/usr"
	cmp bin/hale "$BATS_FILE_TMPDIR/hale"
	[ "$(stat -c %a bin/hale)" = 755 ]
	./bin/hale --version
	for file in share/man/man8/hale.8 share/man/man7/hale-health.7 \
		share/man/man7/hale-messages.7 share/doc/hale/LICENSE; do
		[ "$(stat -c %a "$file")" = 644 ]
	done
	[ -z "$(find . -type d ! -perm 755)" ]
	cmp share/doc/hale/LICENSE "$ROOT/LICENSE"
	if [ -e "$ROOT/docs/completions" ]; then
		[ -s share/bash-completion/completions/hale ]
		[ -s share/zsh/site-functions/_hale ]
		[ -s share/fish/vendor_completions.d/hale.fish ]
	fi
}

@test "every manual of the project is installed" {
	make_target install DESTDIR="$tree" PREFIX=/usr
	for manual in docs/*.[1-8]; do
		cmp "$manual" "$tree/usr/share/man/man${manual##*.}/${manual##*/}"
	done
}

@test "nothing is written outside of DESTDIR and PREFIX" {
	make_target install DESTDIR="$tree" PREFIX=/opt/hale
	[ "$(ls "$tree")" = opt ]
	[ "$(ls "$tree/opt")" = hale ]
}

@test "uninstall leaves a system's tree as it was" {
	for prefix in /usr /usr/local /opt/hale; do
		populate "$prefix"
		before=$(listing)
		make_target install DESTDIR="$tree" PREFIX="$prefix"
		[ "$(listing)" != "$before" ]
		make_target uninstall DESTDIR="$tree" PREFIX="$prefix"
		diff <(echo "$before") <(listing)
	done
}

@test "uninstall leaves no file in an empty tree, and no folder of hale's" {
	make_target install DESTDIR="$tree"
	make_target uninstall DESTDIR="$tree"
	[ -z "$(find "$tree" ! -type d)" ]
	[ -z "$(find "$tree" -name '*hale*')" ]
}

@test "a second install and a second uninstall change nothing" {
	populate /usr/local
	before=$(listing)
	make_target install DESTDIR="$tree"
	installed=$(listing)
	make_target install DESTDIR="$tree"
	[ "$(listing)" = "$installed" ]
	make_target uninstall DESTDIR="$tree"
	make_target uninstall DESTDIR="$tree"
	[ "$(listing)" = "$before" ]
}

@test "install fails if a file cannot be installed" {
	mkdir -p "$tree/usr/local/share"
	touch "$tree/usr/local/share/man"
	run make_target install DESTDIR="$tree"
	[ "$status" -ne 0 ]
}
