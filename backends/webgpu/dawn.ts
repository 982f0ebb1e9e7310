import {
  adapterOf,
  checkWebGPUOptions,
  findWebGPU,
  found,
  gpuHere,
  importedTooEarly,
  type WebGPUFound,
  type WebGPUOptions,
} from './enabling';

interface Dawn {
  create(options: string[]): GPU;
  /** What a page has as globals: GPUBuffer, GPUBufferUsage and so on. */
  globals: Record<string, unknown>;
}

let started: {gpu: GPU; adapter?: string} | undefined;

/** See enable.ts; in Node. Where the host has WebGPU itself, as Deno does, that is taken. */
export async function enableWebGPU(options: WebGPUOptions = {}): Promise<WebGPUFound> {
  const {adapter: name} = checkWebGPUOptions(options);
  const here = gpuHere();
  if (here && here !== started?.gpu) return findWebGPU(options);
  if (importedTooEarly()) {
    throw new Error(
      'enableWebGPU: @tensorflow/tfjs-backend-webgpu has been imported already. It looked for WebGPU then, found none, and ' +
        'does not look again. Call enableWebGPU() first, and import it after that.',
    );
  }
  if (started && name !== undefined && name !== started.adapter) {
    throw new Error(
      `enableWebGPU: WebGPU runs already${started.adapter ? `, on an adapter called ${started.adapter}` : ''}, and cannot ` +
        `change to '${name}'. Name it in the first call.`,
    );
  }
  if (started) return found('Dawn', await adapterOf(started.gpu, whyNoAdapter(started.adapter)));
  const {create, globals} = await importDawn();
  const gpu = startDawn(create, name);
  const adapter = await adapterOf(gpu, whyNoAdapter(name));
  for (const [key, value] of Object.entries(globals)) {
    if (!(key in globalThis)) Object.defineProperty(globalThis, key, {value, configurable: true, writable: true});
  }
  // Since Node 21 there is a navigator, which takes no assignment.
  if (globalThis.navigator) Object.defineProperty(globalThis.navigator, 'gpu', {value: gpu, configurable: true});
  else Object.defineProperty(globalThis, 'navigator', {value: {gpu}, configurable: true, writable: true});
  started = {gpu, ...(name !== undefined && {adapter: name})};
  return found('Dawn', adapter);
}

async function importDawn(): Promise<Dawn> {
  try {
    return (await import('webgpu')) as unknown as Dawn;
  } catch (error) {
    const {message, code} = error as {message: string; code?: string};
    const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'webgpu'");
    throw new Error(
      missing
        ? 'enableWebGPU: in Node, WebGPU needs the npm package webgpu, which is not installed: npm install webgpu'
        : `enableWebGPU: the npm package webgpu is installed but does not load: ${message}`,
    );
  }
}

function startDawn(create: Dawn['create'], name: string | undefined): GPU {
  try {
    return create(name ? [`adapter=${name}`] : []);
  } catch (error) {
    throw new Error(`enableWebGPU: the npm package webgpu does not start Dawn: ${(error as Error).message}`);
  }
}

/** What is missing where Dawn finds no adapter. */
function whyNoAdapter(name: string | undefined): string {
  if (process.platform !== 'linux') {
    return name
      ? `Dawn finds no adapter whose name contains '${name}'.`
      : 'Dawn finds no adapter: it takes a GPU with a driver for Metal, Direct3D 12 or Vulkan.';
  }
  if (!hasVulkanLoader()) {
    return (
      'Dawn needs the Vulkan loader, and libvulkan.so.1 is not installed or not found. Debian and Ubuntu have it in ' +
      'the package libvulkan1; elsewhere set LD_LIBRARY_PATH to its folder before Node starts.'
    );
  }
  const drivers = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  return (
    `Dawn finds no adapter${name ? ` whose name contains '${name}'` : ''}. The Vulkan loader is there; it finds drivers ` +
    `by ${drivers ? `VK_DRIVER_FILES or VK_ICD_FILENAMES, which is ${drivers}` : 'files in /usr/share/vulkan/icd.d, or VK_DRIVER_FILES'}. ` +
    "`vulkaninfo --summary` lists what it finds; install the GPU's own driver."
  );
}

/** Loads it as an addon: what is no addon is found or not before it is refused. */
function hasVulkanLoader(): boolean {
  try {
    process.dlopen({exports: {}}, 'libvulkan.so.1');
    return true;
  } catch (error) {
    return !/cannot open shared object file/.test((error as Error).message);
  }
}
