// The WebSocket to the server: messages are handled one after another, in the order in which they came.

export function createConnection(handle, lost) {
  const address = new URL("live", document.baseURI);
  address.protocol = "ws:";
  const socket = new WebSocket(address);
  let turn = Promise.resolve();
  socket.addEventListener("message", (event) => {
    turn = turn.then(() => handle(JSON.parse(event.data)));
  });
  socket.addEventListener("close", lost);
  return { send: (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)) };
}

// Ask for an answer in JSON; an error has the server's sentence.
export async function ask(address) {
  const response = await fetch(address);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}
