/** Refuses a package whose licence is not on the list: permissive ones, MPL-2.0, and OFL-1.1 for fonts. */
import { readFileSync } from 'node:fs';

const ALLOWED = new Set([
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Zlib',
  'MPL-2.0',
  'OFL-1.1',
  'Unicode-3.0',
]);
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const refused = Object.entries(lock.packages).filter(
  ([, { license = '' }]) => !license.split(' OR ').some(one => ALLOWED.has(one.replace(/[()]/g, ''))),
);
for (const [name, { license }] of refused) console.error(`${name}: ${license ?? 'no licence'}`);
if (refused.length > 0) process.exit(1);
