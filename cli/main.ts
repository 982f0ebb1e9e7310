#!/usr/bin/env node
/** `npx tfjs-softmax`: the command line of the package. */
import {parseArgs} from 'node:util';
import {version} from '../package.json';
import {doctor, type Format} from './doctor';
import {refuseRepeated} from './repeated';

const USAGE = `Usage: npx tfjs-softmax doctor [--json | --report] [--browser]
       npx tfjs-softmax bench [options]
       npx tfjs-softmax --version

  doctor     Starts, checks and times each tfjs backend that is installed here; says which is the fastest, and how to get
             a faster one.
  --json     prints the same as JSON, for programs
  --report   prints the same as Markdown, to paste into an issue: versions, hardware, checks, flags, times
  --browser  does the same in an installed browser: webgl, webgpu and wasm

  bench      Times the ops of this package, of stock tfjs and of other libraries. See bench --help.
`;

/** What is printed after the message of an error: how to use the command, unless the error comes from running it. */
let help = `\n${USAGE}`;

try {
  const [command, ...args] = process.argv.slice(2);
  // Loads tfjs-core, which the doctor can do without: it says so.
  if (command === 'bench') {
    help = 'See npx tfjs-softmax bench --help.\n';
    await (await import('../benchmarks/cli/bench')).bench(args);
  } else await doctorOrUsage();
} catch (error) {
  process.stderr.write(`tfjs-softmax: ${(error as Error).message}\n${help}`);
  process.exitCode = 2;
}

async function doctorOrUsage(): Promise<void> {
  const {positionals, values, tokens} = parseArgs({
    ...{allowPositionals: true, tokens: true},
    options: {
      json: {type: 'boolean', default: false},
      report: {type: 'boolean', default: false},
      browser: {type: 'boolean', default: false},
      version: {type: 'boolean', short: 'v', default: false},
      help: {type: 'boolean', short: 'h', default: false},
    },
  });
  refuseRepeated(tokens);
  const [command, ...rest] = positionals;
  if (values.help) process.stdout.write(USAGE);
  else if (values.version) process.stdout.write(`${version}\n`);
  else if (values.json && values.report) throw new Error('--json and --report exclude each other: give one');
  else if (values.browser && values.report)
    throw new Error('--report is for Node; with --browser, leave it out or use --json');
  else if (command === 'doctor' && rest.length === 0) {
    help = '';
    process.exitCode = await (values.browser ? inBrowser(values.json) : doctor(formatOf(values)));
  } else throw new Error(command ? `there is no command ${positionals.join(' ')}` : 'no command is given');
}

/** @returns the exit code: 0 if no backend there gives wrong results */
async function inBrowser(asJson: boolean): Promise<number> {
  const {doctorInBrowser} = await import('./browser');
  const {text, json} = await doctorInBrowser((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(asJson ? `${JSON.stringify(json, null, 1)}\n` : text);
  return json.report.backends.every(({check}) => check !== 'FAIL') ? 0 : 1;
}

function formatOf({json, report}: {json: boolean; report: boolean}): Format {
  if (json) return 'json';
  return report ? 'report' : 'text';
}
