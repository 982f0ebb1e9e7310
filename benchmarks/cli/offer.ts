import {findBrowser} from '../browser/find_browser';
import {find} from '../node/packages';
import {NODE_BACKENDS, PAGE_BACKENDS} from '../peers/backends';
import {LIBRARIES, PEER_NAMES} from '../peers/libraries';
import type {Offer} from './options';

/** What can run here, by what is installed; whether a GPU starts is seen when it is started. */
export async function offerHere(): Promise<Offer> {
  const missing: Offer['missing'] = [];
  const isThere = (name: string, packages: string[]) => {
    for (const one of packages) {
      const found = find(one);
      if (!('reason' in found)) continue;
      missing.push({name, reason: found.reason});
      return false;
    }
    return true;
  };
  const backends = Object.entries(NODE_BACKENDS)
    .filter(([name, own]) => isThere(name, name === 'webgpu' ? [own, 'webgpu'] : [own]))
    .map(([name]) => name);
  const absent = LIBRARIES.filter(({name, package: own}) => !isThere(name, [own])).map(({name}) => name);
  const browser = await findBrowser().catch((error: Error) => error);
  if (browser instanceof Error) missing.push({name: '--browser', reason: browser.message});
  return {
    backends,
    pageBackends:
      browser instanceof Error
        ? null
        : Object.keys(PAGE_BACKENDS).filter((name) => !('reason' in find(PAGE_BACKENDS[name]!))),
    peers: PEER_NAMES.filter((name) => !absent.includes(name)),
    missing,
  };
}
