// LangGraph's how-to on stateless runs: its JavaScript code as it stands there, after a preamble that defines its
// names, then the wait call. Prints JSON lines. To be fed to node in the folder of a version, which holds the
// package:  node --input-type=module - URL < ../stateless.mjs
import { Client } from "@langchain/langgraph-sdk";

const client = new Client({ apiUrl: process.argv[2] });
const assistants = await client.assistants.search({ graphId: "agent" });
const assistantId = assistants.find(({ config }) => !config || Object.keys(config).length === 0).assistant_id;
console.log = (value) => process.stdout.write(JSON.stringify(value) + "\n");

let input = {
  messages: [
    { role: "user", content: "Hello! My name is Bagatur and I am 26 years old." }
  ]
};
const streamResponse = client.runs.stream(
  // Don't pass in a thread_id and the stream will be stateless
  null,
  assistantId,
  {
    input,
    streamMode: "updates"
  }
);
for await (const chunk of streamResponse) {
  if (chunk.data && !("run_id" in chunk.data)) {
    console.log(chunk.data);
  }
}

console.log(await client.runs.wait(null, assistantId, { input }));
