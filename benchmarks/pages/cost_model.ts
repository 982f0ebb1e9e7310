import {expose} from '../../spec/hosts/page';
import {figuresOf} from '../cost_figures';

const functions = {
  figures: ({backend, from, budgetMs}: {backend: string; from: string; budgetMs: number}) =>
    figuresOf(backend, from, budgetMs),
};
expose(functions);
export type Functions = typeof functions;
