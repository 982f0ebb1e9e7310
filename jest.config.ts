import type {Config} from 'jest';

const config: Config = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/spec/setup.ts'],
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  transform: {'\\.ts$': ['@swc/jest', {jsc: {target: 'es2022'}, module: {type: 'commonjs'}}]},
  collectCoverageFrom: ['index.ts', 'kernels/**/*.ts', 'backends/**/*.ts', '!backends/wasm/assembly*/**'],
  // In jest's sandbox every look-up of a global is slow: float64 references and ULP took ten times as long.
  sandboxInjectedGlobals: ['Math', 'Number'],
  testTimeout: 60_000,
};

export default config;
