import {builtin, messageOf} from './environment';
import {exportWisdom, importWisdom} from './wisdom';

/**
 * Where measured results are kept: `true` in memory, `'localStorage'` there, any other text in the file of that name
 * (Node); both besides memory. `false` neither looks at nor keeps any.
 */
export type Remember = boolean | string;

const LOCAL_STORAGE_KEY = 'tfjs-softmax wisdom';

/** A place that keeps one text. */
interface Place {
  read(): string | null;
  write(text: string): void;
}

/** Takes what the place has kept. @returns null, or for people what it is not used for */
export function loadWisdom(remember: Remember): string | null {
  return withPlace(remember, 'not used', (place) => {
    const text = place.read();
    if (text !== null) importWisdom(text);
  });
}

/** Keeps all wisdom there. @returns null, or for people why it is not kept */
export function saveWisdom(remember: Remember): string | null {
  return withPlace(remember, 'not kept', (place) => place.write(exportWisdom()));
}

/** A selection does not fail because something cannot be remembered; it says so. */
function withPlace(remember: Remember, consequence: string, action: (place: Place) => void): string | null {
  if (typeof remember === 'boolean') return null;
  try {
    action(remember === 'localStorage' ? localStoragePlace() : filePlace(remember));
    return null;
  } catch (error) {
    return `wisdom in ${remember} is ${consequence}: ${messageOf(error)}`;
  }
}

function localStoragePlace(): Place {
  const {localStorage} = globalThis;
  if (localStorage == null) throw new Error('there is no localStorage here');
  return {
    read: () => localStorage.getItem(LOCAL_STORAGE_KEY),
    write: (text) => localStorage.setItem(LOCAL_STORAGE_KEY, text),
  };
}

function filePlace(path: string): Place {
  const fs = builtin('node:fs');
  if (fs === null) throw new Error('files can be had in Node from 20.16 only');
  return {
    read: () => (fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null),
    write(text) {
      // A reader sees the old file or the new one, never half of one.
      const staged = `${path}.new`;
      fs.writeFileSync(staged, text);
      fs.renameSync(staged, path);
    },
  };
}
