/** A page that runs models: the other end of `models/host.ts`. */
import {expose} from '../hosts/page';
import {modelFunctions} from '../models/functions';

expose(modelFunctions);
