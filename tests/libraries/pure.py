"""Libraries that compute: fixed vectors, most of them made by the same package in Node."""

from __future__ import annotations

from tests.libraries.case import Answer, Case, Sent

PURE = [
    Case(
        library="lodash",
        package="lodash",
        offered="_",
        proven="paths, collections, templates; `_.random` draws from the event's seed",
        code="""
          const random = _.random(1e9);
          return [_.get({ a: [{ b: 1 }] }, 'a[0].b'), _.groupBy([1, 2, 3], (n) => n % 2), _.camelCase('a b'),
            _.template('<%= x %>')({ x: 1 }), _.VERSION, random >= 0];""",
        returned=[1, {"0": [2], "1": [1, 3]}, "aB", "1", "4.17.21", True],
    ),
    Case(
        library="moment",
        package="moment-timezone",
        offered="moment",
        proven="time zones over a change of summer time, parsing, arithmetic",
        code="""
          const before = moment.tz('2026-03-29T01:30', 'Europe/Berlin');
          return [before.clone().add(1, 'hour').format(), moment.utc('2026-01-31').add(1, 'month').format('YYYY-MM-DD'),
            moment.tz('1980-07-01T12:00', 'America/New_York').utc().format(), moment.tz.names().length > 590];""",
        returned=["2026-03-29T03:30:00+02:00", "2026-02-28", "1980-07-01T16:00:00Z", True],
    ),
    Case(
        library="libphonenumber",
        package="libphonenumber-js",
        offered="libphonenumberjslib.libphonenumberjs",
        proven="parsing, validation, formatting",
        code="""
          const { parsePhoneNumber, isValidPhoneNumber } = libphonenumberjslib.libphonenumberjs;
          const number = parsePhoneNumber('(213) 373-4253', 'US');
          return [number.number, number.formatInternational(), isValidPhoneNumber('12', 'US')];""",
        returned=["+12133734253", "+1 213 373 4253", False],
    ),
    Case(
        library="uuidv5",
        package="uuidv5",
        offered="uuidv5.uuidv5",
        proven="the name-based ids of RFC 4122",
        code="""
          uuidv5 = uuidv5.uuidv5;
          return uuidv5('dns', 'www.example.org');""",
        returned="74738ff5-5367-5958-9aee-98fffdcd1876",
    ),
    Case(
        library="xml",
        package="xml",
        offered="xml",
        proven="writing with attributes, CDATA and escapes",
        code="return xml({ a: [{ _attr: { x: '1' } }, { b: '<&' }, { c: { _cdata: 'd' } }] }, { declaration: true });",
        returned='<?xml version="1.0" encoding="UTF-8"?><a x="1"><b>&lt;&amp;</b><c><![CDATA[d]]></c></a>',
    ),
    Case(
        library="xml2js",
        package="xml2js",
        offered="xml2js",
        proven="parsing (callback and promise) and building",
        code="""
          const { order } = await xml2js.parseStringPromise('<order id="7"><item>a</item><item>b</item></order>');
          const broken = await new Promise((done) => xml2js.parseString('<a', (error) => done(error !== null)));
          return [order, broken, new xml2js.Builder({ headless: true }).buildObject({ a: { b: 1 } })];""",
        returned=[{"$": {"id": "7"}, "item": ["a", "b"]}, True, "<a>\n  <b>1</b>\n</a>"],
    ),
    Case(
        library="crypto-js",
        package="crypto-js",
        offered="cryptojslib.cryptojs",
        proven="SHA-256, HMAC, MD5, AES with a key",
        code="""
          const { SHA256, HmacSHA256, MD5, AES, enc } = cryptojslib.cryptojs;
          const key = enc.Hex.parse('000102030405060708090a0b0c0d0e0f');
          const sealed = AES.encrypt('text', key, { iv: key }).toString();
          return [SHA256('a').toString(), HmacSHA256('a', 'k').toString(enc.Base64), MD5('a').toString(), sealed,
            AES.decrypt(sealed, key, { iv: key }).toString(enc.Utf8)];""",
        returned=[
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
            "eNqRUR5nVYf1ud94vt669VYNoqu4gWLuh13N90SVHZ4=",
            "0cc175b9c0f1b6a831c399e269772661",
            "ZW7suRcONu/llv9eJTsykA==",
            "text",
        ],
        differences="slow in the sandbox: `crypto` does the same on the host",
    ),
    Case(
        library="aws4",
        package="aws4",
        offered="aws4.aws4",
        proven="a signature of version 4",
        code="""
          const signed = aws4.aws4.sign(
            { service: 'sqs', region: 'us-east-1', path: '/?Action=ListQueues',
              headers: { 'X-Amz-Date': '20260101T000000Z' } },
            { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' });
          return [signed.headers.Host, signed.headers.Authorization];""",
        returned=[
            "sqs.us-east-1.amazonaws.com",
            (
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/sqs/aws4_request, "
                "SignedHeaders=host;x-amz-date, "
                "Signature=f33cb7d8275000d7377f7bfb48ad7e230d04d3aa65852a43bef29a430b7e79c7"
            ),
        ],
    ),
    Case(
        library="jsonwebtoken",
        package="jsonwebtoken",
        offered="jsonwebtoken",
        proven="HS256 and RS256: sign, verify, decode; late tokens and wrong keys are refused, short RSA keys taken",
        code="""
          const token = jsonwebtoken.sign({ sub: 'u1', iat: 1700000000 }, 'secret');
          const signed = jsonwebtoken.sign({ a: 1 }, settings.key, { algorithm: 'RS256', noTimestamp: true });
          const refused = (token, key) => {
            try { return jsonwebtoken.verify(token, key) } catch (error) { return `${error.name}: ${error.message}` }
          };
          const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 1024,
            publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
          const short = jsonwebtoken.sign({ b: 1 }, privateKey, { algorithm: 'RS256', noTimestamp: true });
          const unsigned = jsonwebtoken.sign({ c: 1 }, '', { algorithm: 'none', noTimestamp: true });
          return [token, jsonwebtoken.verify(token, 'secret').sub, jsonwebtoken.verify(signed, settings.public_key),
            refused(token, 'other'), refused(jsonwebtoken.sign({ exp: 1 }, 'k'), 'k'),
            jsonwebtoken.decode(signed, { complete: true }).header, jsonwebtoken.verify(short, publicKey),
            jsonwebtoken.verify(unsigned, undefined), refused(unsigned, 'k')];""",
        returned=[
            (
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImlhdCI6MTcwMDAwMDAwMH0."
                "Lcty773EPHkwIG59EKoODUqeoe9Cih6hBnQA50f0IMY"
            ),
            "u1",
            {"a": 1},
            "JsonWebTokenError: invalid signature",
            "TokenExpiredError: jwt expired",
            {"alg": "RS256", "typ": "JWT"},
            {"b": 1},
            {"c": 1},
            "JsonWebTokenError: jwt signature is required",
        ],
        differences=(
            "the documented version: unlike 9 it takes RSA keys below 2,048 bits, and keys of a kind that does not fit "
            "(CVE-2022-23539). Pass `algorithms` to `verify`: without, a token that is not signed is taken where the "
            "key is empty (CVE-2022-23540), and a key function for HMAC and RSA can be tricked (CVE-2022-23541)"
        ),
    ),
    Case(
        library="winston",
        package="winston",
        offered="winstonlib.winston",
        proven="levels and metadata through the console transport",
        code="""
          const { Logger, transports } = winstonlib.winston;
          const logger = new Logger({ transports: [new transports.Console()] });
          logger.info('sent', { to: 'crm' });
          logger.warn('late');
          logger.debug('hidden');
          await new Promise((done) => setTimeout(done, 1));
          return 'logged';""",
        returned="logged",
        logs=("info: sent to=crm", "warn: late"),
        differences="only the console transport, which writes to the function's log: there are no files",
    ),
    Case(
        library="fetch-retry",
        package="fetch-retry",
        offered="fetchretrylib.fetchretry",
        proven="503, 503, then 200",
        code="""
          const retrying = fetchretrylib.fetchretry(fetch);
          const answer = await retrying('https://api.example/x', { retryOn: [503], retryDelay: 1, retries: 3 });
          return [answer.status, await answer.text()];""",
        returned=[200, "done"],
        answers={"GET api.example/x": [Answer(status=503), Answer(status=503), Answer("done")]},
        sent=(Sent("GET api.example/x"),) * 3,
    ),
]
