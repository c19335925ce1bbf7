#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The tarball, the SBOM and the checksums of a release, and that their checks
# refuse what is wrong.

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

setup_file() {
	cd "$ROOT" || exit
	export SYSROOTS=${SYSROOTS:-$ROOT/build/sysroot}
	export BUILD=$BATS_FILE_TMPDIR/build
	mkdir -p "$BATS_FILE_TMPDIR/dist"
	# amd64 takes nothing from libgcc, 386 does.
	for name in amd64 386; do
		packaging/arch/build "$name" \
			"$BATS_FILE_TMPDIR/dist/hale-linux-$name"
	done
	SOURCE_DATE_EPOCH=0 packaging/sbom/make "$BATS_FILE_TMPDIR/dist" \
		>"$BATS_FILE_TMPDIR/sbom"
}

setup() {
	cd "$ROOT" || exit
	dir=$BATS_TEST_TMPDIR
	dist=$BATS_FILE_TMPDIR/dist
	sbom=$BATS_FILE_TMPDIR/sbom
}

# The document after it has been changed by a filter of jq is refused.
refuse() { # FILTER WORDS
	jq "$1" "$sbom" >"$dir/changed"
	run packaging/sbom/check "$dir/changed" "$dist"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$2"* ]]
}

@test "the SBOM is valid" {
	packaging/sbom/check "$sbom" "$dist"
}

@test "the same binaries have the same SBOM" {
	SOURCE_DATE_EPOCH=0 TZ=Asia/Kathmandu packaging/sbom/make "$dist" |
		cmp - "$sbom"
}

@test "the SBOM names hale, its licence, and musl with its version" {
	musl=$(cat "$SYSROOTS/amd64/musl-version")
	jq -e --arg musl "$musl" '
		.packages as $p
		| ($p[] | select(.name == "hale")
			| .licenseDeclared == "MIT")
		and ($p[] | select(.name == "musl")
			| .versionInfo == $musl)' "$sbom"
}

@test "the SBOM names libgcc where it is linked in, and only there" {
	run jq -r '.relationships[] | select(.relatedSpdxElement
		| test("libgcc")) | .spdxElementId' "$sbom"
	[ "$output" = SPDXRef-File-hale-linux-386 ]
}

@test "an SBOM that the schema does not allow is refused" {
	refuse 'del(.creationInfo.created)' "'created' is a required property"
	refuse '.files[0].checksums[0].algorithm = "CRC"' "'CRC' is not one of"
	refuse '.dataLicence = "CC0-1.0"' 'dataLicence'
}

@test "an SBOM of other binaries is refused" {
	refuse '.files[0].checksums[1].checksumValue = "00"' 'another SHA256'
	refuse 'del(.files[0])' 'which does not exist'
	refuse '.files[0].fileName = "./hale-linux-vax"' 'only in one of'
}

@test "an SBOM without musl is refused" {
	refuse 'del(.relationships[]
		| select(.relationshipType == "STATIC_LINK"))' 'has no musl'
}

@test "the tarball has what git knows, and builds the plain version" {
	unset REVISION # which make packaging-tests sets
	packaging/tarball "$dir/hale.tar.gz" hale
	mkdir "$dir/source"
	tar -xzf "$dir/hale.tar.gz" -C "$dir/source"
	[ "$(ls "$dir/source")" = hale ]
	diff <(git ls-tree -r --name-only HEAD | sort) \
		<(cd "$dir/source/hale" && find . -type f -printf '%P\n' | sort)
	[ -z "$("$dir/source/hale/packaging/revision")" ]
	version=$("$dir/source/hale/packaging/version")
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	make -s -C "$dir/source/hale"
	[ "$("$dir/source/hale/hale" --version)" = "hale $version" ]
}

@test "the documented command finds a download that was damaged" {
	make -s checksums BUILD="$BATS_FILE_TMPDIR" # whose dist is this one
	mkdir "$dir/download"
	cp "$dist/SHA256SUMS" "$dist/hale-linux-amd64" "$dir/download"
	cd "$dir/download"
	sha256sum --check --ignore-missing SHA256SUMS
	printf x >>hale-linux-amd64
	run sha256sum --check --ignore-missing SHA256SUMS
	[ "$status" -ne 0 ]
	rm hale-linux-amd64
	run sha256sum --check --ignore-missing SHA256SUMS
	[ "$status" -ne 0 ]
}
