/** What the benchmark's page is made of, with tfjs inside for a static host, or without for the package. */
import {cpSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';

export function copyPageFiles(folder) {
  mkdirSync(folder, {recursive: true});
  cpSync('benchmarks/page/index.html', join(folder, 'index.html'));
  cpSync('benchmarks/page/page.css', join(folder, 'page.css'));
}

/** esbuild's options for the page's program, and that of the workers which its peers have. */
export function pagePrograms(folder) {
  return {
    entryPoints: {page: 'benchmarks/page/main.ts', peer: 'benchmarks/page/guest_worker.ts'},
    outdir: folder,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  };
}
