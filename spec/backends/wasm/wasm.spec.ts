import '@tensorflow/tfjs-backend-wasm';
import {wasmBackend} from '../../../backends/wasm';
import {thisProcess} from '../../hosts/this_process';
import {describeConformance} from '../conformance';

describeConformance('wasm', () => thisProcess('wasm'), wasmBackend);
