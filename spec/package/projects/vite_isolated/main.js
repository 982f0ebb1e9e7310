import {setThreads} from 'tfjs-softmax';
import '../vite/main.js';

setThreads(2);
