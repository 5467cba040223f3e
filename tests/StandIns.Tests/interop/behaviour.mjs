// echo.proto for grpc-js, as described there: the same service that the tests serve from .NET.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

export function load(proto) {
  const definition = loader.loadSync(proto, { keepCase: true, defaults: true });
  return grpc.loadPackageDefinition(definition).perennial.standins.v1.Echo;
}

const text = (value) => ({ text: value });

// Sends headers, and answers how the call shall end: null for well.
function begin(call) {
  const headers = new grpc.Metadata();
  const trailers = new grpc.Metadata();
  for (const key of Object.keys(call.metadata.getMap())) {
    const target = key.startsWith('echo-') ? headers : key.startsWith('trail-') ? trailers : null;
    for (const value of target ? call.metadata.get(key) : []) target.add(key, value);
  }
  trailers.add('saw-deadline', Number.isFinite(Number(call.getDeadline())) ? 'yes' : 'no');
  call.sendMetadata(headers);
  const code = call.metadata.get('fail-code')[0];
  const error = code ? { code: Number(code), details: String(call.metadata.get('fail-detail')[0] ?? ''), metadata: trailers } : null;
  return { trailers, error, hangs: call.metadata.get('hang').length > 0 };
}

export const service = {
  Unary(call, answer) {
    const { trailers, error, hangs } = begin(call);
    if (!hangs) answer(error, error ? null : text(call.request.text), trailers);
  },

  ServerStream(call) {
    const { trailers, error, hangs } = begin(call);
    if (hangs) return;
    for (let i = 0; i < call.request.repeat; i++) call.write(text(`${call.request.text} ${i}`));
    if (error) call.emit('error', error);
    else call.end(trailers);
  },

  ClientStream(call, answer) {
    const { trailers, error, hangs } = begin(call);
    const texts = [];
    call.on('data', (request) => texts.push(request.text));
    call.on('end', () => hangs || answer(error, error ? null : text(texts.join(',')), trailers));
  },

  Duplex(call) {
    const { trailers, error, hangs } = begin(call);
    call.on('data', (request) => call.write(text(request.text)));
    call.on('end', () => {
      if (hangs) return;
      if (error) call.emit('error', error);
      else call.end(trailers);
    });
  },
};
