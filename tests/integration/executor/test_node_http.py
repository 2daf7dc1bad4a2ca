"""`http` and `https` of a function over real sockets: Node's requests, messages and errors, in the order of Node."""

from __future__ import annotations

import gzip
import json

from tests.http_server import Server, http, reset, silence
from tests.integration.executor.node_functions import Run, cache_dir, returned, run, server
from tests.nats import free_port

__all__ = ["cache_dir", "run", "server"]

# Gives what a request came to, with the events in their order.
WATCH = """
const watch = (request) => new Promise((done) => {
  const seen = [];
  const note = (name) => (value) => seen.push(value instanceof Error ? `${name} ${value.code}` : name);
  for (const name of ['socket', 'finish', 'abort', 'timeout', 'error']) request.on(name, note(name));
  let error = null;
  request.on('error', (e) => (error = { ...e, message: e.message, name: e.name }));
  request.on('response', (message) => {
    seen.push('response');
    for (const name of ['aborted', 'end', 'error', 'close']) message.on(name, note(`message ${name}`));
    request.onMessage?.(message);
    message.resume();
  });
  request.on('close', () => {
    seen.push('close');
    setImmediate(() => done({ seen, error, destroyed: request.destroyed }));
  });
});
"""


async def test_a_request_and_its_answer(run: Run, server: Server) -> None:
    answer = http(b"h\xc3\xa9llo", status="201 Made", X_One="1", Set_Cookie="a=1")
    server.answer("/there?a=b", answer.replace(b"X-One: 1", b"X-One: 1\r\nX-ONE: 2\r\nSet-Cookie: b=2"))
    body = f"""
      return new Promise((done, failed) => {{
        const options = {{ method: 'post', headers: {{ 'X-Mine': ['1', '2'], Accept: 'text/plain' }}, auth: 'me:it' }};
        const request = http.request('{server.url("/there?a=b")}', options, (message) => {{
          let text = '';
          message.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => {{
            const {{ statusCode, statusMessage, headers, headersDistinct, complete, httpVersion }} = message;
            const cookies = headers['set-cookie'];
            done({{ text, statusCode, statusMessage, cookies, one: headers['x-one'], complete, httpVersion,
              distinct: headersDistinct['x-one'], raw: message.rawHeaders.includes('X-ONE') }});
          }});
        }});
        request.on('error', failed);
        request.setHeader('Content-Type', 'application/json');
        request.write('{{"a":');
        request.end(Buffer.from('1}}'));
      }});"""
    assert await returned(run, body) == {
        "text": "héllo",
        "statusCode": 201,
        "statusMessage": "Made",
        "cookies": ["b=2", "a=1"],
        "one": "1, 2",
        "distinct": ["1", "2"],
        "raw": True,
        "complete": True,
        "httpVersion": "1.1",
    }
    head, _blank, sent = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /there?a=b HTTP/1.1")
    assert sent == b'{"a":1}'
    for line in (
        b"X-Mine: 1",
        b"X-Mine: 2",
        b"Accept: text/plain",
        b"Authorization: Basic bWU6aXQ=",
        b"Content-Length: 7",
    ):
        assert line in head.split(b"\r\n")
    assert b"accept-encoding" not in head.lower()


async def test_a_compressed_answer_comes_as_it_was_sent_and_a_redirect_is_not_followed(
    run: Run, server: Server
) -> None:
    packed = gzip.compress(json.dumps({"rows": list(range(50_000))}).encode())
    server.answer("/packed", http(packed, Content_Encoding="gzip"))
    server.answer("/old", http(b"", status="302 Found", Location="/packed"))
    body = f"""
      const get = (url) => new Promise((done, failed) => http.get(url, done).on('error', failed));
      const old = await get('{server.url("/old")}');
      old.resume();
      const message = await get(old.headers.location);
      const plain = await stream.promises.pipeline(message, zlib.createGunzip(), async (source) => {{
        const pieces = [];
        for await (const piece of source) pieces.push(piece);
        return Buffer.concat(pieces);
      }});
      return [old.statusCode, message.headers['content-encoding'], JSON.parse(plain).rows.length];"""
    assert await returned(run, body) == [302, "gzip", 50_000]


async def test_the_order_of_events(run: Run, server: Server) -> None:
    server.answer("/", http())
    body = f"{WATCH} return watch(http.get('{server.url('/')}'));"
    found = await returned(run, body)
    assert found["seen"] == ["socket", "finish", "response", "message end", "close", "message close"]
    assert found["destroyed"] is True


async def test_errors_have_the_fields_of_nodes(run: Run, server: Server) -> None:
    server.scripts["/reset"] = reset
    port = free_port()
    body = f"""{WATCH}
      const [refused, nowhere, hungUp, denied] = await Promise.all([
        'http://127.0.0.1:{port}/', 'https://nowhere.example/', '{server.url("/reset")}', 'http://[::1]:{port}/',
      ].map((url) => watch((url.startsWith('https') ? https : http).get(url))));
      return {{ refused, nowhere: nowhere.error, hungUp: hungUp.error, denied: denied.error.code }};"""
    found = await returned(run, body)
    assert found["refused"]["seen"] == ["socket", "finish", "error ECONNREFUSED", "close"]
    place = {"address": "127.0.0.1", "port": port, "syscall": "connect", "errno": -111, "code": "ECONNREFUSED"}
    message = f"connect ECONNREFUSED 127.0.0.1:{port}"
    assert found["refused"]["error"] == {**place, "message": message, "name": "Error"}
    assert found["nowhere"]["message"] == "getaddrinfo ENOTFOUND nowhere.example"
    assert {key: found["nowhere"][key] for key in ("errno", "syscall", "hostname")} == {
        "errno": -3008,
        "syscall": "getaddrinfo",
        "hostname": "nowhere.example",
    }
    assert found["hungUp"]["code"] == "ECONNRESET"
    assert found["denied"] == "EGRESS_DENIED"


async def test_giving_up(run: Run, server: Server) -> None:
    server.scripts["/never"] = silence
    server.answer("/large", http(bytes(150_000)))
    body = f"""{WATCH}
      const never = '{server.url("/never")}';
      const late = http.get(never, {{ timeout: 20 }});
      late.on('timeout', () => late.destroy());
      const aborted = http.get(never);
      setTimeout(() => aborted.abort(), 20);
      const own = http.get(never);
      own.destroy(Object.assign(new Error('mine'), {{ code: 'MINE' }}));
      const controller = new AbortController();
      const signalled = http.get(never, {{ signal: controller.signal }});
      setTimeout(() => controller.abort(), 20);
      const cut = http.get('{server.url("/large")}');
      cut.onMessage = (message) => message.once('data', () => cut.destroy());
      return Promise.all([late, aborted, own, signalled, cut].map(watch));"""
    result = await run(body)
    assert result.error is None, result.error
    late, aborted, own, signalled, cut = json.loads(result.returned)
    assert late["seen"] == ["socket", "finish", "timeout", "error ECONNRESET", "close"]
    assert late["error"]["message"] == "socket hang up"
    assert aborted["seen"] == ["socket", "finish", "abort", "error ECONNRESET", "close"]
    assert own["seen"] == ["error MINE", "close"]
    assert [signalled["error"]["name"], signalled["error"]["code"]] == ["AbortError", "ABORT_ERR"]
    answered = ["socket", "finish", "response", "message aborted", "close"]
    assert cut["seen"] == [*answered, "message error ECONNRESET", "message close"]
    assert cut["error"] is None
    assert sorted(record.error_code for record in result.requests if record.error_code) == ["ECANCELED"] * 3


async def test_what_node_refuses_at_once(run: Run) -> None:
    body = """
      const told = (call) => { try { call(); return 'nothing' } catch (e) { return `${e.name} ${e.code}` } };
      const request = http.request('http://127.0.0.1/');
      request.flushHeaders();
      const all = {
        protocol: told(() => https.request('http://a.example/')),
        agent: told(() => http.request('http://a.example/', { agent: new https.Agent() })),
        path: told(() => http.request({ path: '/a b' })),
        method: told(() => http.request({ method: 'A B' })),
        name: told(() => http.request({ headers: { 'a b': '1' } })),
        value: told(() => http.request({ headers: { a: 'b\\nc' } })),
        missing: told(() => http.request({ headers: { a: undefined } })),
        sent: told(() => request.setHeader('a', 'b')),
        url: told(() => http.request('no url')),
        certificate: told(() => https.request('https://a.example/', { cert: 'x', key: 'y' })),
        server: told(() => http.createServer()),
      };
      request.on('error', () => {}).destroy();
      return all;"""
    assert await returned(run, body) == {
        "protocol": "TypeError ERR_INVALID_PROTOCOL",
        "agent": "TypeError ERR_INVALID_PROTOCOL",
        "path": "TypeError ERR_UNESCAPED_CHARACTERS",
        "method": "TypeError ERR_INVALID_HTTP_TOKEN",
        "name": "TypeError ERR_INVALID_HTTP_TOKEN",
        "value": "TypeError ERR_INVALID_CHAR",
        "missing": "TypeError ERR_HTTP_INVALID_HEADER_VALUE",
        "sent": "Error ERR_HTTP_HEADERS_SENT",
        "url": "TypeError ERR_INVALID_URL",
        "certificate": "Error ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
        "server": "Error ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
    }


async def test_an_error_that_nobody_hears_fails_the_event(run: Run) -> None:
    result = await run(
        f"http.get('http://127.0.0.1:{free_port()}/'); await new Promise((done) => setTimeout(done, 500));"
    )
    assert result.error is not None
    assert "ECONNREFUSED" in result.error.message
