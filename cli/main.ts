#!/usr/bin/env node
/** `npx tfjs-softmax`: the command line of the package. */
import {parseArgs} from 'node:util';
import {bench} from '../benchmarks/cli/bench';
import {doctor} from './doctor';

const USAGE = `Usage: npx tfjs-softmax doctor [--json]
       npx tfjs-softmax bench [options]

  doctor    Starts each tfjs backend that is installed here, checks a softmax and its gradient on it, and times them:
            says which backend is the fastest, and what to do to get a faster one.
  --json    The same as JSON, for bug reports.
  bench     Times the family on these backends beside other libraries; bench --help tells the options.
`;

try {
  const [command, ...args] = process.argv.slice(2);
  if (command === 'bench') await bench(args);
  else await doctorOrUsage();
} catch (error) {
  process.stderr.write(`tfjs-softmax: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}

async function doctorOrUsage(): Promise<void> {
  const {positionals, values} = parseArgs({
    allowPositionals: true,
    options: {json: {type: 'boolean', default: false}, help: {type: 'boolean', short: 'h', default: false}},
  });
  const [command, ...rest] = positionals;
  if (values.help) process.stdout.write(USAGE);
  else if (command === 'doctor' && rest.length === 0) process.exitCode = await doctor(values.json);
  else throw new Error(command ? `there is no command ${positionals.join(' ')}` : 'no command is given');
}
