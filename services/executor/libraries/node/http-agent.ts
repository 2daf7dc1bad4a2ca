/** `Agent`: what it is asked to keep in mind; the connections themselves are the host's. */
import EventEmitter from './events.ts';
import { internals, unavailable } from './internals.ts';

interface Place {
  host?: string;
  port?: number | string;
  localAddress?: string;
  family?: number;
}

const INFINITE = Infinity;

/** A function, for old libraries call it without `new` or on their own instances. */
export const Agent: any = function (this: any, options?: Record<string, unknown>): any {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  setUp(this, 'http:', 80, options);
};

export const HttpsAgent: any = function (this: any, options?: Record<string, unknown>): any {
  if (!(this instanceof HttpsAgent)) return new HttpsAgent(options);
  EventEmitter.call(this);
  setUp(this, 'https:', 443, options);
};

function setUp(agent: any, protocol: string, defaultPort: number, options: Record<string, unknown> = {}): void {
  agent.options = { path: null, noDelay: true, ...options };
  agent.protocol = protocol;
  agent.defaultPort = defaultPort;
  agent.maxSockets = options.maxSockets ?? INFINITE;
  agent.maxFreeSockets = options.maxFreeSockets ?? 256;
  agent.maxTotalSockets = options.maxTotalSockets ?? INFINITE;
  agent.keepAlive = options.keepAlive ?? false;
  agent.keepAliveMsecs = options.keepAliveMsecs ?? 1000;
  agent.scheduling = options.scheduling ?? 'lifo';
  for (const name of ['requests', 'sockets', 'freeSockets']) agent[name] = Object.create(null);
}

Object.setPrototypeOf(Agent.prototype, EventEmitter.prototype);
Object.setPrototypeOf(HttpsAgent.prototype, Agent.prototype);
Object.assign(Agent, { defaultMaxSockets: INFINITE });
for (const type of [Agent, HttpsAgent]) internals.define(type, { name: 'Agent' });

Object.assign(Agent.prototype, {
  getName({ host = 'localhost', port = '', localAddress = '', family }: Place = {}): string {
    return `${host}:${port}:${localAddress}${family === 4 || family === 6 ? `:${family}` : ''}`;
  },
  destroy(): void {},
  addRequest(): void {},
  keepSocketAlive: () => true,
  reuseSocket(): void {},
  createConnection(): void {
    throw unavailable('Agent.createConnection', 'functions have no sockets; use fetch, http or https');
  },
});
