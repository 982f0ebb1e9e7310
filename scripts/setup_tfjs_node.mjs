/**
 * Gets @tensorflow/tfjs-node for the tests and benchmarks of `backends/tensorflow`: `npm run setup:tfjs-node`.
 *
 * It goes to the ignored folder .cache/tfjs-node, not to node_modules: it is an optional peer, which `npm ci` neither
 * installs nor may remove. There it finds the tfjs-core of this project, since folders above it are searched too.
 *
 * Its native library comes by its own installer; where that fails (it downloads from a host that not every network
 * reaches), the addon is built against the shared libraries in the Python wheel of TensorFlow. Exits with 0 only if
 * a softmax was computed with the result.
 */
import {spawnSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const TFJS_NODE = '@tensorflow/tfjs-node@4.22.0';
/** The newest wheel that the addon's sources are known to compile and work with. */
const WHEEL = 'tensorflow-cpu<=2.21.0';

const MINUTE = 60_000;
const PROJECT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = path.join(PROJECT, '.cache', 'tfjs-node');
const PACKAGE = path.join(FOLDER, 'node_modules', '@tensorflow', 'tfjs-node');
const LIBRARIES = path.join(PACKAGE, 'deps', 'lib');
const HEADERS = path.join(PACKAGE, 'deps', 'include');

const started = Date.now();
const outcome = obtain();
const seconds = ((Date.now() - started) / 1000).toFixed(1);
console.log(`tfjs-node: ${outcome.says} (${seconds} s)`);
process.exitCode = outcome.works ? 0 : 1;

/** @returns {{works: boolean, says: string}} */
function obtain() {
  if (computesSoftmax().ok) return {works: true, says: 'was there already'};

  const installed = installPackage();
  if (!installed.ok) return {works: false, says: `npm could not install ${TFJS_NODE}:\n${installed.tail}`};

  const official = runOfficialInstaller();
  if (official.ok) return {works: true, says: 'installed by its ordinary installer'};

  const built = buildAgainstWheel();
  if (built.ok)
    return {works: true, says: `built against ${WHEEL}, since its own installer failed (${official.reason})`};

  return {
    works: false,
    says: `could not be had.\nIts own installer failed:\n${official.tail}\nBuilding against ${WHEEL} failed:\n${built.tail}`,
  };
}

/** Loads the addon as a test would, in a process of its own, so that a crash there is a plain failure here. */
function computesSoftmax() {
  if (!fs.existsSync(PACKAGE)) return failure('the package is not installed');
  const program = `
    const tf = require(${JSON.stringify(PACKAGE)});
    const [half] = tf.softmax(tf.tensor1d([7, 7])).dataSync();
    const core = require.resolve('@tensorflow/tfjs-core', {paths: [${JSON.stringify(PROJECT)}]});
    if (half !== 0.5) throw new Error('softmax([7, 7]) is [' + half + ', ...]');
    if (!require.cache[core]) throw new Error('tfjs-node does not use the tfjs-core of this project');`;
  return run(process.execPath, ['-e', program], PROJECT, MINUTE);
}

/** The JavaScript of tfjs-node and what it needs, without running any install script. */
function installPackage() {
  fs.rmSync(FOLDER, {recursive: true, force: true});
  fs.mkdirSync(FOLDER, {recursive: true});
  fs.writeFileSync(path.join(FOLDER, 'package.json'), '{"private": true}\n');
  const flags = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'];
  const installed = run('npm', ['install', ...flags, TFJS_NODE], FOLDER, 5 * MINUTE);
  if (installed.ok) removeCopiesOfProjectPackages();
  return installed;
}

/** With its own tfjs-core out of the way, tfjs-node resolves the one that this project's code imports. */
function removeCopiesOfProjectPackages() {
  const scope = path.dirname(PACKAGE);
  for (const name of fs.readdirSync(scope)) {
    const projectHasIt = fs.existsSync(path.join(PROJECT, 'node_modules', '@tensorflow', name));
    if (projectHasIt) fs.rmSync(path.join(scope, name), {recursive: true});
  }
}

function runOfficialInstaller() {
  const installed = run(process.execPath, ['scripts/install.js'], PACKAGE, 5 * MINUTE);
  return installed.ok ? computesSoftmax() : installed;
}

function buildAgainstWheel() {
  if (process.platform !== 'linux') return failure('the wheel has the shared libraries on Linux only');
  const wheel = path.join(FOLDER, 'wheel');
  const flags = ['--no-deps', '--no-compile', '--quiet', '--target', wheel];
  const fetched = run('python3', ['-m', 'pip', 'install', ...flags, WHEEL], FOLDER, 10 * MINUTE);
  if (!fetched.ok) return fetched;
  layOutLibraries(path.join(wheel, 'tensorflow'));
  const built = run('node-pre-gyp', ['install', '--build-from-source'], PACKAGE, 10 * MINUTE);
  for (const used of [wheel, HEADERS]) fs.rmSync(used, {recursive: true});
  return built.ok ? computesSoftmax() : built;
}

/** Puts the wheel's libraries and headers where the addon's build looks for those of libtensorflow. */
function layOutLibraries(tensorflow) {
  fs.rmSync(path.dirname(LIBRARIES), {recursive: true, force: true});
  fs.mkdirSync(LIBRARIES, {recursive: true});
  for (const [library, linkedAs] of [
    ['libtensorflow_cc.so.2', 'libtensorflow.so'],
    ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
  ]) {
    fs.renameSync(path.join(tensorflow, library), path.join(LIBRARIES, library));
    fs.symlinkSync(library, path.join(LIBRARIES, linkedAs));
  }
  fs.renameSync(path.join(tensorflow, 'include'), HEADERS);
}

/** Runs a command quietly, for at most that long. */
function run(command, args, cwd, timeout) {
  const ended = spawnSync(command, args, {cwd, timeout, encoding: 'utf8', env: environment(), maxBuffer: 1 << 28});
  if (ended.error) return failure(`${command}: ${ended.error.message}`);
  return ended.status === 0 ? {ok: true} : failure(`${ended.stdout}${ended.stderr}`);
}

/** `reason` is the line that tells most, `tail` the last it said. */
function failure(output) {
  const lines = output.trim().split('\n');
  const reason = lines.find((line) => /error: /i.test(line)) ?? lines.at(-1);
  const tail = lines.slice(-12).map((line) => `  ${line}`);
  return {ok: false, reason: reason.trim(), tail: tail.join('\n')};
}

/** The installer and the build call node-pre-gyp by name, and node-gyp asks npm where Node's headers are. */
function environment() {
  const commands = path.join(FOLDER, 'node_modules', '.bin');
  const env = {...process.env, PATH: `${commands}${path.delimiter}${process.env.PATH}`};
  if (!env.npm_config_nodedir) {
    const configured = spawnSync('npm', ['config', 'get', 'nodedir'], {encoding: 'utf8'}).stdout?.trim();
    if (configured && configured !== 'undefined') env.npm_config_nodedir = configured;
  }
  return env;
}
