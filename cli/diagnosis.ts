import type {BackendReport, Selection} from 'tfjs-softmax';
import type {LoadedPackage} from './packages';

/** What the doctor finds out, as it also stands in its JSON. */
export interface Diagnosis {
  report: BackendReport;
  packages: LoadedPackage[];
  /** What selectBackend chose after measuring; null if it could not choose any. */
  selection: Selection | null;
  /** Why it could not. */
  failure: string | null;
  advice: string[];
}
