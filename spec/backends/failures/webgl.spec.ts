import {type BrowserPage, open} from '../../hosts/browser';
import {MANY_KERNELS} from '../../hosts/failure_table';
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
  'gl.createTexture',
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

test('webgl: draws of ops of many kernels', async () => {
  const options = {actions: MANY_KERNELS, most: 6, compiling: false};
  expectNothingWrong('webgl, many kernels', await page.run('table', options), [...DRAWING, 'Int32Array'], true);
});

// To compile each program each time takes long here.
test('webgl: compilation', async () => {
  expectNothingWrong('webgl', await page.run('table', {actions: ['softmax'], compiling: true}), [
    ...DRAWING,
    ...COMPILING,
  ]);
});

test('webgl: framebuffers, where tfjs checks them', async () => {
  const table = await page.run('framebuffers', ['masked logSoftmax', 'tf.softmax after install()']);
  expectNothingWrong('webgl, checked', table, [...DRAWING, 'gl.checkFramebufferStatus', 'gl.getProgramParameter']);
});

test.each([
  // First, since a start that has failed is remembered for a while.
  [
    'are never complete, so that tfjs takes half floats, which are wrong',
    'checkFramebufferStatus',
    {started: true, check: 'FAIL', problem: expect.stringContaining('gives')},
    /^wrong result: .* gives/,
  ],
  [
    'cannot be made',
    'createFramebuffer',
    {started: false, check: null, problem: 'does not start: Unable to create WebGLFramebuffer.'},
    /^does not start: Unable to create WebGLFramebuffer/,
  ],
] as const)('webgl: framebuffers that at the start %s', async (_, what, expected, reason) => {
  const {best, out, entry, meanwhile, afterwards} = await page.run('startWithout', what);
  expect(best).toBe('cpu');
  expect(out).toMatch(reason);
  expect(entry).toMatchObject(expected);
  for (const values of [meanwhile, afterwards]) expect(Array.from(values)).toEqual([0.5, 0.5]);
});

test('webgl: a lost context is out of reports and rankings, with the reason; ops say so, until the backend is started anew', async () => {
  const {messages, entry, rankings, afterwards} = await page.run('lose', undefined);
  for (const message of messages)
    expect(message).toMatch(/^tfjs-softmax: the backend webgl computes nothing any more: its WebGL context is lost/);
  expect(entry).toMatchObject({check: 'FAIL', problem: 'its WebGL context is lost', variants: []});
  for (const {best, candidates} of rankings) {
    expect(best).toBe('cpu');
    expect(candidates.find(({backend}) => backend === 'webgl')!.out).toBe('its WebGL context is lost');
  }
  expect(Array.from(afterwards)).toEqual([0.5, 0.5]);
});
