/** `http` and `https`: requests over the platform's egress, as `fetch` makes them. There are no servers. */
import { STATUS_CODES } from '../../prelude/src/status-texts.ts';
import EventEmitter from './events.ts';
import { Agent, HttpsAgent } from './http-agent.ts';
import { validateHeaderName, validateHeaderValue } from './http-headers.ts';
import { IncomingMessage } from './http-message.ts';
import { ClientRequest } from './http-request.ts';
import { unavailable } from './internals.ts';
import Stream from './stream.ts';

const METHODS = (
  'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY ' +
  'OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK ' +
  'UNSUBSCRIBE'
).split(' ');

function noServer(): never {
  throw unavailable('A server', 'functions take no connections');
}

class Server extends EventEmitter {
  constructor() {
    super();
    noServer();
  }
}

class OutgoingMessage extends Stream.Writable {}
class ServerResponse extends OutgoingMessage {}

function make(protocol: string, AgentOf: any): Record<string, any> {
  const module: Record<string, any> = {
    Agent: AgentOf,
    globalAgent: new AgentOf({ keepAlive: true, scheduling: 'lifo', timeout: 5000 }),
    Server,
    createServer: noServer,
    request: (...args: unknown[]) => new ClientRequest(args, protocol, module.globalAgent),
    get(...args: unknown[]) {
      const request = module.request(...args);
      request.end();
      return request;
    },
  };
  return module;
}

export const https = make('https:', HttpsAgent);
export const http = Object.assign(make('http:', Agent), {
  ClientRequest,
  IncomingMessage,
  OutgoingMessage,
  ServerResponse,
  METHODS,
  STATUS_CODES,
  maxHeaderSize: 16_384,
  validateHeaderName,
  validateHeaderValue,
  setMaxIdleHTTPParsers: () => {},
});
