import {runInThisContext} from 'node:vm';
import {env} from '@tensorflow/tfjs-core';

// tfjs's own test mode: its engine throws on a kernel that leaks data, and does not advertise tfjs-node.
env().set('IS_TEST', true);

// The programs that specs start print without colours, also on a terminal and in CI. Jest gives specs a copy of the environment;
// a program that is started without one gets that of the process itself.
for (const {env} of [process, runInThisContext('process') as typeof process]) {
  delete env.FORCE_COLOR;
  env.NO_COLOR = '1';
}
