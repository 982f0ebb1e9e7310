/**
 * For `npm run docs`: groups the functions of the API reference by what one wants to do, and calls pages by their titles. Fails
 * where a function is in no group, or has no example.
 */
import {Application, CommentTag, Converter, ReflectionKind} from 'typedoc';

const TASKS = {
  'Softmax and its relatives': ['softmax', 'softmin', 'logSoftmax', 'logSumExp', 'softmaxInverse', 'entropy'],
  Losses: ['softmaxCrossEntropy', 'linearCrossEntropy'],
  Sampling: ['categorical', 'gumbelSoftmax'],
  Derivatives: [
    ...['softmaxJvp', 'softmaxVjp', 'logSoftmaxJvp', 'logSoftmaxVjp', 'softmaxJacobian', 'logSoftmaxJacobian'],
    ...['checkGradients', 'checkGradientsAsync'],
  ],
  'Replacing the ops of tfjs': ['install', 'uninstall'],
  'Choosing a backend': ['selectBackend', 'rankBackends', 'exportWisdom', 'importWisdom', 'forgetWisdom'],
  'Backends and what runs on them': [
    ...['backendReport', 'enableWebGPU', 'enableWasmThreads', 'setThreads', 'getThreads', 'setWasmModule'],
  ],
};

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({project}) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.Function)) {
      const {name, signatures} = reflection;
      const [task] = Object.entries(TASKS).find(([, names]) => names.includes(name)) ?? [];
      if (!task) app.logger.error(`${name} is in no group of scripts/typedoc_tasks.mjs`);
      const isExplained = ({comment}) => comment?.getTag('@example') !== undefined;
      if (!signatures.some(isExplained)) app.logger.error(`${name} has no @example`);
      signatures.sort((a, b) => isExplained(b) - isExplained(a)); // the overload that says most first
      for (const {comment} of signatures) {
        comment?.blockTags.push(new CommentTag('@category', [{kind: 'text', text: task ?? 'Other'}]));
      }
    }
    for (const page of project.getReflectionsByKind(ReflectionKind.Document)) {
      const [{text}] = page.content;
      page.name = /^# (.*)$/m.exec(text)[1];
    }
  });
  app.on(Application.EVENT_BOOTSTRAP_END, () => app.options.setValue('categoryOrder', [...Object.keys(TASKS), '*']));
}
