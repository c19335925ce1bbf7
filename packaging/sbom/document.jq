# SPDX-License-Identifier: MIT
#
# document: the SPDX document, from an object for each binary: name, sha1,
# sha256, and the versions musl and, or "", gcc.

def id($word): $word | gsub("[^A-Za-z0-9.-]"; "-");
def file: "SPDXRef-File-" + id("hale-linux-" + .name);
def musl: "SPDXRef-Package-" + id("musl-" + .musl);
def libgcc: "SPDXRef-Package-" + id("libgcc-" + .gcc);

def relation($from; $type; $to):
	{spdxElementId: $from, relationshipType: $type,
	 relatedSpdxElement: $to};

# A package of another project, which is linked in.
def library($id; $name; $version; $home; $license):
	{SPDXID: $id, name: $name, versionInfo: $version,
	 supplier: "Organization: Debian",
	 homepage: $home, downloadLocation: "NOASSERTION",
	 filesAnalyzed: false,
	 licenseConcluded: $license, licenseDeclared: $license,
	 copyrightText: "NOASSERTION", primaryPackagePurpose: "LIBRARY"};

# Where Debian's package of that version is found.
def purl($name; $version):
	{externalRefs: [{
		referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
		referenceLocator:
			("pkg:deb/debian/" + $name + "@" + ($version | @uri))}]};

. as $binaries
| "SPDXRef-Package-hale" as $hale
| {
	spdxVersion: "SPDX-2.3",
	dataLicense: "CC0-1.0",
	SPDXID: "SPDXRef-DOCUMENT",
	name: ("hale-" + $version),
	documentNamespace:
		("https://spdx.org/spdxdocs/hale-" + $version + "-" + $unique),
	creationInfo: {
		created: $created,
		creators: ["Tool: hale-packaging-sbom-" + $version]
	},
	packages: ([{
		SPDXID: $hale, name: "hale", versionInfo: $version,
		supplier: "NOASSERTION", downloadLocation: "NOASSERTION",
		filesAnalyzed: false,
		licenseConcluded: "MIT", licenseDeclared: "MIT",
		copyrightText: "NOASSERTION",
		primaryPackagePurpose: "APPLICATION",
		summary: "a tiny static PID 1 for containers"
	}] + ($binaries | unique_by(.musl) | map(library(musl; "musl"; .musl;
		"https://musl.libc.org/"; "MIT") + purl("musl-dev"; .musl)))
	+ ($binaries | map(select(.gcc != "")) | unique_by(.gcc)
		| map(library(libgcc; "libgcc"; .gcc; "https://gcc.gnu.org/";
		"GPL-3.0-or-later WITH GCC-exception-3.1")))),
	files: ($binaries | map({
		SPDXID: file,
		fileName: ("./hale-linux-" + .name),
		fileTypes: ["BINARY"],
		checksums: [
			{algorithm: "SHA1", checksumValue: .sha1},
			{algorithm: "SHA256", checksumValue: .sha256}],
		licenseConcluded:
			(if .gcc == "" then "MIT" else
			 "MIT AND GPL-3.0-or-later WITH GCC-exception-3.1" end),
		licenseInfoInFiles: ["NOASSERTION"],
		copyrightText: "NOASSERTION"
	})),
	relationships: (
		[relation("SPDXRef-DOCUMENT"; "DESCRIBES"; $hale)]
		+ ($binaries | map(relation($hale; "CONTAINS"; file),
			relation(file; "STATIC_LINK"; musl)))
		+ ($binaries | map(select(.gcc != "")
			| relation(file; "STATIC_LINK"; libgcc))))
}
