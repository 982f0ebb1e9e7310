import {execFile} from 'node:child_process';
import {existsSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {chromiumPackage} from './unpacked';

/** A Chromium to launch and what it needs in its environment. */
export interface Chromium {
  executablePath: string;
  env: Record<string, string>;
}

/**
 * The browser that tests and benchmarks run in: the one CHROME_PATH names, or else, on linux-x64, the one that comes
 * inside the dev dependency @sparticuz/chromium, unpacked once into the temporary folder.
 *
 * @throws with what to install where there is neither; a missing browser fails the run, it never skips a test
 */
export async function findChromium(): Promise<Chromium> {
  const env = Object.fromEntries(Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined));
  const named = env.CHROME_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROME_PATH is ${named}, but there is no such file.`);
    return {executablePath: named, env};
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `No browser for ${process.platform}-${process.arch}: the one in @sparticuz/chromium is for linux-x64. ` +
        'Install Chrome or Chromium and set CHROME_PATH to its executable.',
    );
  }
  const folder = await unpackedChromium();
  const libraries = [join(folder, 'al2023', 'lib'), env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return {
    executablePath: join(folder, 'chromium'),
    env: {...env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: fontConfiguration(join(folder, 'fonts'))},
  };
}

/** The package's own configuration has its fonts elsewhere; without any, text is blank and a text field is a crash. */
function fontConfiguration(folder: string): string {
  const file = join(folder, 'here.conf');
  const cache = `<cachedir>${join(folder, 'cache')}</cachedir>`;
  if (!existsSync(file)) writeFileSync(file, `<fontconfig><dir>${folder}</dir>${cache}</fontconfig>\n`);
  return file;
}

/** The folder of the unpacked package. */
export async function unpackedChromium(): Promise<string> {
  const {entry, folder} = chromiumPackage();
  if (existsSync(folder)) return folder;
  // The package unpacks into the temporary folder and takes a half-written file for a whole one, so two runs at once
  // would launch half a browser: unpack aside, then rename. It adds the shared libraries (libnss3 and the like) only
  // where it believes to be on Amazon Linux 2023.
  return placeAtOnce(folder, (staging) =>
    promisify(execFile)(process.execPath, ['-e', `require(${JSON.stringify(entry)}).executablePath()`], {
      env: {...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x'},
    }),
  );
}

/** Fills a folder aside and puts it in place whole, unless another run was first. */
export async function placeAtOnce(folder: string, fill: (staging: string) => unknown): Promise<string> {
  if (existsSync(folder)) return folder;
  const staging = mkdtempSync(`${folder}-`);
  await fill(staging);
  try {
    renameSync(staging, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(staging, {recursive: true});
  }
  return folder;
}
