/** What handlers get and give. */
declare namespace Penstock {
  /** Values of the instance's settings by name. Write an interface of your own for those that you have defined. */
  type Settings = Record<string, any>;

  /** Fields that all events have. */
  interface Event {
    type: string;
    messageId?: string;
    userId?: string | null;
    anonymousId?: string | null;
    timestamp?: string;
    sentAt?: string;
    receivedAt?: string;
    originalTimestamp?: string;
    channel?: string;
    context?: Context;
    integrations?: Record<string, any>;
    [field: string]: any;
  }

  interface Context {
    ip?: string;
    locale?: string;
    userAgent?: string;
    timezone?: string;
    traits?: Record<string, any>;
    page?: { url?: string; path?: string; title?: string; referrer?: string; search?: string; [field: string]: any };
    [field: string]: any;
  }

  interface Identify<Traits = Record<string, any>> extends Event {
    type: 'identify';
    traits?: Traits;
  }

  interface Track<Properties = Record<string, any>> extends Event {
    type: 'track';
    event: string;
    properties?: Properties;
  }

  interface Page<Properties = Record<string, any>> extends Event {
    type: 'page';
    name?: string;
    category?: string;
    properties?: Properties;
  }

  interface Screen<Properties = Record<string, any>> extends Event {
    type: 'screen';
    name?: string;
    category?: string;
    properties?: Properties;
  }

  interface Group<Traits = Record<string, any>> extends Event {
    type: 'group';
    groupId: string;
    traits?: Traits;
  }

  interface Alias extends Event {
    type: 'alias';
    previousId: string;
  }

  interface Delete extends Event {
    type: 'delete';
  }

  type AnyEvent = Identify | Track | Page | Screen | Group | Alias | Delete;

  /** What came to a source's URL. */
  interface ServerRequest {
    readonly method: string;
    readonly url: URL;
    readonly headers: Headers;
    /** The parsed body, at once and the same object each time; a form becomes an object of texts. */
    json(): any;
    /** The body as it came. */
    text(): string;
  }

  /** What an `onBatch` of a destination may return: an entry for each event, in their order. */
  type BatchEntry = { status: number; errormessage?: string } | null;

  type Handler<Input, S = Settings> = (input: Input, settings: S) => unknown;
  type OnRequest<S = Settings> = Handler<ServerRequest, S>;
  type OnIdentify<S = Settings> = Handler<Identify, S>;
  type OnTrack<S = Settings> = Handler<Track, S>;
  type OnPage<S = Settings> = Handler<Page, S>;
  type OnScreen<S = Settings> = Handler<Screen, S>;
  type OnGroup<S = Settings> = Handler<Group, S>;
  type OnAlias<S = Settings> = Handler<Alias, S>;
  type OnDelete<S = Settings> = Handler<Delete, S>;
  type OnBatch<S = Settings> = Handler<AnyEvent[], S>;

  /** Who an event is of: at least one of the two. */
  type Identity = { userId: string | number; anonymousId?: string } | { userId?: string | number; anonymousId: string };

  interface Common {
    context?: Context;
    integrations?: Record<string, any>;
    messageId?: string;
    sentAt?: string | Date;
    timestamp?: string | Date;
  }
}

/** Sends messages of a source function, once its handler has finished. Each gives back what it sends. */
declare const Segment: {
  identify(fields: Penstock.Identity & Penstock.Common & { traits?: object }): any;
  track(fields: Penstock.Identity & Penstock.Common & { event: string; properties?: object }): any;
  page(fields: Penstock.Identity & Penstock.Common & { name?: string; properties?: object }): any;
  screen(fields: Penstock.Identity & Penstock.Common & { name?: string; properties?: object }): any;
  group(fields: Penstock.Identity & Penstock.Common & { groupId: string; traits?: object }): any;
  alias(fields: Penstock.Identity & Penstock.Common & { previousId: string }): any;
  /** Sends an object, which goes to warehouses. */
  set(fields: { collection: string; id: string | number; properties?: object }): any;
};

/** The event is tried again later. */
declare class RetryError extends Error {}
/** The function does not handle this type of event. */
declare class EventNotSupported extends Error {}
/** The event cannot be used. */
declare class InvalidEventPayload extends Error {}
/** The event cannot be used. */
declare class ValidationError extends Error {}
/** An insert function does not pass the event on. */
declare class DropEvent extends Error {}

/** Values kept between events, for all sandboxes of an instance. */
declare const cache: {
  /** Gives the kept value, or loads it; it is kept for `ttlMs`, -1 for good. */
  load<T>(key: string, ttlMs: number, load: () => T | Promise<T>): Promise<T>;
  load<T>(key: string, load: () => T | Promise<T>): Promise<T>;
  delete(key: string): void;
};
