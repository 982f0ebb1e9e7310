/** What `install()` did. `toString()` says it for people. */
export interface InstallReport {
  /** The tfjs ops that now run kernels of this package, on the backends that have them. */
  routed: string[];
  /** What stayed as it was, and why. */
  notRouted: {
    /** The tfjs op; with `on` and a backend where it stays only there. */
    name: string;
    /** What it would take that this version of tfjs does not have, or why that backend is better served by its own. */
    reason: string;
  }[];
  /** What is routed and what is not, in words for people. */
  toString(): string;
}

/** Plain data but for `toString`, which is no property of its own: as JSON it is the two lists. */
export function reportOf({routed, notRouted}: Pick<InstallReport, 'routed' | 'notRouted'>): InstallReport {
  const report = {routed, notRouted};
  Object.defineProperty(report, 'toString', {value: inWords});
  return report;
}

function inWords(this: InstallReport): string {
  const routed = this.routed.length > 0 ? this.routed.join(', ') : 'nothing';
  const left = this.notRouted.map(({name, reason}) => `\n- ${name}: ${reason}`);
  return `tfjs-softmax computes ${routed}${left.length > 0 ? `\nleft to tfjs:${left.join('')}` : ''}`;
}
