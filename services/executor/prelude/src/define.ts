/** Puts names on an object as the language does: writable and configurable, for authors' code reassigns them. */
export function define(target: object, values: Record<string | symbol, unknown>): void {
  for (const name of Reflect.ownKeys(values)) {
    Object.defineProperty(target, name, { value: values[name], writable: true, enumerable: false, configurable: true });
  }
}
