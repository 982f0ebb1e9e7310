import {existsSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';

/** Where `npm run setup:tfjs-node` puts @tensorflow/tfjs-node, which is no dependency of this package. */
export const TFJS_NODE = resolve('.cache/tfjs-node/node_modules/@tensorflow/tfjs-node');

/** Whether it is there with its native addon. */
function hasTfjsNode(): boolean {
  const builds = join(TFJS_NODE, 'lib');
  if (!existsSync(builds)) return false;
  return readdirSync(builds).some((build) => existsSync(join(builds, build, 'tfjs_binding.node')));
}

/**
 * `describe` for what needs tfjs-node: skipped where it is not set up.
 * @throws if TFJS_SOFTMAX_REQUIRE_TENSORFLOW is set, as it is where the setup has succeeded, and it is not there
 */
export function describeWithTfjsNode(name: string, tests: () => void): void {
  if (hasTfjsNode()) {
    describe(name, tests);
  } else if (process.env.TFJS_SOFTMAX_REQUIRE_TENSORFLOW) {
    throw new Error(`tfjs-node is required but not at ${TFJS_NODE}. Run npm run setup:tfjs-node.`);
  } else {
    describe.skip(`${name} (npm run setup:tfjs-node was not run)`, tests);
  }
}
