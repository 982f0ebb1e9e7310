/**
 * Wisdom in a file that somebody named, perhaps by mistake, and that several programs may share.
 *
 * What was not written by this package is never changed. A new text is written to a file of its own beside the old one,
 * which it then replaces: a reader sees the old text or the new one. Writers take turns by a lock, so that each builds on
 * what the others have written. A library could do both, but this package depends on nothing but tfjs, and a lock in a
 * library, which has to serve everybody, is several times as long as this file.
 */
import type {Stats} from 'node:fs';
import {option} from '../../kernels/check';
import {builtin} from './environment';
import {now} from './stopwatch';
import {LONGEST_WISDOM, parse} from './wisdom_schema';

/** A place that keeps one text. */
export interface Place {
  /** @returns null if it keeps nothing */
  read(): string | null;
  /** Puts another text in the place of the one that is kept, while nobody else does. */
  replace(next: (kept: string | null) => string): void | Promise<void>;
}

/** Said of what is at a path that is not this package's to replace. */
export class NotOurs extends Error {
  constructor(what: string) {
    super(`it is ${what}, and must be a file with wisdom of this package, an empty one or none; it is left as it is`);
  }
}

/** A lock is held for milliseconds. One that stays this long was left by a process that ended with it. */
const ABANDONED_MS = 10_000;
const PATIENCE_MS = 30_000;

export function wisdomFile(path: string): Place {
  const system = fileSystem();
  return {
    read: () => contents(system, fileAt(system, path)),
    async replace(next) {
      const {target} = fileAt(system, path);
      await locked(system, target, (isStillOurs) => {
        const file = fileAt(system, target);
        write(system, file, next(contents(system, file)), isStillOurs);
      });
    },
  };
}

type System = ReturnType<typeof fileSystem>;

function fileSystem() {
  const [fs, path, buffer] = [builtin('node:fs'), builtin('node:path'), builtin('node:buffer')];
  if (!fs || !path || !buffer) throw new Error('files need Node 20.16 or later');
  return {fs, path, Buffer: buffer.Buffer};
}

/** A regular file, or where one may be made. */
interface File {
  /** Its path without symbolic links at the end. */
  target: string;
  /** Null if there is none. */
  stats: Stats | null;
}

function fileAt({fs}: System, path: string): File {
  const stats = fs.statSync(path, {throwIfNoEntry: false});
  if (stats === undefined) {
    // Where a dangling link leads was not named: somebody may have put the link there.
    if (fs.lstatSync(path, {throwIfNoEntry: false})) throw new NotOurs('a symbolic link to nothing');
    return {target: path, stats: null};
  }
  if (!stats.isFile()) throw new NotOurs(kindOf(stats));
  return {target: fs.realpathSync(path), stats};
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function contents({fs, Buffer}: System, {target, stats}: File): string | null {
  if (stats === null) return null;
  if (stats.size > LONGEST_WISDOM) throw new NotOurs(`a file of ${stats.size} bytes, too large for wisdom`);
  // Non-blocking: what was a file a moment ago may be a pipe now.
  const fd = fs.openSync(target, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    const bytes = Buffer.alloc(stats.size + 1);
    const length = fs.fstatSync(fd).isFile() ? readAll(fs, fd, bytes) : bytes.length;
    // Files of the kernel, as under /proc, say that they are empty and are not.
    if (length > stats.size) throw new NotOurs('a file whose size changes');
    const text = bytes.toString('utf8', 0, length);
    if (text === '') return null;
    if (!isWisdom(text)) throw new NotOurs('a file with something else than wisdom');
    return text;
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether a text is wisdom of this package, of whatever version: one that may be replaced by newer wisdom. */
function isWisdom(text: string): boolean {
  try {
    return /^tfjs-softmax wisdom, version \d+$/.test(String(option(parse(text), 'format', '')));
  } catch {
    return false;
  }
}

function readAll(fs: System['fs'], fd: number, bytes: Uint8Array): number {
  let length = 0;
  for (let more = -1; more !== 0 && length < bytes.length; length += more) {
    more = fs.readSync(fd, bytes, length, bytes.length - length, null);
  }
  return length;
}

function write({fs, path}: System, {target, stats}: File, text: string, isStillOurs: () => boolean): void {
  const unique = `${Math.random()}${Math.random()}`.replaceAll('0.', '');
  const staged = path.join(path.dirname(target), `.tfjs-softmax-${unique}`);
  const fd = fs.openSync(staged, 'wx', stats ? stats.mode & 0o600 : 0o666); // wx: follows no link, opens no file of others
  try {
    try {
      fs.writeFileSync(fd, text);
      if (stats) keepOwnerAndMode(fs, fd, stats);
    } finally {
      fs.closeSync(fd);
    }
    if (!isStillOurs()) throw new Error('writing took so long that another process took over the lock');
    fs.renameSync(staged, target);
  } catch (error) {
    fs.rmSync(staged, {force: true});
    throw error;
  }
}

function keepOwnerAndMode(fs: System['fs'], fd: number, {uid, gid, mode}: Stats): void {
  const {uid: user, gid: group} = fs.fstatSync(fd);
  if (user !== uid || group !== gid) fs.fchownSync(fd, uid, gid);
  fs.fchmodSync(fd, mode & 0o7777);
}

/**
 * Runs an action on a file while no other process does. The lock is a folder: of several that make one only one succeeds,
 * and to remove it cannot destroy what anybody wrote.
 *
 * @param action is told how to find out whether the lock is still held, since others take one for abandoned in the end
 */
async function locked({fs, path}: System, target: string, action: (isStillOurs: () => boolean) => void): Promise<void> {
  const lock = path.join(path.dirname(target), `.tfjs-softmax-lock-${path.basename(target)}`);
  const holder = () => {
    const stats = fs.lstatSync(lock, {bigint: true, throwIfNoEntry: false});
    return stats ? `${stats.ino} ${stats.mtimeNs}` : 'nobody';
  };
  const start = now();
  let [seen, since] = ['nobody', start];
  while (!makeFolder(fs, lock)) {
    const current = holder();
    if (current !== seen) [seen, since] = [current, now()];
    if (current !== 'nobody' && now() - since > ABANDONED_MS) fs.rmdirSync(lock);
    else if (now() - start > PATIENCE_MS) throw new Error(`other processes have held the lock ${lock} all the time`);
    else await new Promise((resolve) => setTimeout(resolve, 4 * Math.random()));
  }
  const us = holder();
  const isStillOurs = () => holder() === us;
  try {
    action(isStillOurs);
  } finally {
    if (isStillOurs()) fs.rmdirSync(lock);
  }
}

/** @returns whether there was none */
function makeFolder(fs: System['fs'], path: string): boolean {
  try {
    fs.mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
