/**
 * What each of these projects does with the package, however it got it; the specs compare the results with float64.
 * Logits are as many as WebAssembly takes even on cpu.
 */
const SHAPE = [8, 20];
const logits = Array.from({length: 160}, (_, i) => ((i * 37) % 101) / 5 - 10);
const mask = logits.map((_, i) => i % 3 > 0);
const classes = [3, 1, 4, 1, 5, 9, 2, 6];
const cotangent = Array.from({length: 160}, (_, i) => ((i * 7) % 11) - 5);

export async function use(tf, family, backend) {
  const {backendReport, exportWisdom, install, rankBackends, selectBackend, softmax, softmaxCrossEntropy, uninstall} =
    family;
  const {backend: selected} = await selectBackend({op: 'softmax', shape: SHAPE}, {backend});
  // Measured by the part that is loaded on first use, remembered in the other.
  await rankBackends({op: 'softmax', shape: SHAPE}, {mode: 'measure', candidates: ['cpu'], budgetMs: 20_000});
  const x = tf.tensor(logits, SHAPE);
  const v = tf.tensor(cotangent, SHAPE);
  const kept = tf.tensor(mask, SHAPE, 'bool');
  const labels = tf.tensor(classes, [8], 'int32');
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
    mask,
    classes,
    selected,
    wisdom: JSON.parse(exportWisdom()).entries,
    softmax: await valuesOf(softmax(x)),
    gradient: await valuesOf(tf.grad((t) => softmax(t))(x, v)),
    masked: await valuesOf(softmax(x, -1, {mask: kept})),
    losses: await valuesOf(softmaxCrossEntropy(labels, x, {reduction: 'none'})),
    lossGradient: await valuesOf(tf.grad((t) => softmaxCrossEntropy(labels, t, {reduction: 'sum'}))(x)),
    routed,
    kernelNames,
    installed,
    version: versions['tfjs-softmax'],
    backend: backends.find(({name}) => name === backend),
  };
}
