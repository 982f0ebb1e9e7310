/**
 * What each of these projects does with the package, however it got it; the specs compare the results with float64.
 * Logits are as many as WebAssembly takes even on cpu.
 */
const SHAPE = [8, 20];
const logits = Array.from({length: 160}, (_, i) => ((i * 37) % 101) / 5 - 10);
const cotangent = Array.from({length: 160}, (_, i) => ((i * 7) % 11) - 5);

export async function use(tf, {backendReport, install, selectBackend, softmax, uninstall}, backend) {
  const {backend: selected} = await selectBackend({op: 'softmax', shape: SHAPE}, {backend});
  const x = tf.tensor(logits, SHAPE);
  const v = tf.tensor(cotangent, SHAPE);
  const valuesOf = async (tensor) => Array.from(await tensor.data());
  const {routed} = install();
  const {kernelNames} = await tf.profile(() => tf.softmax(x));
  const installed = await valuesOf(tf.softmax(x));
  uninstall();
  const {backends, versions} = await backendReport();
  return {
    shape: SHAPE,
    logits,
    cotangent,
    selected,
    softmax: await valuesOf(softmax(x)),
    gradient: await valuesOf(tf.grad((t) => softmax(t))(x, v)),
    routed,
    kernelNames,
    installed,
    version: versions['tfjs-softmax'],
    backend: backends.find(({name}) => name === backend),
  };
}
