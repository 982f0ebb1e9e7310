import first from './generated/text_1';
import second from './generated/text_2';
import {bytesOfText} from './text';

type Bytes = Uint8Array<ArrayBuffer>;

let read: () => Bytes | null = () => null;

/** The binary of the kernels, for memory that is not shared: from a file, where there is one, and else decoded from text. */
export function kernelBytes(): Bytes {
  return read() ?? bytesOfText(first + second);
}

/** For Node, which takes longer to decode the text than to read a file. */
export function provideFile(provided: () => Bytes | null): void {
  read = provided;
}
