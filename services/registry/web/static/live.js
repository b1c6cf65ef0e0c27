// What others do shows as it happens, and nothing that one reads moves: numbers change where they
// stand, and all else is told in a bar that lies above the page. All of it works without this file.

const main = document.querySelector("main[data-newest]");
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 300000;
const REFRESH_MS = 5000;

const rows = [...document.querySelectorAll("[data-item]")];
const address = () => {
  const asked = new URLSearchParams({ efter: main.dataset.newest });
  if (rows.length) asked.set("visar", rows.map((row) => row.dataset.item).join(","));
  return `/handelser?${asked}`;
};
const number = new Intl.NumberFormat("sv-SE");
const titled = document.title;

// --- The bar -----------------------------------------------------------------------------------

const bar = document.createElement("div");
bar.className = "live";
const said = document.createElement("p");
said.setAttribute("role", "status");
said.setAttribute("aria-live", "polite");
said.setAttribute("aria-label", "Nytt på sidan");
const show = document.createElement("a");
show.className = "button";
show.textContent = "Visa";
const hide = document.createElement("button");
hide.type = "button";
hide.textContent = "Dölj";
bar.append(said, show, hide);
bar.hidden = true;
let hidden = "";
hide.addEventListener("click", () => { hidden = said.textContent; bar.hidden = true; main.focus(); });

function tell(text, target) {
  if (text !== said.textContent) said.textContent = text;
  if (target) show.href = target;
  show.hidden = !target;
  bar.hidden = !text || text === hidden;
  document.documentElement.classList.toggle("told", !bar.hidden);
}

// --- What is told ------------------------------------------------------------------------------

const handlings = (count) => (count === 1 ? "1 ny handling" : `${number.format(count)} nya handlingar`);

function count(counts) {
  for (const place of document.querySelectorAll("[data-count]")) {
    if (place.dataset.count in counts) {
      place.textContent = number.format(counts[place.dataset.count]);
    }
  }
}

function note(row, text) {
  let mark = row.querySelector(".overtaken");
  if (!mark && !text) return;
  if (!mark) {
    mark = document.createElement("span");
    mark.className = "overtaken";
    row.append(mark);
  }
  mark.textContent = text;
  mark.hidden = !text;
}

function queue({ new: fresh, items }) {
  let handled = 0;
  for (const row of rows) {
    const now = items[row.dataset.item];
    if (!now) continue;
    if (!now.open) handled += 1;
    const taken = now.claimed_by !== row.dataset.claimed ? now.claimed_by : "";
    note(row, now.open ? (taken && `Tagen av ${taken}`) : "Hanterad");
  }
  const parts = [];
  if (fresh) parts.push(handlings(fresh));
  if (handled) parts.push(handled === 1 ? "1 har hanterats" : `${number.format(handled)} har hanterats`);
  tell(parts.join(", "), fresh ? `/ej-kopplade?nya=${main.dataset.newest}` : location.href);
}

function item(row, now) {
  if (!now) return;
  const { item: id, claimed, revision, open, me } = row.dataset;
  const changed = Number(revision) !== now.revision || (open === "ja") !== now.open;
  if (changed && !now.open && now.resolved_by) {
    tell(`${now.resolved_by === me ? "Du" : now.resolved_by} har hanterat den här`, location.href);
  } else if (changed) {
    tell("Den här har ändrats", location.href);
  } else if (now.open && now.claimed_by !== claimed && now.claimed_by && now.claimed_by !== me) {
    tell(`${now.claimed_by} hanterar den här nu`, location.href);
  } else if (now.open && claimed && claimed !== me && !now.claimed_by) {
    tell(`${claimed} har släppt den här`, location.href);
  } else {
    tell("");
  }
}

// --- Figures that stand in the page are fetched with it, and put where they stood --------------

let refreshed = 0;
let due = 0;
function refresh() {
  if (due || !document.querySelector("[data-refresh]")) return;
  const wait = Math.max(0, refreshed + REFRESH_MS - Date.now()) + Math.random() * 500;
  due = setTimeout(async () => {
    due = 0;
    refreshed = Date.now();
    let text = "";
    try {
      const answer = await fetch(location.href, { headers: { "Handslag-By-Itself": "1" }, redirect: "error" });
      if (!answer.ok) return;
      text = await answer.text();
    } catch {
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const place of document.querySelectorAll("[data-refresh]")) {
      const other = fresh.querySelector(`[data-refresh="${CSS.escape(place.dataset.refresh)}"]`);
      if (other && !place.contains(document.activeElement)) {
        place.replaceChildren(...document.adoptNode(other).childNodes);
      }
    }
  }, wait);
}

// --- The connection ----------------------------------------------------------------------------

let source = null;
let waiting = 0;
let wait = FIRST_WAIT_MS;
let seen = "";

function open() {
  clearTimeout(waiting);
  if (source) return;
  source = new EventSource(address());
  source.addEventListener("message", (event) => {
    wait = FIRST_WAIT_MS;
    document.documentElement.dataset.live = "open";
    const now = JSON.parse(event.data);
    count(now.counts);
    if ("new" in now) {
      document.title = now.new ? `(${number.format(now.new)}) ${titled}` : titled;
      if (main.querySelector("[data-listed]")) queue(now);
      else if (rows.length) item(rows[0], now.items[rows[0].dataset.item]);
    }
    if (seen && seen !== event.lastEventId) refresh();
    seen = event.lastEventId;
  });
  source.addEventListener("utloggad", () => {
    close();
    tell("Du är inte längre inloggad", location.href);
  });
  // Too many pages of one person: this one goes on when somebody looks at it again.
  source.addEventListener("slut", () => { close(); if (!document.hidden) later(); });
  source.addEventListener("error", () => { close(); later(); });
}

function close() {
  clearTimeout(waiting);
  source?.close();
  source = null;
  document.documentElement.dataset.live = "closed";
}

function later() {
  waiting = setTimeout(open, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

if (main) {
  main.prepend(bar);
  // Not while the page is still being fetched; and a page that is left can be come back to at once.
  addEventListener("load", () => setTimeout(open, 300));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  addEventListener("online", () => { wait = FIRST_WAIT_MS; if (!source) open(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !source) open(); });
}
