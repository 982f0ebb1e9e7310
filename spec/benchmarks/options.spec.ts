import {isSoftware as isSoftwareName} from '../../backends/shaders';
import {helpText, parseOptions, secondsFor} from '../../benchmarks/cli/options';
import {onnxModel} from '../../benchmarks/peers/onnx/model';
import {encode} from '../../benchmarks/peers/onnx/protobuf';

const parse = (...args: string[]) => parseOptions(args);

describe('options', () => {
  it('have defaults that take two minutes with the checks', () => {
    const options = parse();
    expect(secondsFor(options, 100)).toBeLessThan(120);
    expect(options.plan).toMatchObject({backends: ['cpu', 'wasm', 'tensorflow', 'webgpu'], distribution: 'uniform:10'});
    expect(options.plan).toMatchObject({threads: [1], ops: {length: 5}});
  });

  it('are few where it is to be quick, unless they are given', () => {
    expect(parse('--quick').plan.ops).toEqual(['softmax', 'logSoftmax', 'gradSoftmax']);
    expect(parse('--quick').plan.shapes).toHaveLength(3);
    expect(parse('--quick', '--op', 'logSumExp').plan.ops).toEqual(['logSumExp']);
  });

  it('are taken as they are given', () => {
    const options = parse(
      '--op',
      'softmax',
      '--shape',
      '3x5',
      '--shape',
      '1x7',
      '--seconds',
      '0.5',
      '--logits',
      'normal:2',
      '--threads',
      '1',
      '--threads',
      '4',
    );
    expect(secondsFor(options, 2)).toBe(1);
    expect(options.plan).toMatchObject({
      ...{ops: ['softmax'], distribution: 'normal:2', threads: [1, 4]},
      shapes: [
        [3, 5],
        [1, 7],
      ],
    });
  });

  it.each([
    [['--op', 'argmax'], 'There is no op argmax. Choose from softmax, logSoftmax'],
    [['--backend', 'webgl'], 'There is no backend webgl. Choose from cpu, wasm, tensorflow, webgpu.'],
    [['--threads', '0'], '--threads is 0; it must be a whole number from 1 to 1024.'],
    [['--threads', 'two'], '--threads is two; it must'],
    [['--threads', '2', '--threads', '2'], '--threads 2 is given twice'],
    [['--peer', 'torch'], 'There is no peer torch. Choose from stock'],
    [['--shape', '3'], '3 is no shape: give rows x row length, such as 64x1000.'],
    [['--shape', '0x4'], '0x4 is no shape'],
    [['--logits', 'normal'], 'normal is no distribution of logits. There are normal:NUMBER'],
    [['--logits', 'toString:1'], 'toString:1 is no distribution'],
    [['--seconds', '0'], '--seconds is 0; it must be a number of seconds above 0'],
    [['--seconds', '1e999'], '--seconds is 1e999; it must be a number of seconds above 0, and at most 86400 (a day).'],
    [['--seconds', '86401'], 'at most 86400'],
    [['--seconds', '0x10'], '--seconds is 0x10; it must'],
    [['--seconds', ''], '--seconds is ; it must'],
    [['--logits', 'masked:2'], 'masked:2 is no distribution of logits. There are normal:NUMBER'],
    [['--logits', 'masked:-0.1'], 'masked:NUMBER (share of -Infinity among normal logits, sigma 3; 0 to 1)'],
    [['--logits', 'uniform:10abc'], 'uniform:10abc is no distribution'],
    [['--logits', 'uniform:1e38'], 'uniform:NUMBER (range on both sides of 0; 0 to 1e+37)'],
    [['--logits', 'normal:3:4'], 'normal:3:4 is no distribution'],
    [['--shape', '100000x100000'], '100000x100000 is too large a shape: it has more than 134217728 logits.'],
    [['--output', ''], '--output is empty; it must be the name of a folder.'],
    [['--seconds', '1', '--seconds', '2'], '--seconds is given twice. Give it once.'],
    [['--output', 'a', '--output=b'], '--output is given twice'],
    [['--quick', '--quick'], '--quick is given twice'],
    [['--op', 'softmax', '--op', 'softmax'], '--op softmax is given twice'],
    [['--what'], "Unknown option '--what'"],
  ])('%j is refused with what there is', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });

  it('know the backends of a browser', () => {
    expect(parse('--browser', '--backend', 'webgl').plan.backends).toEqual(['webgl']);
  });

  it('are offered where they can run, with the reason where they cannot', () => {
    const offer = {backends: ['cpu'], peers: ['stock'], missing: [{name: 'wasm', reason: 'it is not installed'}]};
    const without = helpText({...offer, pageBackends: null});
    expect(without).not.toContain('--browser');
    expect(without).toMatch(/Not available here:\n {2}wasm +it is not installed/);
    const within = helpText({...offer, pageBackends: ['cpu', 'webgl']});
    expect(within).toContain('with --browser cpu, webgl');
    expect(within).toContain('--browser        in a headless browser');
  });
});

describe('ONNX models', () => {
  it('are protobuf: varints of seven bits, strings and messages by length', () => {
    // The examples of protobuf's own description of its wire format.
    expect([...encode({1: 150})]).toEqual([0x08, 0x96, 0x01]);
    expect([...encode({2: 'testing'})]).toEqual([0x12, 0x07, ...Buffer.from('testing')]);
    expect([...encode({3: encode({1: 150})})]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
    expect([...encode({1: -2})]).toEqual([0x08, 0xfe, ...Array(8).fill(0xff), 0x01]);
  });

  it('name their operator', () => {
    expect(Buffer.from(onnxModel('logSoftmax')).toString('latin1')).toContain('LogSoftmax');
  });
});

test.each([
  ['ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)', true],
  ['llvmpipe (LLVM 15.0.7, 256 bits)', true],
  ['ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11)', true],
  ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3090 Direct3D11)', false],
  ['Apple M2', false],
])('%s is a software GPU: %s', (name, isSoftware) => {
  expect(isSoftwareName(name)).toBe(isSoftware);
});
