import {fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {Place} from '../peers/apart/contender';
import {type Answer, Line, type Question, type StartRequest} from '../peers/apart/protocol';

/** Where the build puts guest_process.ts. */
const PROGRAM = './bench-peer.js';

/** Starts a process for a peer. */
export function openProcess({name}: StartRequest): Place {
  const child = fork(fileURLToPath(new URL(PROGRAM, import.meta.url)), {
    serialization: 'advanced', // NaN stays NaN
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const line = new Line({
    post: (message: Question) => child.send(message, () => {}),
    listen: (onMessage) => child.on('message', (message) => onMessage(message as Answer)),
  });
  child.on('exit', (code, signal) => line.end(`the process of ${name} ended by ${signal ?? `code ${code}`}`));
  child.on('error', (error) => line.end(`the process of ${name}: ${error.message}`));
  return {line, name: `process ${child.pid}`, end: () => child.kill()};
}
