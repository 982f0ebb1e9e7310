/**
 * Watches the WebAssembly kernels: from the import of this file on, instances of the module note which of their kernels run.
 * Import it before anything that runs one.
 */
const ran: string[] = [];

WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) {
    const instance = new Instance(module, imports);
    if (!('softmaxLongRows' in instance.exports)) return instance;
    const watched = Object.entries(instance.exports).map(([name, kernel]) => [
      name,
      (...values: number[]) => {
        ran.push(name);
        (kernel as (...values: number[]) => void)(...values);
      },
    ]);
    return {exports: Object.fromEntries(watched)};
  },
});

/** The kernels that have run since this was last asked, in order. None if plain TypeScript did the work. */
export function kernelsRun(): string[] {
  return ran.splice(0);
}
