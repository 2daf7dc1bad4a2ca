/** `stream`, `stream/promises` and `stream/consumers`: readable-stream 4, which is Node's own code. */
import Stream from 'readable-stream/lib/stream.js';
import promises from 'readable-stream/lib/stream/promises.js';
import { Buffer } from './buffer.ts';
import { internals } from './internals.ts';

Stream.promises = promises;

// The body of a response is a stream where there are streams.
internals.onBodyStream((chunks) => (Stream.Readable as any).from(chunks, { objectMode: false }));

type Chunks = AsyncIterable<string | Uint8Array>;

async function buffer(stream: Chunks): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

const text = async (stream: Chunks): Promise<string> => (await buffer(stream)).toString();

export const consumers = {
  buffer,
  text,
  arrayBuffer: async (stream: Chunks) => new Uint8Array(await buffer(stream)).buffer,
  json: async (stream: Chunks): Promise<unknown> => JSON.parse(await text(stream)),
};

export { promises, Stream };
export default Stream;
