// Objects of KEDA and of the Prometheus operator, held against types that were made from their published definitions. The
// compiler refuses a key that a type does not have, which their schemas alone would pass over.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { called } from './rendered.mjs';

const PACKAGES = {
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};
const MODULES = fileURLToPath(new URL('node_modules/', import.meta.url));
/** In here, so that the packages are found from it. */
const FILE = `${MODULES}.omni/customs.ts`;
/** Groups of Kubernetes itself have no dot, or end like this. */
const isOwn = group => !group.includes('.') || group.endsWith('.k8s.io');

/** What is wrong with each object of an operator, as text; objects of Kubernetes itself are passed over. */
export function refusals(objects) {
  const lines = [];
  const refused = [];
  for (const object of objects) {
    const [group, version] = object.apiVersion.includes('/')
      ? object.apiVersion.split('/')
      : ['', object.apiVersion];
    if (isOwn(group)) continue;
    if (!PACKAGES[group]) {
      refused.push(`${called(object)}: there is no schema of ${object.apiVersion} here`);
      continue;
    }
    const type = `import('${PACKAGES[group]}/${group}/${version}/${object.kind}').I${object.kind}`;
    lines.push(`export const o${lines.length}: ${type} = ${JSON.stringify(object)};`);
  }
  if (lines.length === 0) return refused;
  mkdirSync(`${MODULES}.omni`, { recursive: true });
  writeFileSync(FILE, `${lines.join('\n')}\n`);
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
  const said = spawnSync(process.execPath, [`${MODULES}typescript/bin/tsc`, ...options, FILE], {
    encoding: 'utf8',
  });
  return said.status === 0 ? refused : [...refused, `${said.stdout}${said.stderr}`.trim()];
}
