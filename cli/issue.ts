import type {Diagnosis} from './diagnosis';

/** What the issue says beyond the diagnosis: of the process, and of what it measured. */
export interface Circumstances {
  /** Of Node and its parts, by name. */
  versions: Record<string, string | undefined>;
  /** The options that Node was started with. */
  nodeOptions: string[];
  /** Environment variables that this package or tfjs looks at, as far as they are set. */
  variables: Record<string, string>;
  /** tfjs's flags that have been looked at. */
  flags: Record<string, unknown>;
  /** As `exportWisdom` gives it. */
  wisdom: string;
  /** Left out wherever it stands in a path. */
  home: string;
}

interface Wisdom {
  hardware: string;
  entries: {op: string; rows: string; backends: Record<string, {median: number} | {failure: string}>}[];
}

/** The diagnosis as Markdown to be pasted into an issue. */
export function asIssue({report, packages, selection, failure}: Diagnosis, circumstances: Circumstances): string {
  const {versions, nodeOptions, variables, flags, home} = circumstances;
  const wisdom = JSON.parse(circumstances.wisdom) as Wisdom;
  const installed = packages.filter(({version}) => version !== null);
  const backends = report.backends.map(({name, check, variants, kernels, runs, problem}) => {
    const passed = variants.filter((variant) => variant.problem === null).length;
    const count = variants.length > 0 ? `, ${passed} of ${variants.length} variants` : '';
    return [name, `${check ?? 'not checked'}${count}`, kernels, problem ?? runs ?? ''];
  });
  const missing = packages
    .filter(({backend}) => !report.backends.some(({name}) => name === backend))
    .map(({backend, problem}) => [backend, 'none', '', problem ?? 'does not register a backend']);
  const text = [
    '### `tfjs-softmax doctor --report`',
    list({
      ...report.versions,
      ...Object.fromEntries(installed.map(({name, version}) => [name, version])),
      ...versions,
    }),
    '#### Hardware',
    wisdom.hardware,
    '#### Backends',
    table(['backend', 'check', 'kernels', 'runs'], [...backends, ...missing]),
    `Chosen: ${selection ? `${selection.backend}, ${selection.why}` : `none. ${failure}`}`,
    '#### Flags',
    list({...variables, ...flags, 'options of Node': nodeOptions.join(' ') || 'none'}),
    '#### Measured, in milliseconds a call',
    measured(wisdom),
  ].join('\n\n');
  return `${home.length > 1 ? text.replaceAll(home, '~') : text}\n`;
}

function measured({entries}: Wisdom): string {
  const names = [...new Set(entries.flatMap(({backends}) => Object.keys(backends)))];
  if (names.length === 0) return 'nothing';
  const rows = entries.map(({op, rows, backends}) => {
    const times = names.map((name) => {
      const outcome = backends[name];
      if (!outcome) return '';
      return 'failure' in outcome ? outcome.failure : outcome.median.toPrecision(3);
    });
    return [op, rows, ...times];
  });
  return table(['op', 'outer x n x inner, about', ...names], rows);
}

function list(entries: Record<string, unknown>): string {
  return Object.entries(entries)
    .map(([name, value]) => `- ${name}: ${value}`)
    .join('\n');
}

/** What would end a cell or a row is written so that it does not. */
function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((c) => c.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
