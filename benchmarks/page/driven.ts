/** What the page does when `bench --browser` has opened it: asks for its plan, tells how it gets on, hands in its report. */
import type {Lab} from '../suite/lab';
import type {Plan, Report} from '../suite/report';
import type {Progress} from '../suite/run_suite';

type Run = (plan: Plan, onProgress: (progress: Progress) => void) => Promise<Report>;

export async function runAsTold(lab: Lab, run: Run, stop: () => void): Promise<void> {
  const plan = (await post('/plan', lab.backends)) as Plan;
  const report = await run(plan, async (progress) => {
    const answered = (await post('/progress', progress)) as {stop: boolean};
    if (answered.stop) stop();
  });
  await post('/report', report);
}

export async function tellFailure(error: unknown): Promise<void> {
  await post('/failure', String(error));
}

async function post(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(path, {method: 'POST', body: JSON.stringify(body)});
  return response.json();
}
