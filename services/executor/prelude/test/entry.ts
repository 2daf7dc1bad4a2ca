/** The prelude with its host side laid open, for the tests. */
import { setOrigin } from '../src/failure.ts';
import { installGlobals, resetGlobals } from '../src/globals.ts';
import { beginEvent, takeAnswers, takeOutbox } from '../src/host.ts';
import { inspect } from '../src/inspect.ts';
import { makeRequest } from '../src/request.ts';
import { sendMessages } from '../src/segment.ts';
import { onUncaught } from '../src/timers.ts';

installGlobals(globalThis);
setOrigin({ file: 'function.js', columns: 0 });

const { stringify } = JSON;
let state: { settled: boolean; value?: unknown; error?: object } = { settled: false };

const failed = (error: any) => {
  state = { settled: true, error: { name: String(error?.name), message: String(error?.message ?? error) } };
};

Object.assign(globalThis, {
  __test: { inspect, makeRequest, onUncaught },
  __start(run: () => unknown, seed: string) {
    beginEvent(seed, 0);
    resetGlobals();
    state = { settled: false };
    (async () => run())().then((value) => {
      sendMessages();
      state = { settled: true, value };
    }, failed);
  },
  __answer: takeAnswers,
  __state: () => stringify({ ...state, outbox: Array.from(takeOutbox(), ({ 0: kind, 1: record }) => ({ kind, ...record })) }),
});
