import {homedir} from 'node:os';
import type {Circumstances} from './issue';

/** What is around this process. Of options and variables of Node only the names: their values may be private. */
export async function circumstances(): Promise<Circumstances> {
  // Not imported above: without tfjs-core the command has to start, and say so.
  const [{env}, {exportWisdom}] = await Promise.all([import('@tensorflow/tfjs-core'), import('tfjs-softmax')]);
  const {node, v8} = process.versions;
  const options = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  const variables = Object.entries(process.env).filter(
    ([name, value]) => value && /^(TFJS_SOFTMAX|TF_CPP|TF_NUM|OMP_NUM)_/.test(name),
  );
  return {
    versions: {node, v8},
    nodeOptions: options.filter((option) => option.startsWith('-')).map((option) => option.split('=')[0]!),
    variables: Object.fromEntries(variables) as Record<string, string>,
    flags: env().getFlags(),
    wisdom: exportWisdom(),
    home: homedir(),
  };
}
