import type {Place} from '../peers/apart/contender';
import {type Answer, Line, type Question, type StartRequest} from '../peers/apart/protocol';

/** Starts a worker for a peer. */
export function openWorker({name}: StartRequest): Place {
  const worker = new Worker(new URL('peer.js', document.baseURI), {type: 'module', name});
  const line = new Line({
    post: (message: Question) => worker.postMessage(message),
    listen: (onMessage) => worker.addEventListener('message', ({data}) => onMessage(data as Answer)),
  });
  worker.addEventListener('error', ({message}) => line.end(`the worker of ${name}: ${message ?? 'it does not load'}`));
  return {line, name: `a worker of its own`, end: () => worker.terminate()};
}
