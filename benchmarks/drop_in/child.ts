/**
 * One program in a process of its own: `child.ts BACKEND MODE PROGRAM` prints what it was run on, and its times, as JSON. Modes are
 * stock, imported, installed, and inTurn.
 */
import {measure, measureInTurn} from './measure';
import {PROGRAMS} from './programs';
import {start} from './start';

const [backend, mode, name] = process.argv.slice(2) as [string, string, string];
const gpu = await start(backend);
const program = PROGRAMS[name]!;
const {install, uninstall} = mode === 'stock' ? {} : await import('tfjs-softmax');
if (mode === 'installed') install!();
const times =
  mode === 'inTurn'
    ? await measureInTurn(program, gpu !== null, {stock: uninstall!, installed: install!})
    : await measure(program, gpu !== null);
console.log(JSON.stringify({gpu, times}));
