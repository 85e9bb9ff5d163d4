// Streams with a fault in them: for each [URL, patience] of a list, a thread of "greeter" and a resumable stream of its run.
// Prints one JSON line for each, what happened in order: "anew" (asked with another POST), "again" (taken up with a
// GET, once or more), each part's node or event, the status or the name of an error, or "waits" where nothing came for
// so many milliseconds (0: no matter how long).
//   node --input-type=module - '[["http://…", 0], …]' < ../faults.mjs
import { get } from "node:http";
import { Client } from "@langchain/langgraph-sdk";

const later = globalThis.setTimeout;
// The SDK's own pauses between attempts are seconds; the longest time for which nobody is accepted here is 100 ms.
globalThis.setTimeout = (call, delay, ...rest) => later(call, Math.min(delay ?? 0, 250), ...rest);
const pause = (delay) => new Promise((resolve) => later(resolve, delay));

const happened = async (apiUrl, patience) => {
  const told = [];
  let asked = 0;
  const noted = (url, init) => {
    const [method, path] = [init?.method ?? "GET", new URL(url).pathname];
    if (method === "POST" && path.endsWith("/runs/stream") && (asked += 1) > 1) told.push("anew");
    if (method === "GET" && path.endsWith("/stream") && told.at(-1) !== "again") told.push("again");
    return fetch(url, init);
  };
  const client = new Client({ apiUrl, callerOptions: { fetch: noted } });
  const { thread_id: threadId } = await client.threads.create();
  const given = { input: {}, streamMode: "updates", streamResumable: true };
  const silence = () => (patience ? [pause(patience).then(() => ({ waits: true }))] : []);
  try {
    const stream = client.runs.stream(threadId, "greeter", given);
    while (true) {
      const { done, value, waits } = await Promise.race([stream.next(), ...silence()]);
      if (waits) told.push("waits");
      if (done || waits) return told;
      told.push(value.event === "updates" ? Object.keys(value.data)[0] : value.event);
    }
  } catch (error) {
    return [...told, String(error.status ?? error.name)];
  }
};

// On a connection of its own: those that stand are answered even while no other is accepted.
const answers = (url) =>
  new Promise((resolve) => get(`${url}/ok`, { agent: false }, (answer) => resolve(answer.resume())).on("error", () => resolve()));

for (const [url, patience] of JSON.parse(process.argv[2])) {
  const told = await happened(url, patience);
  process.stdout.write(JSON.stringify(told) + "\n");
  while (!(await answers(url))) await pause(10);
}
process.stdout.write("", () => process.exit());
