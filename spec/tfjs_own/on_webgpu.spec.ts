import '@tensorflow/tfjs'; // chained ops, all gradients, cpu
import {install, uninstall} from '../../index';
import {startWebGPU, uncapturedErrors} from '../hosts/webgpu';
import {defineInJest} from './in_jest';

describe("tfjs's own specs after install(), on webgpu by Dawn", () => {
  beforeAll(async () => {
    await startWebGPU({WEBGPU_CPU_FORWARD: false});
    install();
  });
  afterEach(() => expect(uncapturedErrors()).toEqual([]));
  afterAll(() => uninstall());

  defineInJest();
});
