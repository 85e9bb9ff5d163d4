// What else people do with a client: a thread with a stream and a run in the background, and a run that fails.
// Prints one JSON line for each, in this order: {stream: [[event, data], …]}, {joined: values}, {rejected: text}.
//   node --input-type=module - URL GRAPH < ../threads.mjs
import { Client } from "@langchain/langgraph-sdk";

const [url, graph] = process.argv.slice(2);
const client = new Client({ apiUrl: url });
const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const said = (content) => ({ messages: [{ role: "user", content }] });

const { thread_id: threadId } = await client.threads.create();

const stream = [];
const streamMode = ["values", "messages-tuple"];
for await (const part of client.runs.stream(threadId, graph, { input: said("One red hat, please."), streamMode })) {
  stream.push([part.event, part.data]);
}
tell({ stream });

const run = await client.runs.create(threadId, graph, { input: said("Thank you!") });
tell({ joined: await client.runs.join(threadId, run.run_id) });

const failing = client.runs.wait(null, graph, { input: { mode: "broken" }, raiseError: true });
tell({ rejected: await failing.then(() => null, (error) => error.message) });
