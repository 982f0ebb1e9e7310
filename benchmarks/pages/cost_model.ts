import {env} from '@tensorflow/tfjs-core';
import {expose} from '../../spec/hosts/page';
import {type FiguresRequest, figuresOf} from '../cost_figures';

const functions = {
  figures(request: FiguresRequest) {
    // tfjs would compute tiny tensors elsewhere, and the fixed cost of the GPU would not show.
    env().set('WEBGL_CPU_FORWARD', false);
    env().set('WEBGL_SIZE_UPLOAD_UNIFORM', 0);
    return figuresOf(request);
  },
};
expose(functions);
export type Functions = typeof functions;
