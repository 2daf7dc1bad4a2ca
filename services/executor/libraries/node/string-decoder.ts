/** `string_decoder`: the npm package, which names an unknown encoding otherwise than Node. */
import { StringDecoder as Plain } from 'string_decoder/lib/string_decoder.js';
import { Buffer } from './buffer.ts';
import { codedError } from './internals.ts';

export function StringDecoder(this: object, encoding?: unknown): void {
  if (encoding && !Buffer.isEncoding(encoding)) {
    throw codedError(TypeError, 'ERR_UNKNOWN_ENCODING', `Unknown encoding: ${String(encoding)}`);
  }
  Plain.call(this, encoding);
}
StringDecoder.prototype = Plain.prototype;
