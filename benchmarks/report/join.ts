import type {Report} from '../suite/report';

/**
 * Parts of one run, such as an op each, as one report: for machines that are quiet for a minute at a time only.
 *
 * @throws if they are not of one machine and plan
 */
export function joined(parts: Report[]): Report {
  const [first, ...others] = parts as [Report, ...Report[]];
  const circumstancesOf = ({machine, plan, backends}: Report) => {
    const {backends: names, peers, threads, distribution, inputs} = plan;
    return JSON.stringify([
      {...machine, date: ''},
      {names, peers, threads, distribution, inputs},
      backends.map(({name}) => name),
    ]);
  };
  for (const other of others) {
    if (circumstancesOf(other) !== circumstancesOf(first)) {
      throw new Error(
        'These are no parts of one run: machine, versions, backends, peers, threads and logits must be the same.',
      );
    }
  }
  const shapes = new Map(parts.flatMap(({plan}) => plan.shapes).map((shape) => [shape.join('x'), shape]));
  return {
    ...first,
    complete: parts.every(({complete}) => complete),
    plan: {
      ...first.plan,
      ops: [...new Set(parts.flatMap(({plan}) => plan.ops))],
      shapes: [...shapes.values()],
      seconds: parts.reduce((sum, {plan}) => sum + plan.seconds, 0),
    },
    cases: parts.flatMap(({cases}) => cases),
  };
}
