/** One program in a process of its own: `child.ts BACKEND stock|installed PROGRAM` prints its figures as JSON. */
import {measure} from './measure';
import {PROGRAMS} from './programs';
import {start} from './start';

const [backend, mode, program] = process.argv.slice(2) as [string, string, string];
await start(backend);
if (mode === 'installed') {
  const {install} = await import('tfjs-softmax');
  install();
}
console.log(JSON.stringify(await measure(PROGRAMS[program]!)));
