import './dawn';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {softmax} from '../../index';
import {keepLaunches, keptCounts} from '../../tfjs/webgpu_launch';
async function main() {
tf.env().set('WEBGPU_CPU_FORWARD', false);
await tf.setBackend('webgpu');
const b: any = tf.backend();
const x = tf.add(tf.randomNormal([4,10]), 0);
async function fin() { b.ensureCommandEncoderReady(); b.endComputePassEncoder(); b.submitQueue(); await b.device.queue.onSubmittedWorkDone(); }
async function run(f: any, n: number) { const a: number[]=[]; for (let i=0;i<n;i++) { const t0=performance.now(); const y=f(); const t1=performance.now(); y.dispose(); a.push((t1-t0)*1e3);} await fin(); a.sort((x,y)=>x-y); return a[Math.floor(n*.4)]; }
const cands: any = {neg: () => tf.neg(x), stock: () => tf.softmax(x), ours: () => softmax(x)};
for (let r=0;r<6;r++) { const o: any={}; for (const k in cands) o[k]=(await run(cands[k], 300)).toFixed(1); console.log(JSON.stringify(o), JSON.stringify(keptCounts(b))); }
keepLaunches(b,false);
for (let r=0;r<3;r++) { const o: any={}; for (const k in cands) o[k]=(await run(cands[k], 300)).toFixed(1); console.log(JSON.stringify(o)); }
}
main();
