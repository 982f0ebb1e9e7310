import {readFile} from 'node:fs/promises';

/**
 * An esbuild plugin for pages: tfjs/public_functions.ts without its `require`, which a page does not have. Bundled, it would
 * bring a second copy of tfjs-core along.
 */
export const withoutRequire = {
  name: 'without require',
  setup(build) {
    build.onLoad({filter: /tfjs[\\/]public_functions\.ts$/}, async ({path}) => {
      const text = await readFile(path, 'utf8');
      return {contents: text.replace(/typeof require === 'function' \? \[require\(.*?\)\] : \[\]/, '[]'), loader: 'ts'};
    });
  },
};
