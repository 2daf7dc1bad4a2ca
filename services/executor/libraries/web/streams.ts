/** The library `streams`: streams of the web, and the text coders that are streams. */
import * as streams from 'web-streams-polyfill';

import { internals } from '../internals.ts';

const { define } = internals;

interface Controller {
  enqueue(chunk: unknown): void;
}

class TextEncoderStream {
  readonly encoding = 'utf-8';
  readonly readable: unknown;
  readonly writable: unknown;

  constructor() {
    const encoder = new TextEncoder();
    const transform = (chunk: unknown, controller: Controller) => controller.enqueue(encoder.encode(String(chunk)));
    ({ readable: this.readable, writable: this.writable } = new streams.TransformStream({ transform }));
  }
}

class TextDecoderStream {
  readonly #decoder: TextDecoder;
  readonly readable: unknown;
  readonly writable: unknown;

  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }) {
    const decoder = (this.#decoder = new TextDecoder(label, options));
    const send = (text: string, controller: Controller) => void (text !== '' && controller.enqueue(text));
    const steps = {
      transform: (chunk: ArrayBufferView, controller: Controller) => send(decoder.decode(chunk, { stream: true }), controller),
      flush: (controller: Controller) => send(decoder.decode(), controller),
    };
    ({ readable: this.readable, writable: this.writable } = new streams.TransformStream(steps as object));
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }
}

define(globalThis, { ...streams, TextEncoderStream, TextDecoderStream });
