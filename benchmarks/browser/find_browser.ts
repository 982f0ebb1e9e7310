import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {type Chromium, findChromium} from '../../spec/hosts/chromium';

/** What Chrome, Chromium and Edge are called on a PATH, */
const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge', 'chrome'];
/** and where they are installed otherwise. */
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * The browser that CHROME_PATH names, or one that is installed, or the one inside of the npm package @sparticuz/chromium.
 *
 * @throws with what to do where there is none
 */
export async function findBrowser(): Promise<Chromium> {
  if (process.env.CHROME_PATH) return findChromium();
  const folders = process.env.PATH?.split(delimiter) ?? [];
  const onPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const executablePath = [...onPath, ...PLACES].find((path) => existsSync(path));
  if (executablePath) return {executablePath, env: process.env as Record<string, string>};
  try {
    return await findChromium();
  } catch {
    throw new Error('no Chrome, Chromium or Edge is found: install one, or set CHROME_PATH to its executable');
  }
}
