// The package `node-fetch`, which the prelude's `fetch` behaves as.
const { fetch, Headers, Request, Response, FetchError, AbortError } = globalThis;
const nodeFetch = (...args) => fetch(...args);
module.exports = Object.assign(nodeFetch, { default: nodeFetch, Headers, Request, Response, FetchError, AbortError });
