// Calls Segment's TypeScript client as it is told, a line of JSON for a call, a line for what came of it.
const readline = require('node:readline');
const sdk = require('@segment/public-api-sdk-typescript');

const [basePath, token] = process.argv.slice(2);

async function call({ api, operation, args, token: another }) {
  const client = new sdk[api](basePath);
  client.accessToken = another ?? token;
  // What is not given is undefined to the client, which JSON has not.
  const answer = client[operation](...args.map((each) => each ?? undefined));
  const status = await answer.then((done) => done.response.statusCode, (failed) => failed.statusCode);
  // What is thrown is the first entry of `errors`, or whatever befell the client.
  return sdk.unwrap(answer).then(
    (data) => ({ status, data }),
    (error) => ({ status, error: error instanceof Error ? { thrown: String(error) } : error }),
  );
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await call(JSON.parse(line)))}\n`);
  }
})();
