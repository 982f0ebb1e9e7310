import text from './generated/kernels';
import {bytesOfText} from './text';

/**
 * The binary of the kernels, decoded anew. In the build for Node this file is another, scripts/base64_kernels.mjs: there size
 * is no matter, and Node decodes base64 in a tenth of the time.
 */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  return bytesOfText(text);
}
