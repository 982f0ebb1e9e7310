import {availableParallelism} from 'node:os';
import type {Config} from 'jest';
import {swiftShaderDriver} from './spec/hosts/unpacked';

// For Dawn, in spec/hosts/webgpu.ts: the loader of Vulkan reads the environment of the process, which a spec cannot change.
process.env.VK_ICD_FILENAMES ??= swiftShaderDriver();

const config: Config = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/spec/setup.ts'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  transform: {'\\.ts$': ['@swc/jest', {jsc: {target: 'es2022'}, module: {type: 'commonjs'}}]},
  // The reference is the judge, and slow enough as it is.
  collectCoverageFrom: [
    ...['kernels/**/*.ts', 'install/**/*.ts', 'gradient_check/**/*.ts', 'tfjs/**/*.ts', '!kernels/reference.ts'],
    ...['backends/**/*.ts', '!backends/engines/wasm/assembly/**', '!backends/engines/wasm/generated/**'],
  ],
  // In jest's sandbox every look-up of a global is slow: float64 references and ULP took ten times as long.
  sandboxInjectedGlobals: ['Math', 'Number'],
  // By itself jest leaves one core free, and runs everything in one process where there are two.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Ten times what the slowest test needs: both cores may be busy with something else.
  testTimeout: 600_000,
};

export default config;
