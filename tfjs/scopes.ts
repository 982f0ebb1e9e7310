import type {Engine} from './engine';

/** tfjs runs each op in a scope named for it; the innermost is the last. Internal to tfjs: check with `scopesAreKnown`. */
interface Scope {
  id: number;
  name: string;
}

/** The scopes that are open now, outermost first. */
export function openScopes(tfjs: Engine): Scope[] {
  const scopes: unknown = tfjs.state.scopeStack;
  return Array.isArray(scopes) ? scopes : [];
}

/** Whether this tfjs keeps its open scopes where `openScopes` looks for them. */
export function scopesAreKnown(tfjs: Engine): boolean {
  const name = 'tfjs-softmax looks for scopes';
  tfjs.startScope(name);
  try {
    const scope = openScopes(tfjs).at(-1);
    return scope?.name === name && typeof scope.id === 'number';
  } finally {
    tfjs.endScope();
  }
}
