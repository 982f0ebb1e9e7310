import {engine} from '@tensorflow/tfjs-core';
import {hasOwnKernels, prepareKernels, reasonForStock} from '../backends/registration';
import type {Engine} from '../tfjs/engine';
import {addRoutes, type Routes, removeRoutes} from './doors';
import type {Route} from './route';
import {crossEntropyRoute} from './routes/cross_entropy';
import {logSoftmaxRoute} from './routes/log_softmax';
import {logSumExpRoute} from './routes/log_sum_exp';
import {softmaxRoute} from './routes/softmax';

/** What `install()` did. */
export interface InstallReport {
  /** The tfjs ops that now run kernels of this package, on the backends that have them. */
  routed: string[];
  /** What stayed as it was, and why. */
  notRouted: {
    /** The tfjs op; with `on` and a backend where it stays only there. */
    name: string;
    /** What it would take that this version of tfjs does not have, or why that backend is better served by its own. */
    reason: string;
  }[];
}

const ROUTES: Route[] = [softmaxRoute, logSoftmaxRoute, logSumExpRoute, crossEntropyRoute];

let installed: {report: InstallReport; routes: Routes} | undefined;

/**
 * Makes `tf.softmax`, `tf.logSoftmax`, `tf.logSumExp`, `tf.losses.softmaxCrossEntropy` and what is built on them (methods
 * of tensors, tfjs-layers, graph models) run the kernels of this package and their gradients, on the backends that have
 * them. Idempotent.
 *
 * All of these go through two doors of `tf.engine()`, runKernel and customGrad, and every copy of tfjs-core in a program
 * shares that engine. That is where calls are routed: so it does not matter which package loads first, or whether a
 * model was loaded before, and tfjs's registries stay as they are. Of several copies of this package that install, the
 * last one's kernels run.
 *
 * @example
 * ```ts
 * const {routed, notRouted} = install();
 * tf.softmax(logits); // now a kernel of this package
 * ```
 *
 * @returns what is routed, and what is not and why, as far as the backends that have started tell; the same each time
 *   until `uninstall()`
 */
export function install(): InstallReport {
  installed ??= look(engine());
  addRoutes(engine(), installed.routes);
  prepareKernels();
  return installed.report;
}

/**
 * Takes back what `install()` did. Idempotent. With the last copy of this package that had installed, what was there before
 * is there again, the same objects; where somebody has wrapped the engine's methods since, theirs stay in place.
 *
 * @example
 * ```ts
 * install();
 * uninstall(); // tf.softmax is stock again
 * ```
 */
export function uninstall(): void {
  if (installed) removeRoutes(engine(), installed.routes);
  installed = undefined;
}

/** What can be routed with the tfjs that is loaded. */
function look(tfjs: Engine): {report: InstallReport; routes: Routes} {
  const report: InstallReport = {routed: [], notRouted: []};
  const usable = ROUTES.filter((route) => {
    const reason = route.obstacle(tfjs);
    if (reason === null) report.routed.push(route.ops);
    else report.notRouted.push({name: route.ops, reason});
    return reason === null;
  });
  for (const backend of tfjs.backendNames().filter((name) => tfjs.registry[name] && hasOwnKernels(name))) {
    const reason = reasonForStock(backend);
    if (reason !== null) for (const {ops} of usable) report.notRouted.push({name: `${ops} on ${backend}`, reason});
  }
  const kernels = Object.assign({}, ...usable.map((route) => route.kernels));
  return {report, routes: {kernels, customGrads: usable.flatMap(({customGrad}) => customGrad ?? [])}};
}
