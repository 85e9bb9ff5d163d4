// useStream of @langchain/react: plays the chats of chats.mjs over SSE or WebSocket and prints one JSON document,
// {chats: what `played` tells, sockets: how many were opened, reconnects: how often a stream was taken up again}.
//   node --input-type=module - URL TRANSPORT < ../react.mjs     (in the folder react)
import { useStream } from "@langchain/react";
import { paused, played, so } from "../chats.mjs";
import { mounted } from "../mounted.mjs";

const [apiUrl, transport] = process.argv.slice(2);
const message = ({ type, content, tool_calls }) => ({ type, content, ...(tool_calls?.length && { tool_calls }) });
const seen = ({ messages, values, isLoading, isThreadLoading, interrupt, error }) => ({
  messages: messages.map(message),
  decision: values.decision,
  isLoading: isLoading || isThreadLoading,
  interrupt: interrupt?.value,
  error: error && String(error),
});
const said = (content) => ({ messages: [{ type: "human", content }] });

let sockets = 0;
let reconnects = 0;
const watched = {
  webSocketFactory: (address) => {
    sockets += 1;
    return new WebSocket(address);
  },
  onReconnect: () => {
    reconnects += 1;
  },
};

const chats = await played((threadId) => {
  const page = mounted(useStream, { apiUrl, assistantId: "chat", transport, threadId, ...watched }, seen);
  const ready = async () => (await page.until((view) => !view.isLoading)) && page.now();
  return {
    ...page,
    get client() {
      return page.now().client;
    },
    threadId: () => page.now().threadId,
    submit: async (text) => (await ready()).submit(said(text)),
    answer: async (value) => {
      // The hook has no word for having heard all that a thread tells anew. Answered before, it refuses, or shows the
      // question for ever.
      await so(() => page.now().getThread()?.interrupts.length);
      await paused(200);
      await page.now().respond(value);
    },
    stop: () => page.now().stop(),
    edit: async (text) => {
      const { client, threadId, submit } = page.now();
      const history = await client.threads.getHistory(threadId);
      const asked = history.find(({ metadata, values }) => metadata.source === "input" && values.messages?.length);
      await submit(said(text), { forkFrom: asked.parent_checkpoint.checkpoint_id });
    },
  };
});
process.stdout.write(JSON.stringify({ chats, sockets, reconnects }) + "\n", () => process.exit());
