/** All time zones, each unpacked when it is used: together they would take twelve megabytes. */
import { DateTimeFormat } from '@formatjs/intl-datetimeformat';

type Change = [from: number, name: string, offsetS: number, isSummer: boolean];

interface Packed {
  zones: string[];
  abbrvs: string;
  offsets: string;
}

let packed: Packed | undefined;

/** Takes the data away from the format, which would unpack all of it at once. */
export function takeZones(load: () => unknown): void {
  const Format = DateTimeFormat as unknown as { __addTZData(data: Packed): void };
  const unpackAll = Format.__addTZData;
  Format.__addTZData = (data) => void (packed = data);
  load();
  Format.__addTZData = unpackAll;
  DateTimeFormat.tzData = lazily(packed!);
}

function lazily({ zones, abbrvs, offsets }: Packed): Record<string, Change[]> {
  const names = abbrvs.split('|');
  const seconds = offsets.split('|').map((offset) => parseInt(offset, 36));
  const unpacked = (text: string): Change => {
    const [from, name, offset, summer] = text.split(',');
    return [from === '' ? -Infinity : parseInt(from!, 36), names[Number(name)]!, seconds[Number(offset)]!, summer === '1'];
  };
  const byName: Record<string, Change[]> = {};
  for (const zone of zones) {
    const end = zone.indexOf('|');
    onFirstUse(byName, zone.slice(0, end), () => zone.slice(end + 1).split('|').map(unpacked));
  }
  return byName;
}

/** Defines a property whose value is made when it is first read. */
export function onFirstUse<T>(target: Record<string, T>, name: string, make: () => T): void {
  Object.defineProperty(target, name, {
    get() {
      const value = make();
      Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
      return value;
    },
    enumerable: true,
    configurable: true,
  });
}
