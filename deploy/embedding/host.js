// What a page does to hold a board: it opens the frame with a token, and answers when the frame asks for another.
const frame = document.getElementById('board');
const state = document.getElementById('state');

async function ask() {
  const response = await fetch('/token', { cache: 'no-store' });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

let dashboard = null;
window.addEventListener('message', async event => {
  // Only the frame, and only where the board was opened.
  if (event.source !== frame.contentWindow || event.origin !== dashboard) return;
  if (event.data.type === 'omni:renew') {
    try {
      const { token } = await ask();
      frame.contentWindow.postMessage({ type: 'omni:token', token }, dashboard);
    } catch (error) {
      state.textContent = `No new token: ${error.message}`;
    }
  }
  // With ?fit=content the frame says how high it wants to be.
  if (event.data.type === 'omni:height') frame.style.height = `${event.data.height}px`;
});

try {
  const { url } = await ask();
  dashboard = new URL(url).origin;
  frame.src = url;
} catch (error) {
  state.textContent = `The board was not opened: ${error.message}`;
}
