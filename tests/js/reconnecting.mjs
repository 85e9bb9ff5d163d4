// Streams whose connection breaks in the middle: JOINED and STREAMED are the same server as URL, behind a proxy that
// cuts the first connection once READ/joined or READ/streamed was asked for, which happens after the second part.
// Prints one JSON line for each, in this order: {joined: parts}, {streamed: parts}, {repeated: parts}; a part is
// [event, data, id].
//   node --input-type=module - URL JOINED STREAMED READ < ../reconnecting.mjs
import { Client } from "@langchain/langgraph-sdk";

const [url, joinedUrl, streamedUrl, read] = process.argv.slice(2);
const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const client = new Client({ apiUrl: url });
const given = { input: { kind: "paced" }, streamMode: ["custom", "updates"], streamResumable: true };
const parts = async (stream, name) => {
  const found = [];
  for await (const part of stream) {
    found.push([part.event, part.data, part.id]);
    if (name && found.length === 2) await fetch(`${read}/${name}`);
  }
  return found;
};

const { thread_id: threadId } = await client.threads.create();
const { run_id: runId } = await client.runs.create(threadId, "work", given);
const far = new Client({ apiUrl: joinedUrl });
const joined = await parts(far.runs.joinStream(threadId, runId, { lastEventId: "-1" }), "joined");
tell({ joined });

const { thread_id: other } = await client.threads.create();
const farther = new Client({ apiUrl: streamedUrl });
tell({ streamed: await parts(farther.runs.stream(other, "work", given), "streamed") });

const lastEventId = joined[1][2];
tell({ repeated: await parts(client.runs.joinStream(threadId, runId, { lastEventId })) });
