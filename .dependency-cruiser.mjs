/**
 * Which folder may import which; `npm run check` fails where one does otherwise. From the bottom up:
 *
 *     backends/engines        compute on arrays and memory, and know no tfjs
 *     tfjs                    what tfjs does not declare and we rely on
 *     backends/cpu, wasm, ... how the tensors of one tfjs backend get to an engine; none knows another
 *     backends/*.ts           the interface of a backend, and the registry of all
 *     kernels                 the ops
 *     install, gradient_check, backends/dispatcher
 *     index.ts, node.ts
 *     benchmarks, cli, examples, spec
 */
const LIBRARY = '^(backends|kernels|install|gradient_check|tfjs)/';
/** What backends may know of the ops: names, attributes and shapes. */
const OP_LEAVES = '^kernels/(names|attributes|rows|elementwise|check)\\.ts$';

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'A file must not import itself by way of others. Move what both need to a file of its own.',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'engines-know-no-tfjs',
      comment: 'Engines compute on arrays and memory. They import one another and nothing else.',
      severity: 'error',
      from: {path: '^backends/engines/'},
      to: {pathNot: '^(backends/engines/|package\\.json$)'},
    },
    {
      name: 'javascript-engine-stands-alone',
      comment: 'Plain TypeScript is what is left where WebAssembly is missing, so it does not import it.',
      severity: 'error',
      from: {path: '^backends/engines/javascript/'},
      to: {path: '^backends/engines/wasm/'},
    },
    {
      name: 'tfjs-is-a-leaf',
      comment: 'The folder tfjs/ knows tfjs and nothing of ours.',
      severity: 'error',
      from: {path: '^tfjs/'},
      to: {path: '^(backends|kernels|install|gradient_check)/'},
    },
    {
      name: 'backends-do-not-know-each-other',
      comment: 'What two backends need belongs into an engine, or beside their interface.',
      severity: 'error',
      from: {path: '^backends/(cpu|wasm|webgl|webgpu|tensorflow|composed)/'},
      to: {path: '^backends/(cpu|wasm|webgl|webgpu|tensorflow|composed)/', pathNot: '^backends/$1/'},
    },
    {
      name: 'backends-do-not-know-what-uses-them',
      comment:
        'A backend imports its interface, what is made for typed arrays or for shaders, the errors of one that is lost or wrong, ' +
        'engines, tfjs/, and names and shapes of the ops.',
      severity: 'error',
      from: {path: '^backends/(cpu|wasm|webgl|webgpu|tensorflow|composed)/'},
      to: {
        path: '^(backends/[^/]+\\.ts|backends/dispatcher/|kernels/|install/)',
        pathNot: ['^backends/(backend|array_backend|lost|shaders|wrong_result)\\.ts$', OP_LEAVES],
      },
    },
    {
      name: 'ops-do-not-know-the-drop-in-or-the-dispatcher',
      comment: 'Ops run without install(), checkGradients() and the dispatcher.',
      severity: 'error',
      from: {path: '^(kernels/|backends/[^/]+\\.ts$)'},
      to: {path: '^(install|gradient_check|backends/dispatcher)/'},
    },
    {
      name: 'drop-in-and-dispatcher-do-not-know-each-other',
      comment: 'None of them, nor checkGradients, needs another.',
      severity: 'error',
      from: {path: '^(install|gradient_check|backends/dispatcher)/'},
      to: {path: '^(install|gradient_check|backends/dispatcher)/', pathNot: '^$1/'},
    },
    {
      name: 'library-does-not-know-its-users',
      comment:
        'Entries, benchmarks, the command line, examples and tests import the library, and not the other way round.',
      severity: 'error',
      from: {path: LIBRARY},
      to: {path: '^(index|node)\\.ts$|^(benchmarks|cli|examples|scripts|spec)/'},
    },
    {
      name: 'no-backend-package-at-run-time',
      comment:
        "Nobody has to install a backend that they do not use: tfjs's object comes with each call. Use `import type`.",
      severity: 'error',
      from: {path: LIBRARY},
      to: {path: '@tensorflow/(tfjs-backend|tfjs-node|tfjs$)', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'no-package-but-the-peer',
      comment:
        'The one run-time dependency is the peer @tensorflow/tfjs-core. Node alone may load Dawn, an optional peer.',
      severity: 'error',
      from: {path: LIBRARY},
      to: {
        path: '^node_modules/',
        pathNot: '^node_modules/(@tensorflow|@webgpu|webgpu)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'dawn-in-one-file',
      comment: 'Dawn is loaded on request, by enableWebGPU().',
      severity: 'error',
      from: {path: LIBRARY, pathNot: '^backends/webgpu/dawn\\.ts$'},
      to: {path: '^node_modules/webgpu/'},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    doNotFollow: {path: 'node_modules'},
    exclude: {path: '(^|/)(assembly|assembly_loss_mask|generated|projects)/'},
  },
};
