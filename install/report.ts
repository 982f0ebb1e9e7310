/** What `install()` did. `toString()` gives it as readable text. */
export interface InstallReport {
  /** The tfjs ops that now run kernels of this package, on the backends that have them. */
  routed: string[];
  /** What is left to tfjs, and why. */
  notRouted: {
    /** The tfjs op, followed by `on` and a backend if it is left to tfjs only there. */
    name: string;
    /** What this version of tfjs lacks, or why tfjs's own op is better on that backend. */
    reason: string;
  }[];
  /** What is routed and what is not, as readable text. */
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
  const reasons = [...new Set(this.notRouted.map(({reason}) => reason))];
  const left = reasons.map((reason) => {
    const names = this.notRouted.filter((each) => each.reason === reason).map(({name}) => name);
    return `\n- ${names.join(', ')}: ${reason}`;
  });
  return `tfjs-softmax computes ${routed}${left.length > 0 ? `\nleft to tfjs:${left.join('')}` : ''}`;
}
