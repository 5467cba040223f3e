// usage: node client.mjs <echo.proto> <host:port>
// Makes every kind of call, and prints what it saw as one JSON object.
import grpc from '@grpc/grpc-js';
import { load } from './behaviour.mjs';

const Echo = load(process.argv[2]);
const connect = (options) => new Echo(process.argv[3], grpc.credentials.createInsecure(), options);
const client = connect({});
const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

const hex = (metadata, key) => metadata.get(key).map((value) => Buffer.from(value).toString('hex'))[0] ?? null;

function rich(extra = {}) {
  const metadata = new grpc.Metadata();
  metadata.set('echo-text', 'first');
  metadata.set('echo-bytes-bin', bytes);
  metadata.set('trail-text', 'last');
  metadata.set('trail-bytes-bin', bytes);
  for (const [key, value] of Object.entries(extra)) metadata.set(key, value);
  return metadata;
}

// One call of a kind, to its end: { texts, code, details, header, headerBytes, trailer, trailerBytes }.
function run(kind, metadata, { options = {}, from = client, requests = ['a', 'b'], leaves = false } = {}) {
  return new Promise((resolve) => {
    const seen = { texts: [] };
    const one = (error, response) => {
      if (response) seen.texts.push(response.text);
      if (error) Object.assign(seen, { code: error.code, details: error.details });
    };
    const call =
      kind === 'Unary' ? from.Unary({ text: requests[0] }, metadata, options, one)
      : kind === 'ServerStream' ? from.ServerStream({ text: requests[0], repeat: 2 }, metadata, options)
      : kind === 'ClientStream' ? from.ClientStream(metadata, options, one)
      : from.Duplex(metadata, options);
    call.on('metadata', (headers) => Object.assign(seen, { header: headers.get('echo-text')[0], headerBytes: hex(headers, 'echo-bytes-bin') }));
    call.on('status', (status) => {
      Object.assign(seen, { code: status.code, details: status.details, trailer: status.metadata.get('trail-text')[0], trailerBytes: hex(status.metadata, 'trail-bytes-bin') });
      setImmediate(() => resolve(seen));
    });
    call.on('error', () => {});
    call.on('data', (response) => seen.texts.push(response.text));
    if (kind === 'ClientStream' || kind === 'Duplex') {
      for (const text of requests) call.write({ text });
      call.end();
    }
    // The headers came, so the server is at work.
    if (leaves) call.on('metadata', () => call.cancel());
  });
}

const kinds = ['Unary', 'ServerStream', 'ClientStream', 'Duplex'];
const each = async (work) => Object.fromEntries(await Promise.all(kinds.map(async (kind) => [kind, await work(kind)])));
const long = 'x'.repeat(10000);
const zipping = connect({ 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });

const seen = {
  calls: await each((kind) => run(kind, rich())),
  failures: await each((kind) => run(kind, rich({ 'fail-code': '9', 'fail-detail': '100% later' }))),
  deadlines: await each((kind) => run(kind, rich({ hang: '1' }), { options: { deadline: Date.now() + 150 } })),
  cancellations: await each((kind) => run(kind, rich({ hang: '1' }), { leaves: true })),
  zipped: await each((kind) => run(kind, rich(), { from: zipping, requests: [long, long] })),
};
// Printed first, closed then: an open connection would keep the process alive.
console.log(JSON.stringify(seen));
client.close();
zipping.close();
