/** The program of a worker that has one peer: the page starts it, and asks it to compute and to time. */
import {guest} from '../peers/apart/guest';
import type {Answer, Question} from '../peers/apart/protocol';
import {answer} from '../peers/apart/protocol';
import {watchWebAssembly} from '../peers/apart/webassembly';
import {LIBRARIES} from '../peers/libraries';
import {libraryPeer} from '../peers/library_peer';
import type {OnnxRuntime} from '../peers/onnx/peer';
import {realClock} from '../suite/clock';

const wasmModules = watchWebAssembly();

const apart = guest(async ({name, url, version}) => {
  const {package: packageName} = LIBRARIES.find((one) => one.name === name)!;
  const loaded = (await import(url!)) as object;
  // It looks for its WebAssembly beside itself.
  if (name === 'onnxruntime-web') (loaded as OnnxRuntime).env.wasm.wasmPaths = new URL('./', url).href;
  const evidence = () => ({wasmModules: wasmModules(), nativeLibraries: []});
  return libraryPeer({name, package: packageName, version: version!}, loaded, evidence);
}, realClock());

answer(
  {
    post: (message: Answer) => postMessage(message),
    listen: (onMessage) => addEventListener('message', ({data}) => onMessage(data as Question)),
  },
  apart,
);
