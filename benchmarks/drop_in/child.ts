/** One program in a process of its own: `child.ts BACKEND stock|imported|installed PROGRAM` prints its figures as JSON. */
import {measure} from './measure';
import {PROGRAMS} from './programs';
import {start} from './start';

const [backend, mode, program] = process.argv.slice(2) as [string, string, string];
await start(backend);
if (mode === 'imported') await import('tfjs-softmax');
if (mode === 'installed') {
  const {install} = await import('tfjs-softmax');
  install();
}
console.log(JSON.stringify(await measure(PROGRAMS[program]!)));
