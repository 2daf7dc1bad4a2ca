/** What passes between `http` and the host, and the error of what a sandbox has not. */
import { internals } from '../internals.ts';

export { internals };

/** What the host answers. */
export interface FetchAnswer {
  status: number;
  status_text: string;
  url: string;
  headers: [name: string, value: string][];
  body: { text: string } | { base64: string } | null;
  error?: { code?: string; message: string; type: string } | null;
}

/** A request as the host takes it; `id` is set by `ask`. */
export interface FetchRecord {
  id: number;
  method: string;
  url: string;
  headers: [name: string, value: string][];
  body: { text: string } | { base64: string } | null;
  redirect: 'follow' | 'manual' | 'error';
  /** False to be given the body as the server sent it, compressed or not. */
  inflate: boolean;
}

export const codedError = internals.codedError as (
  type: new (message: string) => Error,
  code: string,
  message: string,
) => Error & { code: string };

/** Fails as Node does where a platform lacks something. */
export function unavailable(what: string, why: string): Error & { code: string } {
  return codedError(Error, 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM', `${what} is not available here: ${why}`);
}
