// usage: node server.mjs <echo.proto>
// Prints the port it listens on, and ends when its input does.
import grpc from '@grpc/grpc-js';
import { load, service } from './behaviour.mjs';

const server = new grpc.Server();
server.addService(load(process.argv[2]).service, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.on('end', () => server.forceShutdown()).resume();
