/** Counts the WebAssembly modules that are instantiated from now on: who says to run on WebAssembly has to. */
export function watchWebAssembly(): () => number {
  let count = 0;
  const {instantiate, instantiateStreaming, Instance} = WebAssembly;
  const counted = <F extends (...args: never[]) => unknown>(f: F): F =>
    ((...args: never[]) => {
      count++;
      return f(...args);
    }) as F;
  Object.assign(WebAssembly, {
    instantiate: counted(instantiate),
    // Node 20 has none.
    ...(instantiateStreaming && {instantiateStreaming: counted(instantiateStreaming)}),
    Instance: new Proxy(Instance, {
      construct(target, args) {
        count++;
        return Reflect.construct(target, args) as WebAssembly.Instance;
      },
    }),
  });
  return () => count;
}
