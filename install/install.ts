import {engine} from '@tensorflow/tfjs-core';
import {hasOwnKernels, prepareKernels, reasonForStock} from '../backends/registration';
import type {Engine} from '../tfjs/engine';
import {takeAnyAxis, takeLastAxis} from './any_axis';
import {addRoutes, type Routes, removeRoutes} from './doors';
import {nativeOpsOn} from './native_ops';
import {type InstallOptions, wantedOps} from './options';
import {type InstallReport, reportOf} from './report';
import type {Route, RoutedOp} from './route';
import {crossEntropyRoute} from './routes/cross_entropy';
import {logSoftmaxRoute} from './routes/log_softmax';
import {logSumExpRoute} from './routes/log_sum_exp';
import {softmaxRoute} from './routes/softmax';

const ROUTES: Route[] = [softmaxRoute, logSoftmaxRoute, logSumExpRoute, crossEntropyRoute];

interface Installed {
  wanted: Set<RoutedOp>;
  report: InstallReport;
  routes: Routes;
}

let installed: Installed | undefined;

/**
 * Makes `tf.softmax`, `tf.logSoftmax`, `tf.logSumExp`, `tf.losses.softmaxCrossEntropy`, and everything built on them
 * (methods of tensors, tfjs-layers, graph models), run the kernels and gradients of this package, on every backend that has
 * them. The report lists what is left to tfjs. Idempotent.
 *
 * Calls are routed in two methods of `tf.engine()`, runKernel and customGrad; all copies of tfjs-core in a program share
 * that engine. So it does not matter which package is loaded first, or whether a model was loaded before, and tfjs's
 * registries do not change. If several copies of this package are installed, the kernels of the last one run.
 *
 * Stock tfjs throws for any axis but the last, and its softmax for integers. After install(), methods of tensors
 * (`x.softmax(axis)`, `x.logSoftmax(axis)`) and `tf.layers.softmax({axis})` take any axis, and so do `tf.softmax` and
 * `tf.logSoftmax` if `tf` comes from `require` or a script tag. Imports of an ES module cannot be replaced: there call
 * `softmax` of this package.
 *
 * @example
 * ```ts
 * console.log(`${install({except: ['tf.logSumExp']})}`);
 * tf.softmax(logits); // now a kernel of this package
 * ```
 *
 * @param options which ops to route; without options all of them, or those of the install() before
 * @returns what is routed, and what is not and why, on the backends that have started; the same object until `uninstall()`
 *   or other options
 * @throws if an option names any other op
 */
export function install(options?: InstallOptions): InstallReport {
  const wanted = options === undefined && installed ? installed.wanted : wantedOps(options ?? {});
  if (!installed || !isSame(installed.wanted, wanted)) {
    const next = look(engine(), wanted);
    uninstall();
    installed = next;
  }
  addRoutes(engine(), installed.routes);
  takeAnyAxis(
    new Set((['softmax', 'logSoftmax'] as const).filter((name) => installed!.report.routed.includes(`tf.${name}`))),
  );
  prepareKernels();
  return installed.report;
}

/**
 * Undoes `install()`. Idempotent. Once the last copy of this package is uninstalled, tfjs's original functions are back. If
 * other code has wrapped the engine's methods in the meantime, its wrappers stay.
 *
 * @example
 * ```ts
 * install();
 * uninstall(); // tf.softmax is stock again
 * ```
 */
export function uninstall(): void {
  if (installed) {
    removeRoutes(engine(), installed.routes);
    takeLastAxis();
  }
  installed = undefined;
}

function isSame(a: Set<RoutedOp>, b: Set<RoutedOp>): boolean {
  return a.size === b.size && [...a].every((op) => b.has(op));
}

/** What can be routed with the tfjs that is loaded. */
function look(tfjs: Engine, wanted: Set<RoutedOp>): Installed {
  const routed: RoutedOp[] = [];
  const notRouted: InstallReport['notRouted'] = [];
  for (const {op, obstacle} of ROUTES) {
    const reason = wanted.has(op) ? obstacle(tfjs) : 'the options of install() leave it out';
    if (reason === null) routed.push(op);
    else notRouted.push({name: op, reason});
  }
  for (const backend of tfjs.backendNames().filter((name) => tfjs.registry[name] && hasOwnKernels(name))) {
    for (const op of routed) {
      const reason = reasonForStock(backend) ?? nativeOpsOn(backend)?.reason;
      if (reason !== undefined) notRouted.push({name: `${op} on ${backend}`, reason});
    }
  }
  const usable = ROUTES.filter(({op}) => routed.includes(op));
  const kernels = Object.assign({}, ...usable.map((route) => route.kernels));
  const routes = {kernels, customGrads: usable.flatMap(({customGrad}) => customGrad ?? [])};
  return {wanted, report: reportOf({routed, notRouted}), routes};
}
