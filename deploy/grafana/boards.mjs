// The boards, written to dashboards/*.json: `node deploy/grafana/boards.mjs`. With --check nothing is written, and a file that is
// older than this one is an error.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { destinations } from './boards/destinations.mjs';
import { pipeline } from './boards/pipeline.mjs';
import { sources } from './boards/sources.mjs';
import { stages } from './boards/stages.mjs';

const isCheck = process.argv.includes('--check');
let isOld = false;
for (const [name, board] of Object.entries({ pipeline, stages, sources, destinations })) {
  const file = fileURLToPath(new URL(`dashboards/${name}.json`, import.meta.url));
  const text = `${JSON.stringify(board, null, 1)}\n`;
  if (!isCheck) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`dashboards/${name}.json is older than boards/${name}.mjs: node deploy/grafana/boards.mjs`);
    isOld = true;
  }
}
process.exit(isOld ? 1 : 0);
