import { gunzipSync } from "node:zlib";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { arrived, event, failed, paced, wanted } from "./shop.mjs";

// Ten tries instead of three outlast a restart; the pauses between them are the SDK's own.
const analytics = new RudderAnalytics(wanted.key, { dataPlaneUrl: wanted.host, retryCount: 10, errorHandler: failed, logLevel: "none" });
// A batch calls back once for each of its events, in their order.
const batches = new Map();
const idIn = data => {
  if (!batches.has(data)) batches.set(data, JSON.parse(gunzipSync(data)).batch.map(message => message.messageId));
  return batches.get(data).shift();
};
let open = wanted.count;
let close;
const all = new Promise(resolve => (close = resolve));
for (let i = 0; i < wanted.count; i++) {
  const { type, ...call } = event(wanted.run, i, ["track", "identify", "page", "screen", "group", "alias"]);
  const told = structuredClone(call);
  analytics[type](call, (error, data) => {
    const messageId = idIn(data);
    if (!error) arrived({ type, ...told, channel: "server", messageId });
    if (--open === 0) close();
  });
  await paced(i);
}
await analytics.flush();
await all;
