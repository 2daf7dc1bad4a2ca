// A client of Penstock in Node.js: functions are listed, made, changed and removed, and an event is handed in.
// The contracts are read as they are; nothing is generated.
const { randomUUID } = require('node:crypto');
const path = require('node:path');
const { promisify } = require('node:util');
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const { PENSTOCK_ADDRESS, PENSTOCK_TOKEN, PENSTOCK_WRITE_KEY } = process.env;
const CODE = 'async function onTrack(event) { console.log(event.event); }';
const DEADLINE_MS = 10_000;

const contracts = loadSync(['penstock/registry/v1/function.proto', 'penstock/ingest/v1/ingest_service.proto'], {
  includeDirs: [path.join(__dirname, '../../../protos')],
  keepCase: true,
  enums: String,
  defaults: true,
});
const { penstock } = grpc.loadPackageDefinition(contracts);

// Calls as promises, on behalf of whom the token belongs to.
function service(Client, token) {
  const client = new Client(PENSTOCK_ADDRESS, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return new Proxy(client, {
    get: (target, name) => (name === 'close' ? () => target.close() : (request) =>
      promisify(target[name]).call(target, request, metadata, { deadline: Date.now() + DEADLINE_MS })),
  });
}

async function manage(functions) {
  const found = await functions.ListFunctions({ page_size: 50 });
  console.log(`functions: ${found.functions.length}`);

  // With a request_id, a call whose answer got lost can be repeated: it is done once.
  const wanted = { display_name: `From Node ${randomUUID()}`, kind: 'FUNCTION_KIND_DESTINATION', code: CODE };
  const create = { function: wanted, request_id: randomUUID() };
  const { function: made } = await functions.CreateFunction(create);
  console.log(`created: ${made.function_id}`);
  const { function: again } = await functions.CreateFunction(create);
  console.log(`repeated: ${again.function_id}`);

  // With the etag, a change is refused where somebody else was quicker.
  const { function: read } = await functions.GetFunction({ function_id: made.function_id });
  for (const description of ['Says what happened', 'Says what happened, too late']) {
    const change = { function_id: read.function_id, description, etag: read.etag };
    try {
      const changed = await functions.UpdateFunction({ function: change, update_mask: { paths: ['description'] } });
      console.log(`updated: ${changed.function.description}`);
    } catch (error) {
      console.log(`refused: ${grpc.status[error.code]}`);
    }
  }

  await functions.DeleteFunction({ function_id: made.function_id });
  console.log(`deleted: ${made.function_id}`);
}

async function main() {
  const functions = service(penstock.registry.v1.FunctionService, PENSTOCK_TOKEN);
  const ingest = service(penstock.ingest.v1.IngestService, PENSTOCK_WRITE_KEY);
  await manage(functions);
  const event = { type: 'track', userId: 'u1', event: 'Greeted from Node' };
  const { results } = await ingest.Ingest({ messages: [Buffer.from(JSON.stringify(event))] });
  console.log(`accepted: ${results[0].event_id}`);
  functions.close();
  ingest.close();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
