/**
 * Compresses the built page once, for servers that hand out `.br` and `.gz` as they lie there, says
 * what it weighs, and refuses more than its budget.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const BUDGET_KIB = 260;
const dist = new URL('../dist/', import.meta.url).pathname;
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  .filter(name => statSync(join(dist, name)).isFile())
  .sort();
let total = 0;
for (const name of files) {
  const bytes = readFileSync(join(dist, name));
  let size = bytes.length;
  // A font is compressed already.
  if (!name.endsWith('.woff2')) {
    const packed = brotliCompressSync(bytes);
    size = packed.length;
    writeFileSync(join(dist, `${name}.br`), packed);
    writeFileSync(join(dist, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KiB  ${name}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KiB  in all, brotli (budget ${BUDGET_KIB})`);
if (total > BUDGET_KIB * 1024) {
  console.error('the page is over its budget');
  process.exit(1);
}
