import {messageOf} from './environment';
import {exportWisdom, importWisdom} from './wisdom';
import {NotOurs, type Place, wisdomFile} from './wisdom_file';
import {LONGEST_WISDOM} from './wisdom_schema';

/**
 * Where measured results are kept: `true` means in memory; `'localStorage'` also in localStorage; any other text also in
 * the file of that name (Node). `false` neither uses nor keeps any.
 *
 * The file is only written if it is missing, empty, or already holds wisdom of this package; a symbolic link to such a file
 * is followed. Several programs may share a file. Anything else at that path is left alone, and refused before anything is
 * measured.
 */
export type Remember = boolean | string;

const LOCAL_STORAGE_KEY = 'tfjs-softmax wisdom';

/**
 * Takes what the place has kept.
 *
 * @returns null, or for people why it is not used
 * @throws if it is to be written to later and holds something that is not this package's
 */
export function loadWisdom(remember: Remember, isToBeWritten: boolean): string | null {
  if (typeof remember === 'boolean') return null;
  try {
    const kept = placeOf(remember).read();
    if (kept !== null) importWisdom(kept);
    return null;
  } catch (error) {
    if (isToBeWritten && error instanceof NotOurs) throw new Error(`remember is '${remember}': ${error.message}.`);
    return `wisdom in ${remember} is not used: ${messageOf(error)}`;
  }
}

/**
 * Keeps all wisdom there, with what others have put there meanwhile.
 *
 * @param addMeasured puts what was measured now into memory, where it comes before what others measured
 * @returns null, or for people why it is not kept: a selection does not fail because of that
 */
export async function saveWisdom(remember: Remember, addMeasured: () => void): Promise<string | null> {
  if (typeof remember === 'boolean') return null;
  try {
    await placeOf(remember).replace((kept) => {
      try {
        if (kept !== null) importWisdom(kept);
      } catch {
        // Of other versions or hardware, as loadWisdom has said: it is replaced.
      }
      addMeasured();
      const wisdom = exportWisdom();
      if (wisdom.length <= LONGEST_WISDOM) return wisdom;
      throw new Error(`it has grown to ${wisdom.length} characters, of at most ${LONGEST_WISDOM}; see forgetWisdom`);
    });
    return null;
  } catch (error) {
    return `wisdom in ${remember} is not kept: ${messageOf(error)}`;
  }
}

function placeOf(remember: string): Place {
  return remember === 'localStorage' ? LOCAL_STORAGE : wisdomFile(remember);
}

const LOCAL_STORAGE: Place = {
  read: () => localStorageHere().getItem(LOCAL_STORAGE_KEY),
  replace(next) {
    const storage = localStorageHere();
    storage.setItem(LOCAL_STORAGE_KEY, next(storage.getItem(LOCAL_STORAGE_KEY)));
  },
};

function localStorageHere(): Storage {
  const {localStorage} = globalThis;
  if (localStorage == null) throw new Error('there is no localStorage here');
  return localStorage;
}
