import {expose} from '../../spec/hosts/page';
import {type Choices, choicesFor, type Net, startAll} from '../model_nets';

const functions = {
  async choices({net, backends, trials}: {net: Net; backends: string[]; trials: number}): Promise<Choices> {
    await startAll(backends);
    return choicesFor(net, backends, trials);
  },
};
expose(functions);
export type Functions = typeof functions;
