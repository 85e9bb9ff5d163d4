// A run that asks and is answered: waited for, streamed, and looked at in between; a thread's state and its fork.
// Prints one JSON line for each, in this order: {asked, status}, {answered}, {streamed: [[event, data], …]},
// {byId: [[event, data], …]}, {state}, {forked}, {refused: status}, {cancelled: status}.
//   node --input-type=module - URL < ../interrupts.mjs
import { Client } from "@langchain/langgraph-sdk";

const client = new Client({ apiUrl: process.argv[2] });
const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const input = { messages: [{ role: "user", content: "A refund, please." }] };
const parts = async (stream) => {
  const found = [];
  for await (const part of stream) found.push([part.event, part.data]);
  return found;
};

const { thread_id: waited } = await client.threads.create();
const asked = await client.runs.wait(waited, "refunds", { input });
const { status } = await client.threads.get(waited);
tell({ asked: asked.__interrupt__, status });
tell({ answered: await client.runs.wait(waited, "refunds", { command: { resume: "yes" } }) });

const { thread_id: streamed } = await client.threads.create();
const streamMode = ["updates"];
const first = await parts(client.runs.stream(streamed, "refunds", { input, streamMode }));
tell({ streamed: first });
const [{ id }] = first.at(-1)[1].__interrupt__;
const command = { resume: { [id]: "no" } };
tell({ byId: await parts(client.runs.stream(streamed, "refunds", { command, streamMode })) });

const { thread_id: walked } = await client.threads.create();
await client.runs.wait(walked, "steps", { input: { x: 1 }, interruptBefore: ["two"] });
await client.threads.updateState(walked, { values: { x: 7 } });
const state = await client.threads.getState(walked);
tell({ state: [state.values, state.next] });
const [, older] = await client.threads.getHistory(walked);
const forked = client.runs.wait(walked, "steps", { checkpointId: older.checkpoint.checkpoint_id });
tell({ forked: await forked });

const { thread_id: held } = await client.threads.create();
const { run_id: going } = await client.runs.create(held, "work", { input: { kind: "endless" } });
const reject = { input: { kind: "quick" }, multitaskStrategy: "reject" };
const refused = client.runs.create(held, "work", reject).then(() => null, (error) => error.status);
tell({ refused: await refused });
await client.runs.cancel(held, going, true);
tell({ cancelled: (await client.runs.get(held, going)).status });
