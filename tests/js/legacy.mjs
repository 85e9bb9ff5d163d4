// useStream of @langchain/langgraph-sdk: plays the chats of chats.mjs and prints what `played` tells, a JSON document.
//   node --input-type=module - URL < ../legacy.mjs     (in the folder of a version)
import { useStream } from "@langchain/langgraph-sdk/react";
import { played } from "../chats.mjs";
import { mounted } from "../mounted.mjs";

const [apiUrl] = process.argv.slice(2);
const message = ({ type, content, tool_calls }) => ({ type, content, ...(tool_calls?.length && { tool_calls }) });
const seen = ({ messages, values, isLoading, isThreadLoading, interrupt, error }) => ({
  messages: messages.map(message),
  decision: values.decision,
  isLoading: isLoading || isThreadLoading,
  interrupt: interrupt?.value,
  error: error && String(error),
});
const said = (content) => ({ messages: [{ type: "human", content }] });

const told = await played((threadId, { rejoining = false } = {}) => {
  let id = threadId;
  const onThreadId = (created) => (id = created);
  const options = { apiUrl, assistantId: "chat", onThreadId, fetchStateHistory: true, reconnectOnMount: rejoining };
  // Even `threadId: undefined` would say that the page, not the hook, keeps the id.
  const page = mounted(useStream, threadId ? { ...options, threadId } : options, seen);
  const ready = async () => (await page.until((view) => !view.isLoading)) && page.now();
  return {
    ...page,
    get client() {
      return page.now().client;
    },
    threadId: () => id,
    submit: async (text) => (await ready()).submit(said(text)),
    answer: (value) => page.now().submit(null, { command: { resume: value } }),
    stop: () => page.now().stop(),
    edit: async (text) => {
      const { messages, getMessagesMetadata, submit } = page.now();
      const question = messages.findLast(({ type }) => type === "human");
      const checkpoint = getMessagesMetadata(question).firstSeenState.parent_checkpoint;
      await submit(said(text), { checkpoint });
    },
  };
});
process.stdout.write(JSON.stringify(told) + "\n", () => process.exit());
