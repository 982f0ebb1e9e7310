#!/usr/bin/env node
/** `npx tfjs-softmax`: the command line of the package. */
import {parseArgs} from 'node:util';
import {version} from '../package.json';
import {doctor, type Format} from './doctor';
import {refuseRepeated} from './repeated';

const USAGE = `Usage: npx tfjs-softmax doctor [--json | --report] [--browser]
       npx tfjs-softmax bench [options]
       npx tfjs-softmax --version

  doctor    Starts each tfjs backend that is installed here, checks a softmax and its gradient on it, and times them:
            says which backend is the fastest, and what to do to get a faster one.
  --json    The same as JSON, for programs.
  --report  The same as Markdown, to be pasted into an issue: versions, hardware, checks, flags, times.
  --browser The same in a browser: opens a page that checks and times webgl, webgpu and wasm there, and prints what it finds.
  bench     Times the family on these backends beside other libraries; bench --help tells the options.
`;

try {
  const [command, ...args] = process.argv.slice(2);
  // Loads tfjs-core, which the doctor can do without: it says so.
  if (command === 'bench') await (await import('../benchmarks/cli/bench')).bench(args);
  else await doctorOrUsage();
} catch (error) {
  process.stderr.write(`tfjs-softmax: ${(error as Error).message}\n\n${USAGE}`);
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
  else if (command === 'doctor' && rest.length === 0 && values.browser) process.exitCode = await inBrowser(values.json);
  else if (command === 'doctor' && rest.length === 0) process.exitCode = await doctor(formatOf(values));
  else throw new Error(command ? `there is no command ${positionals.join(' ')}` : 'no command is given');
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
