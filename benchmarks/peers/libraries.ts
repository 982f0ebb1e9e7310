/** Libraries beside tfjs that are compared with: each runs in a process, or in a page in a worker, of its own. */
export interface Library {
  /** As it is called in reports. */
  name: string;
  /** The npm package. */
  package: string;
  /** In a page: the file to import, in the package; none where it does not run in a page. */
  pageFile: string | null;
  /** Other files that this one loads. */
  pageFiles: string[];
}

export const LIBRARIES: Library[] = [
  {
    ...{name: 'onnxruntime-web', package: 'onnxruntime-web', pageFile: 'dist/ort.wasm.min.mjs'},
    pageFiles: ['dist/ort-wasm-simd-threaded.mjs', 'dist/ort-wasm-simd-threaded.wasm'],
  },
  {name: 'onnxruntime-node', package: 'onnxruntime-node', pageFile: null, pageFiles: []},
  {name: 'jax-js', package: '@jax-js/jax', pageFile: 'dist/index.js', pageFiles: ['dist/*.js']},
  {
    ...{name: 'transformers.js', package: '@huggingface/transformers', pageFile: 'dist/transformers.min.js'},
    pageFiles: ['dist/ort-wasm-simd-threaded.jsep.mjs'],
  },
];

/** What users of tfjs have in its place, on the same backend. */
const OF_TFJS = ['stock', 'textbook'];

export const PEER_NAMES = [...OF_TFJS, ...LIBRARIES.map(({name}) => name)];
