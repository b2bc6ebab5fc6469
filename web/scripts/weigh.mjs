/** Says what the built page weighs, compressed, and refuses more than its budget. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const BUDGET_KIB = 260;
const dist = new URL('../dist/', import.meta.url).pathname;
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(name =>
  statSync(join(dist, name)).isFile(),
);
let total = 0;
for (const name of files.sort()) {
  const bytes = readFileSync(join(dist, name));
  const size = name.endsWith('.woff2') ? bytes.length : brotliCompressSync(bytes).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KiB  ${name}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KiB  in all, brotli (budget ${BUDGET_KIB})`);
if (total > BUDGET_KIB * 1024) {
  console.error('the page is over its budget');
  process.exit(1);
}
