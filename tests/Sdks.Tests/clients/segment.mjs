import { Analytics } from "@segment/analytics-node";
import { arrived, event, failed, paced, wanted } from "./shop.mjs";

const analytics = new Analytics({ host: wanted.host, writeKey: wanted.key });
analytics.on("error", error => failed(error.reason));
for (let i = 0; i < wanted.count; i++) {
  const { type, ...call } = event(wanted.run, i, ["track", "identify", "page", "screen", "group", "alias"]);
  // There is no anonymous id in an alias of this SDK.
  if (type === "alias") delete call.anonymousId;
  const told = structuredClone(call);
  analytics[type](call, (error, context) => error || arrived({ type, ...told, messageId: context.event.messageId }));
  await paced(i);
}
await analytics.closeAndFlush({ timeout: 60_000 });
