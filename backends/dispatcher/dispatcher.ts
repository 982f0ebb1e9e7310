/** The part of the dispatcher that is loaded on first use. */
export {rankBackends} from './rank';
export {backendReport} from './report';
export {selectBackend} from './select';
