#!/usr/bin/env node
/** `npx tfjs-softmax`: the command line of the package. */
import {parseArgs} from 'node:util';
import {doctor} from './doctor';

const USAGE = `Usage: npx tfjs-softmax doctor [--json]

  doctor    Starts each tfjs backend that is installed here, checks a softmax and its gradient on it, and times them:
            says which backend is the fastest, and what to do to get a faster one.
  --json    The same as JSON, for bug reports.
`;

try {
  const {positionals, values} = parseArgs({
    allowPositionals: true,
    options: {json: {type: 'boolean', default: false}, help: {type: 'boolean', short: 'h', default: false}},
  });
  const [command, ...rest] = positionals;
  if (values.help) process.stdout.write(USAGE);
  else if (command === 'doctor' && rest.length === 0) process.exitCode = await doctor(values.json);
  else throw new Error(command ? `there is no command ${positionals.join(' ')}` : 'no command is given');
} catch (error) {
  process.stderr.write(`tfjs-softmax: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
