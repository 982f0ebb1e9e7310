import {readFileSync} from 'node:fs';
import {alongAxis, crossEntropy, crossEntropyGradient, masked, softmax, softmaxProduct} from '../../kernels/reference';
import {ulpError, ulpErrorAboveOne, worst} from '../ulp';

/** What `use` of projects/use.mjs gives. */
export interface Result {
  shape: number[];
  logits: number[];
  cotangent: number[];
  mask: boolean[];
  classes: number[];
  selected: string;
  wisdom: object[];
  softmax: number[];
  gradient: number[];
  masked: number[];
  losses: number[];
  lossGradient: number[];
  routed: string[];
  kernelNames: string[];
  installed: number[];
  version: string;
  backend: {name: string; kernels: string; runs: string; check: string};
}

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));

/** Compares what a project got with float64, and what ran with what should have. */
export function expectRight(result: Result, backend: string, runs: RegExp): void {
  const {shape, cotangent} = result;
  expect(result.version).toBe(version);
  expect(result.selected).toBe(backend);
  expect(result.wisdom).toMatchObject([{op: 'softmax', backends: {cpu: {samples: expect.any(Number)}}}]);
  expect(result.backend).toMatchObject({name: backend, kernels: 'own', check: 'PASS'});
  expect(result.backend.runs).toMatch(runs);

  const logits = Float32Array.from(result.logits);
  const exact = alongAxis(shape, 1, [logits], softmax);
  expect(worst(result.softmax, exact, ulpError).error).toBeLessThanOrEqual(6);
  expect(worst(result.installed, exact, ulpError).error).toBeLessThanOrEqual(6);
  expect(result.routed).toContain('tf.softmax');
  expect(result.kernelNames).toContain('softmax');

  const gradient = alongAxis(shape, 1, [logits, cotangent], (x, g) => softmaxProduct(softmax(x), g));
  const scale = alongAxis(shape, 1, [logits, cotangent], (x, g) => {
    const y = softmax(x);
    const total = y.reduce((sum, yi, i) => sum + yi * Math.abs(g[i]!), 0);
    return y.map((yi, i) => yi * (Math.abs(g[i]!) + total));
  });
  const error = (a: number, e: number, i: number) => Math.abs(a - e) / (scale[i]! * 2 ** -24);
  expect(worst(result.gradient, gradient, error).error).toBeLessThanOrEqual(10);

  const keep = result.mask.map(Number);
  const exactMasked = alongAxis(shape, 1, [logits, keep], masked.softmax);
  expect(worst(result.masked, exactMasked, ulpError).error).toBeLessThanOrEqual(6);
  const oneHot = result.classes.flatMap((k) => Array.from({length: shape[1]!}, (_, j) => Number(j === k)));
  const losses = alongAxis(shape, 1, [logits, oneHot], (x, q) => [crossEntropy(x, q)]);
  expect(worst(result.losses, losses, ulpErrorAboveOne).error).toBeLessThanOrEqual(5);
  const lossGradient = alongAxis(shape, 1, [logits, oneHot], crossEntropyGradient);
  expect(worst(result.lossGradient, lossGradient, (a, e) => Math.abs(a - e) / 2 ** -24).error).toBeLessThanOrEqual(10);
}
