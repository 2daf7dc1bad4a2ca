// Text to bytes and back by all names of encodings.

const OPERATIONS = {
  encode: (text, encoding) => Buffer.from(text, encoding),
  decode: (bytes, encoding) => Buffer.from(bytes, 'hex').toString(encoding),
  slice: (bytes, encoding, start, end) => Buffer.from(bytes, 'hex').toString(encoding, start, end),
  length: (text, encoding) => Buffer.byteLength(text, encoding),
  encoder: (text) => new TextEncoder().encode(text),
  into: (text, room) => {
    const bytes = new Uint8Array(room);
    return [new TextEncoder().encodeInto(text, bytes), bytes];
  },
  decoder: (bytes, label, options) => new TextDecoder(label, options).decode(Buffer.from(bytes, 'hex')),
  pieces: (pieces, label, options) => {
    const decoder = new TextDecoder(label, options);
    return [...pieces.map((piece) => decoder.decode(Buffer.from(piece, 'hex'), { stream: true })), decoder.decode()];
  },
};

const run = ([operation, ...args]) => OPERATIONS[operation](...args);
