/**
 * `Segment.identify`, `track` and so on: what a source function sends.
 *
 * Checks and copied keys are those of Segment's published shim: every other key is dropped, and a value that is not
 * truthy is left out. Messages are kept as they were returned to the author, who may still change them, and go to the
 * host when the handler has finished.
 */
import { define } from './define.ts';
import { ValidationError } from './errors.ts';
import { bare, emit } from './host.ts';

type Fields = Record<string, unknown>;

const { stringify } = JSON;
const COMMON = ['userId', 'anonymousId', 'context', 'integrations', 'messageId', 'sentAt', 'timestamp'];

let sent: { kind: 'message' | 'object'; record: Fields }[] = bare([]);

function requireField(fields: Fields, name: string): void {
  if (fields[name] === undefined || fields[name] === '')
    throw new ValidationError(`${name} is required but not defined`);
}

function copyTruthy(from: Fields, names: readonly string[], to: Fields): Fields {
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (from[name]) to[name] = from[name];
  }
  return to;
}

/** Throws here, at the author's line, for what cannot be written as a JSON object (cycles, BigInt, an own `toJSON`). */
function send(kind: 'message' | 'object', record: Fields): Fields {
  if (stringify(record)?.[0] !== '{') throw new ValidationError('a message must be an object as JSON');
  sent[sent.length] = bare({ kind, record });
  return record;
}

/** Hands over what was sent since the event began. */
export function sendMessages(): void {
  for (let i = 0; i < sent.length; i++) emit(sent[i]!.kind, sent[i]!.record);
  reset();
}

/** Forgets what an earlier event sent and did not finish. */
export function reset(): void {
  if (sent.length > 0) sent = bare([]);
}

function eventCall(type: string, required: string | null, copied: readonly string[]): (fields: Fields) => Fields {
  return (fields) => {
    const message: Fields = { type };
    if (required !== null) {
      requireField(fields, required);
      message[required] = fields[required];
    }
    if (!fields.userId && !fields.anonymousId)
      throw new ValidationError('One of userId,anonymousId is required but not defined');
    copyTruthy(fields, COMMON, copyTruthy(fields, copied, message));
    return send('message', message);
  };
}

function set(fields: Fields): Fields {
  requireField(fields, 'collection');
  requireField(fields, 'id');
  const object = copyTruthy(fields, ['properties'], { collection: fields.collection, id: fields.id });
  return send('object', object);
}

export const segment = {
  identify: eventCall('identify', null, ['traits']),
  track: eventCall('track', 'event', ['properties']),
  page: eventCall('page', null, ['name', 'properties']),
  screen: eventCall('screen', null, ['name', 'properties']),
  group: eventCall('group', 'groupId', ['traits']),
  alias: eventCall('alias', 'previousId', []),
  set,
};

export function install(target: typeof globalThis): void {
  define(target, { Segment: { ...segment } });
}
