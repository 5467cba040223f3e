// What a shop tells: the events that every client sends, and the lines in which it says what became of them.

const products = [
  { product_id: "p-1", sku: "TEA-1", name: "Tee, grün", category: "Drinks", brand: "Leaf", variant: "100 g", price: 4.95, quantity: 2, position: 1, url: "https://shop.example/tea", image_url: "https://shop.example/tea.png" },
  { product_id: "p-2", sku: "MUG-1", name: "Mug \"Tokyo\" ☕", category: "Kitchen", brand: "Clay", variant: "blue", price: 12.5, quantity: 1, coupon: "SPRING", position: 2, colour: "blue", stock: { berlin: 3, "köln": null } },
];
// What no specification names: a shop says more than the events have fields for.
const more = n => ({ loyalty_points: n, gift: n % 2 === 0, note: null, "gift wrap": { paper: "red", ribbons: [1, 2.5, "für", [n]] } });
const amounts = n => ({ subtotal: 22.4 + n, total: 29.99 + n, revenue: 22.4 + n, shipping: 4.9, tax: 2.69, discount: 1.25, currency: "EUR" });

const tracks = [
  n => ["Products Searched", { query: `tea ${n}`, results: 17, currency: "EUR" }],
  n => ["Product List Viewed", { list_id: `list-${n}`, category: "Drinks", sorts: [{ type: "price", value: "desc" }], products }],
  n => ["Product Viewed", { ...products[0], currency: "EUR", value: 4.95, ...more(n) }],
  n => ["Product Added", { cart_id: `cart-${n}`, ...products[1], currency: "USD", ...more(n) }],
  n => ["Cart Viewed", { cart_id: `cart-${n}`, products }],
  n => ["Checkout Started", { order_id: `order-${n}`, value: 22.4, ...amounts(n), products }],
  n => ["Payment Info Entered", { checkout_id: `checkout-${n}`, order_id: `order-${n}`, step: 3, shipping_method: "DHL", payment_method: "card" }],
  n => ["Order Completed", { order_id: `order-${n}`, checkout_id: `checkout-${n}`, affiliation: "web", ...amounts(n), coupon: "SPRING", products, ...more(n) }],
  n => ["Order Updated", { order_id: `order-${n}`, affiliation: "web", ...amounts(n), products }],
  n => ["Order Refunded", { order_id: `order-${n}`, total: 12.5, currency: "EUR", products: [products[1]] }],
  n => ["Order Cancelled", { order_id: `order-${n}`, affiliation: "web", ...amounts(n), reason: "changed my mind", products }],
  n => ["Coupon Applied", { order_id: `order-${n}`, cart_id: `cart-${n}`, coupon_id: "c-1", coupon_name: "Spring", discount: 1.25, currency: "EUR" }],
  n => ["Product Added to Wishlist", { wishlist_id: `wish-${n}`, wishlist_name: "Birthday", ...products[0], currency: "EUR" }],
  () => ["Product Reviewed", { product_id: "p-1", review_id: "r-1", review_body: "Sehr gut", rating: 4.5, verified: true }],
  n => ["Product Shared", { share_via: "email", share_message: `look ${n}`, recipient: "friend@shop.example", ...products[0], currency: "EUR" }],
  n => ["Email Link Clicked", { email_id: `mail-${n}`, email_subject: "Hello", campaign_id: "welcome", campaign_name: "Welcome", link_id: "l-1", link_url: "https://shop.example/", ...more(n) }],
  n => ["Promotion Clicked", { promotion_id: "promo-1", creative: "banner", name: "Summer", position: "top" }],
  n => ["Gift Wrapped", { paper: "red", ribbons: n, note: null, options: { card: true, texts: ["für", "dich"], sizes: [1, 2.5, [3]] }, "odd key": -0.125 }],
];

// One day of a shop in small: each kind of call once, tracks between them.
const kinds = ["identify", "track", "track", "page", "track", "track", "track", "group", "track", "track", "screen", "track", "track", "track", "page", "track", "alias", "track", "identify", "track"];

/** Event number i of a run. What an SDK has no call for is a track. Every event has an anonymous id of its own. */
export function event(run, i, calls) {
  const type = calls.includes(kinds[i % kinds.length]) ? kinds[i % kinds.length] : "track";
  const known = type === "identify" || type === "group" || type === "alias" || i % 7 !== 3;
  const call = { type, anonymousId: `${run}-a${i}` };
  if (known) call.userId = `${run}-u${i % 50}`;
  // Every other event happened a while ago, to the millisecond.
  if (i % 2 === 0) call.timestamp = new Date(Date.now() - i * 3_723_457);
  if (type !== "alias") call.context = { ip: `192.0.2.${i % 256}`, userAgent: "Mozilla/5.0 (X11)", locale: "de-DE", timezone: "Europe/Berlin", device: { id: `d${i}`, sizes: [1, 2.5] }, campaign: { name: "spring", source: "newsletter", medium: "email", term: "tea" } };
  if (type === "track") {
    [call.event, call.properties] = structuredClone(tracks[i % tracks.length](i));
    call.context.page = { url: `https://shop.example/?n=${i}`, referrer: "https://search.example/" };
  }
  if (type === "identify") call.traits = { email: `u${i}.${run}@shop.example`, firstName: "Zoë", age: 20 + (i % 60), vip: i % 3 === 0, address: { city: "Köln", lines: ["Weg 1", null] }, n: i };
  if (type === "page") Object.assign(call, { name: `Page ${i}`, category: "Docs", properties: { url: `https://shop.example/page/${i}`, referrer: "https://search.example/", title: "Ein Titel", path: `/page/${i}`, ...more(i) } });
  if (type === "screen") Object.assign(call, { name: `Screen ${i}`, category: "App", properties: { title: "Start", ...more(i) } });
  if (type === "group") Object.assign(call, { groupId: `g${i % 5}`, traits: { plan: "gold", seats: i } });
  if (type === "alias") call.previousId = `${run}-old${i}`;
  return call;
}

const say = line => process.stdout.write(JSON.stringify(line) + "\n");
/** The SDK says that this event arrived. */
export const arrived = call => say({ arrived: call });
/** The SDK says that a call failed. */
export const failed = error => say({ failed: String(error?.message ?? error) });

export const pause = millis => new Promise(resolve => setTimeout(resolve, millis));

/** host, key, run, count, pace (milliseconds between every 20 events), resend (the caller sends again what failed). */
export const wanted = JSON.parse(process.argv[2]);
export const paced = i => (wanted.pace > 0 && i % 20 === 19 ? pause(wanted.pace) : undefined);
