/** The program of a process that has one peer: the bench starts it, and asks it to compute and to time. */

import {guest} from '../peers/apart/guest';
import type {Answer, Question} from '../peers/apart/protocol';
import {answer} from '../peers/apart/protocol';
import {watchWebAssembly} from '../peers/apart/webassembly';
import {LIBRARIES} from '../peers/libraries';
import {libraryPeer} from '../peers/library_peer';
import {realClock} from '../suite/clock';
import {load} from './packages';

const wasmModules = watchWebAssembly();

function nativeLibraries(): string[] {
  const report = process.report.getReport() as unknown as {sharedObjects: string[]};
  return report.sharedObjects.filter((path) => /onnxruntime/.test(path) && /\.(node|so|dylib|dll)/.test(path));
}

const apart = guest(async ({name}) => {
  const {package: packageName} = LIBRARIES.find((one) => one.name === name)!;
  const found = load(packageName);
  if ('reason' in found) throw new Error(found.reason);
  const evidence = () => ({wasmModules: wasmModules(), nativeLibraries: nativeLibraries()});
  return libraryPeer({name, package: packageName, version: found.version}, found.loaded, evidence);
}, realClock());

answer(
  {
    post: (message: Answer) => process.send!(message),
    listen: (onMessage) => process.on('message', (message) => onMessage(message as Question)),
  },
  apart,
);
// Ctrl-C is for the bench, which then ends this.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
