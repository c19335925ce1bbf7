// SPDX-License-Identifier: MIT
// check.mjs FILE...: checks Kubernetes manifests, .yaml files and the yaml blocks
// of .md files, against the schemas and the types that the package
// kubernetes-models makes from Kubernetes' own OpenAPI description.
//
// The schemas know required fields, types, formats and patterns, but accept
// fields that they do not know.  The types do not: the TypeScript compiler
// reports a field that does not exist.
//
// Prints a line for each mistake, and at the end how many manifests there were.

import fs from 'node:fs';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

// What the manifest is, as kubernetes-models names its modules and types.
const MODULES = {
  'v1': 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'monitoring.coreos.com/v1':
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

function manifests(file) {
  const text = fs.readFileSync(file, 'utf8');
  const parts = file.endsWith('.md')
    ? [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => match[1])
      .filter((part) => part.startsWith('apiVersion:'))
    : [text];
  return parts.flatMap((part) => parseAllDocuments(part)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

async function checkSchema(manifest) {
  const models = await import(MODULES[manifest.apiVersion]);
  try {
    new models[manifest.kind](manifest).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// Compile a program that assigns each manifest to a constant of its type.
function checkTypes(all) {
  const sources = new Map(all.map(({ manifest }, n) => [
    new URL(`manifest-${n}.ts`, import.meta.url).pathname,
    `import type { I${manifest.kind} } from
      "${MODULES[manifest.apiVersion]}/${manifest.kind}";
      export const manifest: I${manifest.kind} = ${JSON.stringify(manifest)};`,
  ]));
  const options = {
    strict: true, noEmit: true, skipLibCheck: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.getSourceFile = (file, ...rest) => sources.has(file)
    ? ts.createSourceFile(file, sources.get(file), options.target)
    : getSourceFile(file, ...rest);
  const names = [...sources.keys()];
  const program = ts.createProgram(names, options, host);
  return ts.getPreEmitDiagnostics(program).map((mistake) => [
    all[names.indexOf(mistake.file?.fileName)],
    ts.flattenDiagnosticMessageText(mistake.messageText, ' '),
  ]);
}

function report(one, mistake) {
  console.log(`${one?.file}: ${one?.manifest.kind} ` +
    `${one?.manifest.metadata?.name}: ${mistake}`);
  process.exitCode = 1;
}

const all = process.argv.slice(2).flatMap((file) =>
  manifests(file).map((manifest) => ({ file, manifest })));
const known = all.filter(({ manifest }) => manifest.apiVersion in MODULES);
for (const one of all) {
  if (!known.includes(one)) report(one, 'its apiVersion is not known here');
  else for (const mistake of await checkSchema(one.manifest)) report(one, mistake);
}
for (const [one, mistake] of checkTypes(known)) report(one, mistake);
console.log(`${all.length} manifests checked`);
