import { createRequire } from "node:module";
import { arrived, event, failed, paced, pause, wanted } from "./shop.mjs";

const { DittofeedSdk } = createRequire(import.meta.url)("@dittofeed/sdk-node");

await DittofeedSdk.init({ host: wanted.host, writeKey: `Basic ${Buffer.from(wanted.key + ":").toString("base64")}` });

function told(i) {
  const { type, anonymousId, category, ...call } = event(wanted.run, i, ["track", "identify", "page", "screen"]);
  if (!call.userId) call.anonymousId = anonymousId;
  call.messageId = `${wanted.run}-m${i}`;
  if (call.timestamp) call.timestamp = call.timestamp.toISOString();
  return { type, ...call };
}

function submit({ type, ...call }) {
  DittofeedSdk[type](structuredClone(call));
}

if (wanted.resend) {
  // Fewer events than the SDK sends by itself (5), so that it is this flush that sends them and tells when they did not arrive.
  for (let i = 0; i < wanted.count; i += 4) {
    const calls = [0, 1, 2, 3].map(n => i + n).filter(n => n < wanted.count).map(told);
    for (;;) {
      calls.forEach(submit);
      try {
        await DittofeedSdk.flush();
        calls.forEach(arrived);
        break;
      } catch (error) {
        failed(error);
        await pause(100);
      }
    }
    if (wanted.pace > 0) await pause(wanted.pace / 5);
  }
} else {
  // By itself it tells nobody but the process, which ends with an error at the first batch that did not arrive.
  const calls = [];
  for (let i = 0; i < wanted.count; i++) {
    calls.push(told(i));
    submit(calls[i]);
    await paced(i);
  }
  await DittofeedSdk.flush();
  process.once("beforeExit", () => calls.forEach(arrived));
}
