import {type BrowserPage, open} from '../../hosts/browser';
import {NEVER_ON_THE_CPU} from '../../hosts/in_browser';
import type {Functions} from '../../pages/failures';
import {expectNothingWrong} from './expected';

const DRAWING = [
  'Float32Array',
  'backend.acquireTexture',
  'backend.makeTensorInfo',
  'backend.runWebGLProgram',
  'backend.uploadToGPU',
  'backend.write',
];
const COMPILING = [
  'gl.createProgram',
  'gl.createShader',
  'gl.createVertexArray',
  'gl.getProgramParameter',
  'gl.getShaderParameter',
];

let page: BrowserPage<Functions>;
beforeAll(async () => {
  page = await open<Functions>({entry: 'spec/pages/failures.ts'});
  await page.run('start', NEVER_ON_THE_CPU);
});
afterAll(() => page?.close());

test('webgl: draws', async () => {
  const actions = ['masked logSoftmax', 'gradient of logSoftmax', 'tf.softmax after install()'];
  expectNothingWrong('webgl', await page.run('table', {actions, compiling: false}), DRAWING);
});

// To compile each program each time takes long here.
test('webgl: compilation', async () => {
  expectNothingWrong('webgl', await page.run('table', {actions: ['softmax'], compiling: true}), [
    ...DRAWING,
    ...COMPILING,
  ]);
});
