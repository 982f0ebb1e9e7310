import {bench} from './cli/bench';

await bench(process.argv.slice(2));
