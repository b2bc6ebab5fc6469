// Asks for the page again each second and puts its newest state in the place of the old one.
// The server has escaped everything; nothing is made of text here.
const wait = 1000;
const last = (root) => Number(root.querySelector("main")?.dataset.last ?? 0);

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const seen = last(document);
  if (last(page) === seen && page.querySelectorAll("tbody tr").length === document.querySelectorAll("tbody tr").length) return;
  for (const row of page.querySelectorAll("tbody tr")) row.classList.toggle("fresh", Number(row.dataset.number) > seen);
  const focused = document.activeElement?.getAttribute("href");
  document.querySelector("main").replaceWith(page.querySelector("main"));
  if (focused) document.querySelector(`main a[href="${CSS.escape(focused)}"]`)?.focus();
}

async function live() {
  await refresh().catch(() => {});
  setTimeout(live, wait);
}
setTimeout(live, wait);
