import type {Functions} from '../pages/calls';
import {type BrowserOptions, type BrowserPage, open} from './browser';
import type {Host} from './call';

export interface InBrowserOptions extends Omit<BrowserOptions, 'entry'> {
  /** tfjs's environment flags, set before the backend starts. */
  environment?: Record<string, boolean | number>;
}

/** A host with a browser of its own, to be closed after the tests. */
export interface BrowserHost extends Host {
  page: BrowserPage<Functions>;
  close(): Promise<void>;
}

/** Small tensors really reach the shaders. */
export const NEVER_ON_THE_CPU = {WEBGL_CPU_FORWARD: false, WEBGL_SIZE_UPLOAD_UNIFORM: 0};

/** A backend in a page in Chromium. */
export async function inBrowser(backend: string, options: InBrowserOptions = {}): Promise<BrowserHost> {
  const page = await open<Functions>({...options, entry: 'spec/pages/calls.ts'});
  const flags = {...NEVER_ON_THE_CPU, ...options.environment};
  const name = await page.run('start', {backend, flags});
  return {
    name,
    page,
    run: (call) => page.run('run', call),
    runCase: (fuzzed) => page.run('runCase', fuzzed),
    close: () => page.close(),
  };
}
