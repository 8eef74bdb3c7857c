// CodeMirror's client on one side, the server in its worker on the other.
export function transport(worker) {
  const handlers = new Set();
  worker.addEventListener("message", ({ data }) => {
    if (data.text !== undefined) for (const handler of [...handlers]) handler(data.text);
  });
  return {
    send: (text) => worker.postMessage(text),
    subscribe: (handler) => handlers.add(handler),
    unsubscribe: (handler) => handlers.delete(handler),
  };
}
