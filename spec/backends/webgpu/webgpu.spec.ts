import {webgpuBackend} from '../../../backends/webgpu';
import {inDawn} from '../../hosts/webgpu';
import {describeConformance} from '../conformance';

describe.each([
  ['a GPU in hardware', {software: false, threads: 64}],
  ['a GPU that is a program', {software: true}],
])('webgpu, planned for %s', (_, hardware) => {
  describeConformance('webgpu', () => inDawn(hardware), webgpuBackend);
});
