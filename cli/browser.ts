/** The doctor in a browser: a page of this package with the tfjs that is installed here, whose findings come back. */
import {answerOf} from '../benchmarks/browser/answer_of';
import {pageSite} from '../benchmarks/browser/page_site';
import {WORKLOAD} from './workload';

/** What the page posts. */
export interface Findings {
  text: string;
  json: {report: {backends: {check: string | null}[]}; ranking: unknown};
}

/** A page that has not answered by then never will: starting, compiling and measuring take seconds. */
const PATIENCE_MS = 180_000;
const BUDGET_MS = 3000;

const PROGRAM = `
const out = document.querySelector('pre');
const missing = [];
try {
  const tf = await import('@tensorflow/tfjs-core');
  for (const name of ['cpu', 'webgl', 'wasm', 'webgpu']) {
    try {
      const {setWasmPaths} = await import('@tensorflow/tfjs-backend-' + name);
      setWasmPaths?.('/wasm/');
    } catch (error) {
      const isAbsent = /specifier/.test(error.message);
      missing.push(name + (isAbsent ? ' is not installed: npm install @tensorflow/tfjs-backend-' + name : ': ' + error.message));
    }
  }
  const {backendReport, rankBackends} = await import('tfjs-softmax');
  out.textContent = 'checking the backends …';
  const report = await backendReport();
  const onProgress = ({fraction, doing}) => {
    out.textContent = Math.round(100 * fraction) + ' % ' + doing;
  };
  const ranking = await rankBackends(${JSON.stringify(WORKLOAD)}, {mode: 'measure', budgetMs: ${BUDGET_MS}, onProgress});
  const advice = [...missing];
  if (!report.machine.crossOriginIsolated) advice.push('The page is not cross-origin isolated: wasm has no threads.');
  const text = [report, ranking, ...advice].join('\\n\\n') + '\\n';
  out.textContent = text;
  await fetch('/findings', {method: 'POST', body: JSON.stringify({text, json: {report, ranking, advice}})});
} catch (error) {
  out.textContent = String(error);
  await fetch('/failure', {method: 'POST', body: JSON.stringify(String(error))});
}
`;

const page = (importMap: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>tfjs-softmax doctor</title>
<link rel="icon" href="data:,">
${importMap}
<h1>tfjs-softmax doctor</h1>
<pre>starting …</pre>
<script type="module">${PROGRAM}</script>
</html>
`;

/** Opens the page in a browser: a window where there is a screen, else without one. @throws if there is no browser, or it fails */
export async function doctorInBrowser(say: (line: string) => void): Promise<Findings> {
  const bench = pageSite();
  const [importMap] = /<script type="importmap">.*?<\/script>/.exec(bench.texts?.['/index.html'] ?? '') ?? [''];
  let late: NodeJS.Timeout | undefined;
  try {
    return await answerOf<Findings>(
      ({resolve, reject}) => {
        late = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
        return {
          ...bench,
          texts: {...bench.texts, '/index.html': page(importMap)},
          posts: {
            '/findings': (findings) => resolve(findings as Findings),
            '/failure': (message) => reject(new Error(`the page: ${message}`)),
          },
        };
      },
      (url, executablePath) => {
        say(`${url} in ${executablePath}`);
        return [...(hasScreen() ? [] : WITHOUT_SCREEN), url];
      },
    );
  } finally {
    clearTimeout(late);
  }
}

const WITHOUT_SCREEN = [
  '--headless=new',
  '--disable-dev-shm-usage',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

function hasScreen(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}
