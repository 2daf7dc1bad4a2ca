/** Why no answer came, in the words and with the fields of Node's sockets. */
import { codedError } from './internals.ts';

const ERRNO: Record<string, number> = {
  EAI_AGAIN: -3001,
  ENOTFOUND: -3008,
  EPIPE: -32,
  ECONNABORTED: -103,
  ECONNRESET: -104,
  ETIMEDOUT: -110,
  ECONNREFUSED: -111,
  EHOSTUNREACH: -113,
};

export const hangUp = (message = 'socket hang up') => codedError(Error, 'ECONNRESET', message);

interface Failure {
  code?: string;
  message: string;
  type: string;
}

function textOf({ code, message, type }: Failure, url: string): string {
  if (type === 'request-timeout') return `no answer in time from ${url}`;
  if (type === 'max-size') return `the answer of ${url} is over the limit of ${message} bytes`;
  return code === 'ENOTFOUND' ? message.replace(/^(getaddrinfo ENOTFOUND \S+) .*/, '$1') : message;
}

/** Gives the error of a request that the host could not do. */
export function requestError(failure: Failure, url: string): Error {
  const { code = failure.type } = failure;
  const error = codedError(Error, code, textOf(failure, url));
  const [, syscall, place] = /^(connect|getaddrinfo|read|write) \w+(?: (\S+))?/.exec(error.message) ?? [];
  if (code in ERRNO) Object.assign(error, { errno: ERRNO[code] });
  if (syscall) Object.assign(error, { syscall });
  if (syscall === 'getaddrinfo') Object.assign(error, { hostname: place });
  const [, address, port] = syscall === 'connect' ? (/^(.*):(\d+)$/.exec(place ?? '') ?? []) : [];
  return address ? Object.assign(error, { address, port: Number(port) }) : error;
}
