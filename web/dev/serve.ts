/** A development aid: the built page over the stand-in, with traffic. `npm run standin [port]` */
import { fileURLToPath } from 'node:url';
import { StandIn } from './standin.ts';

const standIn = new StandIn(7, fileURLToPath(new URL('../dist', import.meta.url)));
const url = await standIn.listen(Number(process.argv[2] ?? 0));
process.stdout.write(`${url}\n`);
setInterval(() => standIn.step(), 1500);
setInterval(() => standIn.send('ping', { server_time: new Date().toISOString() }), 15_000);
