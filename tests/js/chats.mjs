// What people do with a hook, one chat after the other on the graph `chat`. `played(open)` returns
// {<chat>: what was seen in it, or {failed: text}}. `open(threadId, {rejoining})` mounts the hook, as one that takes up
// a run that is going if it is told so, and returns what `mounted` does, with submit(text), answer(value), stop(),
// edit(text) (another text for the last question), threadId() and client, one of the SDK.

const settled = (messages) => (view) => !view.isLoading && view.messages.length === messages;
const answering = (view) => JSON.stringify(view.messages[1] ?? "").includes("one");
const asked = (view) => !view.isLoading && view.interrupt !== undefined;
// A hook may show an answered interrupt until it has looked at the thread's state again.
const answered = (view) => settled(3)(view) && view.interrupt === undefined;

export const paused = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What `fits` returns or resolves to, once that is something. */
export const so = async (fits) => {
  for (const started = Date.now(); Date.now() - started < 10_000; ) {
    const found = await fits();
    if (found) return found;
    await paused(20);
  }
  throw new Error(`never so: ${fits}`);
};

const chats = {
  async greeted(open) {
    const page = open();
    await page.until(() => true);
    await page.submit("Hello! My name is Bagatur.");
    const submitted = page.views.at(-1);
    await page.until(settled(2));
    const { status, metadata } = await page.client.threads.get(page.threadId());
    return { views: page.views, submitted, thread: { status, graph: metadata.graph_id } };
  },

  async counted(open) {
    const page = open();
    await page.submit("Count to four.");
    await page.until(settled(2));
    return { views: page.views };
  },

  async looked(open) {
    const page = open();
    await page.submit("What is the weather in Paris?");
    await page.until(settled(4));
    return { views: page.views };
  },

  async approved(open) {
    const page = open();
    await page.submit("A refund, please.");
    const waits = await page.until(asked);
    await page.answer("yes");
    return { waits, last: await page.until(answered) };
  },

  async approvedLater(open) {
    const first = open();
    await first.submit("A refund, please.");
    await first.until(asked);
    first.unmount();
    const second = open(first.threadId());
    const waits = await second.until((view) => asked(view) && settled(2)(view));
    await second.answer("no");
    return { waits, last: await second.until(answered) };
  },

  async reloaded(open) {
    const first = open();
    await first.submit("Hello! My name is Bagatur.");
    await first.until(settled(2));
    first.unmount();
    const second = open(first.threadId());
    const shown = await second.until(settled(2));
    await second.submit("What is the weather in Paris?");
    const fits = (view) => settled(6)(view) && JSON.stringify(view.messages[5]).includes("sunny.");
    return { shown, last: await second.until(fits) };
  },

  async rejoined(open) {
    const first = open(undefined, { rejoining: true });
    first.submit("Count to four.");
    await first.until(answering);
    first.unmount();
    const second = open(first.threadId(), { rejoining: true });
    await second.until((view) => settled(2)(view) && JSON.stringify(view.messages[1]).includes("four"));
    return { views: second.views };
  },

  async stopped(open) {
    const page = open();
    const submitted = page.submit("Count for ever.");
    await page.until(answering);
    await page.stop();
    await submitted;
    await page.until((view) => !view.isLoading);
    const status = await so(async () => {
      const [run] = await page.client.runs.list(page.threadId());
      return ["pending", "running"].includes(run.status) ? null : run.status;
    });
    const { values, next } = await page.client.threads.getState(page.threadId());
    return { views: page.views, status, kept: values.messages.length, next };
  },

  async failed(open) {
    const page = open();
    await page.submit("Fall over.");
    return { last: await page.until((view) => settled(2)(view) && view.error !== undefined) };
  },

  async edited(open) {
    const page = open();
    await page.submit("Hello! My name is Bagatur.");
    await page.until(settled(2));
    await page.submit("What is the weather in Paris?");
    await page.until(settled(6));
    await page.edit("Count to four.");
    const forked = await page.until(settled(4));
    page.unmount();
    const again = open(page.threadId());
    return { forked, shown: await again.until(settled(4)) };
  },
};

export const played = async (open) => {
  const told = {};
  for (const [name, chat] of Object.entries(chats)) {
    const pages = [];
    const opened = (...given) => {
      pages.push(open(...given));
      return pages.at(-1);
    };
    const found = await chat(opened).catch((error) => ({ failed: error.stack }));
    for (const page of pages) page.unmount();
    told[name] = found;
  }
  return told;
};
