// Streams of the newer protocol whose connections drop: plays one talk on each of the LINES (a JSON array of URLs, each
// a way to the same server), some at a time, over SSE or WebSocket, and prints one JSON line for each, in order.
// KIND `thread`: client.threads.stream(); its line is {events, interrupts}. KIND `page`: useStream; its line is
// {waits, last: views, shown: the texts of the first answer, each once}.
//   node --input-type=module - KIND TRANSPORT TEXT LINES < ../drops.mjs     (in the folder react)
import { useStream } from "@langchain/react";
import { Client } from "@langchain/langgraph-sdk";
import { mounted } from "../mounted.mjs";
import { paused, so } from "../chats.mjs";

const [kind, transport, text, lines] = process.argv.slice(2);
const channels = ["values", "updates", "messages", "tools", "lifecycle", "input", "checkpoints", "tasks", "custom"];
const AT_A_TIME = 8;
const quick = { transport, reconnectDelayMs: () => 5, webSocketFactory: (address) => new WebSocket(address) };
const input = { messages: [{ type: "human", content: text, id: "asked-1" }] };

// A command that is asked over a WebSocket while that breaks is refused by the client: it is asked again.
const asked = async (command) => {
  for (;;) {
    try {
      return await command();
    } catch (error) {
      if (!/WebSocket/.test(error)) throw error;
      await paused(10);
    }
  }
};

const stands = ({ method, params }) => (method === "lifecycle" && !params.namespace.length ? params.data.event : "");
const inThread = async (apiUrl) => {
  const client = new Client({ apiUrl });
  const thread = client.threads.stream({ assistantId: "travel", ...quick });
  const events = [];
  // Copies: the client makes message objects of what it has told.
  thread.onEvent((event) => events.push(structuredClone(event)));
  await thread.subscribe({ channels });
  await asked(() => thread.run.start({ input }));
  const over = () => ["completed", "failed"].includes(stands(events.at(-1)));
  await so(() => events.length > 1 && (over() || stands(events.at(-2)) === "interrupted"));
  const interrupts = [...thread.interrupts];
  if (interrupts.length) {
    const [{ interruptId, namespace }] = interrupts;
    await asked(() => thread.input.respond({ interrupt_id: interruptId, namespace, response: "yes" }));
    await so(over);
  }
  await thread.close();
  return { threadId: thread.threadId, events, interrupts };
};

const message = ({ type, content, tool_calls }) => ({ type, content, ...(tool_calls?.length && { tool_calls }) });
const seen = ({ messages, values, isLoading, interrupt, error, toolCalls }) => ({
  messages: messages.map(message),
  notes: values.notes,
  decision: values.decision,
  isLoading,
  interrupt: interrupt?.value,
  toolCalls: toolCalls.map(({ name, callId, args, output, status }) => ({ name, callId, args, output, status })),
  error: error && String(error),
});
const inPage = async (apiUrl) => {
  const page = mounted(useStream, { apiUrl, assistantId: "travel", ...quick }, seen);
  await page.until((view) => !view.isLoading);
  page.now().submit(input);
  // What says how a run ended may come before what it said, once both are told again.
  const says = (message, text) => message?.content[0]?.text === text;
  const over = ({ error, messages, isLoading }) =>
    !isLoading && says(messages[1], "Let me look.") && (error || says(messages[3], "All booked."));
  const waits = await page.until((view) => over(view) || (view.interrupt && !view.isLoading && view.notes?.length));
  if (waits.interrupt) {
    await page.now().respond("yes");
    await page.until(over);
  }
  const [last, texts] = [page.views.at(-1), page.views.map(({ messages }) => messages[1]?.content?.[0]?.text)];
  page.unmount();
  return { waits, last, shown: texts.filter((each, place) => each && each !== texts[place - 1]) };
};

const talk = { thread: inThread, page: inPage }[kind];
const todo = JSON.parse(lines).entries();
const found = [];
const talkOn = async () => {
  for (const [place, url] of todo) {
    try {
      found[place] = await talk(url);
    } catch (error) {
      found[place] = { failed: String(error.stack) };
    }
  }
};
await Promise.all(Array.from({ length: AT_A_TIME }, talkOn));
process.stdout.write(found.map((each) => JSON.stringify(each) + "\n").join(""), () => process.exit());
