import {engine} from '@tensorflow/tfjs-core';
import {hasOwnKernels, prepareKernels, reasonForStock} from '../backends/registration';
import type {Engine} from '../tfjs/engine';
import {takeAnyAxis, takeLastAxis} from './any_axis';
import {addRoutes, type Routes, removeRoutes} from './doors';
import {type InstallOptions, wantedOps} from './options';
import {exceptionOf} from './policy';
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
 * Makes `tf.softmax`, `tf.logSoftmax`, `tf.logSumExp`, `tf.losses.softmaxCrossEntropy` and what is built on them (methods
 * of tensors, tfjs-layers, graph models) run the kernels of this package and their gradients, on the backends that have
 * them, but for what the report says is left to tfjs. Idempotent.
 *
 * All of these go through two doors of `tf.engine()`, runKernel and customGrad, and every copy of tfjs-core in a program
 * shares that engine. That is where calls are routed: so it does not matter which package loads first, or whether a
 * model was loaded before, and tfjs's registries stay as they are. Of several copies of this package that install, the
 * last one's kernels run.
 *
 * tfjs throws for an axis that is not the last, and in softmax for integers, before any door. Methods of tensors
 * (`x.softmax(axis)`, `x.logSoftmax(axis)`) and `tf.layers.softmax({axis})` then take any axis, and so do `tf.softmax` and
 * `tf.logSoftmax` where `tf` comes of `require` or of a script tag. An ES module's import cannot be replaced: there call
 * `softmax` of this package.
 *
 * @example
 * ```ts
 * console.log(`${install({except: ['tf.logSumExp']})}`);
 * tf.softmax(logits); // now a kernel of this package
 * ```
 *
 * @param options which ops; without, all of them, or what was installed before
 * @returns what is routed, and what is not and why, as far as the backends that have started tell; the same each time
 *   until `uninstall()` or other options
 * @throws if an option names an op that is none of these
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
      const reason = reasonForStock(backend) ?? exceptionOf(op, backend)?.reason;
      if (reason !== undefined) notRouted.push({name: `${op} on ${backend}`, reason});
    }
  }
  const usable = ROUTES.filter(({op}) => routed.includes(op));
  const kernels = Object.assign({}, ...usable.map((route) => route.kernels));
  const routes = {kernels, customGrads: usable.flatMap(({customGrad}) => customGrad ?? [])};
  return {wanted, report: reportOf({routed, notRouted}), routes};
}
