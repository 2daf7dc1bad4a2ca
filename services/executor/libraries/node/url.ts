/** `url`: the legacy functions from the npm package, the standard's classes from the runtime. */
import punycode from 'punycode/punycode.js';
import legacy from 'url/url.js';
import { codedError } from './internals.ts';

type Url = InstanceType<typeof URL>;

interface FormatOptions {
  auth?: boolean;
  fragment?: boolean;
  search?: boolean;
}

function formatStandard(url: Url, { auth = true, fragment = true, search = true }: FormatOptions): string {
  const copy = new URL(url.href);
  if (!auth) copy.username = copy.password = '';
  if (!fragment) copy.hash = '';
  if (!search) copy.search = '';
  return copy.href;
}

interface LegacyParts {
  protocol?: string;
  slashes?: boolean;
  host?: string | null;
  search?: string | null;
}

function format(url: unknown, options?: FormatOptions): string {
  if (url instanceof URL) return formatStandard(url, options ?? {});
  const text: string = legacy.format(url);
  if (typeof url !== 'object' || url === null) return text;
  const { protocol, slashes } = url as LegacyParts;
  // Newer Nodes put slashes only where somebody asked for them.
  return !protocol && !slashes && text.startsWith('//') ? text.slice(2) : text;
}

function parse(url: unknown, parseQuery?: boolean, slashesDenoteHost?: boolean): LegacyParts {
  const parts: LegacyParts = legacy.parse(url, parseQuery, slashesDenoteHost);
  if (parts.search === '') parts.search = null;
  return parts;
}

const { Url } = legacy;
const { resolveObject } = Url.prototype;

/** Another host does not get the name and password of the first. */
Url.prototype.resolveObject = function (this: LegacyParts, relative: string | LegacyParts): LegacyParts {
  const target = typeof relative === 'string' ? legacy.parse(relative, false, true) : relative;
  const isElsewhere = target.host && target.host !== this.host;
  const base = isElsewhere ? Object.assign(new Url(), this, { auth: null }) : this;
  return resolveObject.call(base, relative);
};

/** The options of `http.request` that a URL stands for. */
export function urlToHttpOptions(url: Url): Record<string, unknown> {
  const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
  const options: Record<string, unknown> = { protocol, hostname, hash, search, pathname, path: pathname + search, href };
  options.hostname = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

function fileURLToPath(input: unknown): string {
  const url = new URL(String(input));
  if (url.protocol === 'file:') return decodeURIComponent(url.pathname);
  throw codedError(TypeError, 'ERR_INVALID_URL_SCHEME', 'The URL must be of scheme file');
}

const domainToASCII = (domain: string) => {
  const text = `http://${domain}`;
  return URL.canParse(text) ? new URL(text).hostname : '';
};

export default {
  ...legacy,
  parse,
  format,
  URL,
  URLSearchParams: (globalThis as any).URLSearchParams,
  urlToHttpOptions,
  domainToASCII,
  domainToUnicode: (domain: string) => punycode.toUnicode(domainToASCII(domain)),
  fileURLToPath,
  pathToFileURL: (path: string) => new URL(`file://${path.split('/').map(encodeURIComponent).join('/')}`),
};
