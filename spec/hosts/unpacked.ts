import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** `require` of the project, since jest and tsx each bring a different one. */
export function projectRequire(): NodeJS.Require {
  return createRequire(join(process.cwd(), 'package.json'));
}

/** The dev dependency @sparticuz/chromium: its entry, and the folder that it is unpacked to once. */
export function chromiumPackage(): {entry: string; folder: string} {
  const require = projectRequire();
  const entry = require.resolve('@sparticuz/chromium');
  const {version} = require(join(entry, '../../../package.json')) as {version: string};
  return {entry, folder: join(tmpdir(), `tfjs-softmax-chromium-${version}`)};
}

/** The description of SwiftShader's Vulkan driver, which comes with that Chromium: the loader of Vulkan is told of it. */
export function swiftShaderDriver(): string {
  return join(chromiumPackage().folder, 'vk_swiftshader_icd.json');
}
