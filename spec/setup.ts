import {env} from '@tensorflow/tfjs-core';

// tfjs's own test mode: its engine throws on a kernel that leaks data, and does not advertise tfjs-node.
env().set('IS_TEST', true);
