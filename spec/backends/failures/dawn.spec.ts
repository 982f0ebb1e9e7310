import {enableWebGPU} from '../../../node';

/** The package, as far as it gets. */
const dawn = {create: jest.fn(), globals: {GPUOfATest: class {}}};
jest.mock('webgpu', () => dawn);

const ADAPTER = {info: {vendor: 'a vendor'}};
const works = () => ({requestAdapter: async () => ADAPTER});

function isAnythingLeft(): boolean {
  return 'GPUOfATest' in globalThis || (globalThis as {navigator?: {gpu?: unknown}}).navigator?.gpu !== undefined;
}

test.each<[string, () => unknown, RegExp]>([
  [
    'create() throws',
    () => {
      throw new Error('no instance');
    },
    /^enableWebGPU: the npm package webgpu does not start Dawn: no instance$/,
  ],
  ['requestAdapter() gives null', () => ({requestAdapter: async () => null}), /^enableWebGPU: Dawn .*adapter|Vulkan/],
  [
    'requestAdapter() rejects',
    () => ({requestAdapter: () => Promise.reject(new Error('no such driver'))}),
    /^enableWebGPU: Dawn .*\nno such driver$/s,
  ],
  [
    'requestAdapter() throws',
    () => ({
      requestAdapter: () => {
        throw new Error('no such driver');
      },
    }),
    /^enableWebGPU: Dawn .*\nno such driver$/s,
  ],
])('%s: the error says so, and nothing is left behind', async (_, create, message) => {
  dawn.create.mockImplementationOnce(create);
  await expect(enableWebGPU()).rejects.toThrow(message);
  expect(isAnythingLeft()).toBe(false);
});

test('a navigator that takes no gpu; after that Dawn starts, and a second call does not start it again', async () => {
  dawn.create.mockImplementation(works);
  const own = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', {value: Object.freeze({}), configurable: true});
  await expect(enableWebGPU()).rejects.toThrow(/not extensible/);
  if (own) Object.defineProperty(globalThis, 'navigator', own);
  else delete (globalThis as {navigator?: unknown}).navigator;
  dawn.create.mockClear();
  expect(await enableWebGPU()).toMatchObject({by: 'Dawn', adapter: {vendor: 'a vendor'}});
  expect(await enableWebGPU()).toMatchObject({by: 'Dawn'});
  expect(dawn.create).toHaveBeenCalledTimes(1);
  expect(isAnythingLeft()).toBe(true);
});

test('an adapter that has gone since', async () => {
  const {gpu} = (globalThis as unknown as {navigator: {gpu: GPU}}).navigator;
  const spy = jest.spyOn(gpu, 'requestAdapter').mockResolvedValueOnce(null);
  await expect(enableWebGPU()).rejects.toThrow(/^enableWebGPU: Dawn .*(adapter|Vulkan)/);
  spy.mockRestore();
  expect(await enableWebGPU()).toMatchObject({by: 'Dawn'});
});
