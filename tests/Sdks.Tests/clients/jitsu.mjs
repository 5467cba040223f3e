import { createRequire } from "node:module";
import { arrived, event, failed, pause, wanted } from "./shop.mjs";

const { jitsuAnalytics } = createRequire(import.meta.url)("@jitsu/js");

// The SDK chooses the message id and sends each event once. `fetch` is an option of it: here the caller sees what was sent, and
// keeps it until it has arrived.
const sent = new Map();
const again = [];
async function fetchSeen(url, init) {
  const body = JSON.parse(init.body);
  const call = sent.get(body.anonymousId);
  call.messageId = body.messageId;
  const keep = () => again.push({ url, init, call });
  const response = await fetch(url, init).catch(error => {
    keep();
    throw error;
  });
  if (response.ok) arrived(call);
  else keep();
  return response;
}

function tell({ type, timestamp, category, ...call }, i) {
  // An instance for each call, as a server makes one for each request: one that is kept mixes the context of a call into all that follow.
  // Half of the calls are made as a page makes them, half as a server does.
  const jitsu = jitsuAnalytics({ host: wanted.host, writeKey: `${wanted.key}:secret`, s2s: i % 2 === 0, fetch: fetchSeen, errorPolicy: failed, defaultPayloadContext: {} });
  const { anonymousId, userId, context } = call;
  const told = { type, ...structuredClone(call) };
  // The SDK's page is the one that the properties name, unless the context does.
  if (call.properties?.url && type !== "group") told.context.page ??= { url: call.properties.url };
  // Nor has it a context for groups.
  if (type === "group") delete told.context;
  sent.set(anonymousId, told);
  const more = { anonymousId, userId, context };
  if (type === "track") return jitsu.track(call.event, call.properties, more);
  if (type === "page") return jitsu.page({ name: call.name, ...call.properties }, more);
  if (type === "identify") return jitsu.identify(userId, call.traits, more);
  return jitsu.group(call.groupId, call.traits, more);
}

/** The same request once more, until it arrives: the same message id. */
async function sendAgain({ url, init, call }) {
  for (;;) {
    const response = await fetch(url, init).catch(() => undefined);
    if (response?.ok) return arrived(call);
    await pause(1000 * (response?.headers.get("retry-after") ?? 0.1));
  }
}

// Visitors that nobody knows come first: the SDK gives the user of the last identify to all later calls of the process that name none.
const events = Array.from({ length: wanted.count }, (_, i) => event(wanted.run, i, ["track", "identify", "page", "group"]));
events.sort((a, b) => Boolean(a.userId) - Boolean(b.userId));
for (let i = 0; i < events.length; i += 20) {
  await Promise.all(events.slice(i, i + 20).map(tell));
  if (wanted.pace > 0) await pause(wanted.pace);
  if (wanted.resend) await Promise.all(again.splice(0).map(sendAgain));
}
