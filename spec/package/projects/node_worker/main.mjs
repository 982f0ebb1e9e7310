import {Worker} from 'node:worker_threads';

const worker = new Worker(new URL('./worker.mjs', import.meta.url));
worker.on('message', (results) => console.log(JSON.stringify(results)));
worker.on('error', (error) => {
  throw error;
});
