// The viewer of scans: zoom, whole page or full width, turning, moving by dragging or by the arrow
// keys, pages, and the way from a value to where it was read. Everything else on the page works
// without this file. Nothing here moves by itself, so there is no motion to reduce.

const STEPS = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6];
const CLOSE = 2.5;
const KEPT = "handslag-scan";

const scans = [...document.querySelectorAll("[data-scan]")];
const region = scans[0]?.closest(".scans");
const between = (low, value, high) => Math.min(high, Math.max(low, value));

// How it was looked at is kept for the next document of this tab: the same form, most often.
const kept = (() => {
  try { return JSON.parse(sessionStorage.getItem(KEPT)) ?? {}; } catch { return {}; }
})();
const keep = (changes) => {
  Object.assign(kept, changes);
  try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* private */ }
};

const turns = new Map(scans.map((scan) => [scan, 0]));
let zoom = 1;
let whole = false;

for (const scan of scans) {
  const page = scan.querySelector(".scan-page");
  const image = page.querySelector("img");
  const sheet = document.createElement("div");
  sheet.className = "scan-sheet";
  sheet.append(...page.childNodes);
  page.append(sheet);
  page.style.setProperty("--wide", image.getAttribute("width"));
  page.style.setProperty("--high", image.getAttribute("height"));
  scan.tabIndex = 0;
  scan.setAttribute("role", "group");
  scan.setAttribute("aria-label", `${image.alt.split(" av ")[0]}, flytta bilden med piltangenterna`);
}

// --- Size --------------------------------------------------------------------------------------

const size = document.createElement("output");
size.setAttribute("aria-live", "polite");

function ratio(scan) {
  const page = scan.querySelector(".scan-page").style;
  const [wide, high] = [page.getPropertyValue("--wide"), page.getPropertyValue("--high")].map(Number);
  return turns.get(scan) % 2 ? wide / high : high / wide;
}

/** The zoom at which a whole page can be seen at once. */
function wholeZoom() {
  const scan = current();
  const room = innerHeight - Math.max(0, tools.offsetHeight) - 48;
  return between(0.25, room / (scan.clientWidth * ratio(scan)), 1);
}

/** Set the zoom; what lies under `at` (in the window) stays there. */
function setZoom(wanted, { at, isWhole = false } = {}) {
  const before = zoom;
  whole = isWhole;
  zoom = between(STEPS[0], wanted, STEPS.at(-1));
  for (const scan of scans) {
    const box = scan.getBoundingClientRect();
    const inside = at && at.scan === scan;
    const x = inside ? at.x - box.left : scan.clientWidth / 2;
    const y = inside ? at.y - box.top : Math.min(scan.clientHeight, innerHeight) / 2;
    const [left, top] = [scan.scrollLeft + x, scan.scrollTop + y];
    scan.style.setProperty("--zoom", zoom);
    scan.classList.toggle("close", zoom > 1);
    scan.scrollLeft = (left * zoom) / before - x;
    scan.scrollTop = (top * zoom) / before - y;
  }
  size.textContent = `${Math.round(zoom * 100)} %`;
  keep({ zoom, whole });
}

const larger = (at) => setZoom(STEPS.find((step) => step > zoom + 0.01) ?? zoom, { at });
const smaller = (at) => setZoom(STEPS.findLast((step) => step < zoom - 0.01) ?? zoom, { at });

// --- Turning and pages -------------------------------------------------------------------------

/** The page that is looked at: the one with the focus, else the first that can be seen. */
function current() {
  const held = document.activeElement?.closest?.("[data-scan]");
  if (held) return held;
  const top = region ? Math.max(0, region.getBoundingClientRect().top) : 0;
  return scans.find((scan) => scan.getBoundingClientRect().bottom > top + 120) ?? scans[0];
}

function turn() {
  const scan = current();
  turns.set(scan, (turns.get(scan) + 1) % 4);
  scan.querySelector(".scan-page").dataset.turn = turns.get(scan);
  if (whole) setZoom(wholeZoom(), { isWhole: true });
}

function show(scan) {
  (scan.closest(".scan-figure") ?? scan).scrollIntoView({ block: "start", behavior: "instant" });
  scan.focus({ preventScroll: true });
  mark();
}

const step = (change) => {
  const next = scans[scans.indexOf(current()) + change];
  if (next) show(next);
};

// --- The tools ---------------------------------------------------------------------------------

const tools = document.createElement("div");
tools.className = "scan-tools";
tools.setAttribute("role", "toolbar");
tools.setAttribute("aria-label", "Bilden");

function tool(text, name, key, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  if (name !== text) button.setAttribute("aria-label", name);
  button.dataset.key = key;
  button.title = `${name} (${key.toUpperCase()})`;
  button.addEventListener("click", () => action());
  tools.append(button);
  return button;
}

tool("−", "Förminska", "-", smaller);
tool("+", "Förstora", "+", larger);
tools.append(size);
tool("Full bredd", "Full bredd", "0", () => setZoom(1));
tool("Hela sidan", "Hela sidan", "w", () => setZoom(wholeZoom(), { isWhole: true }));
tool("Vrid", "Vrid sidan ett kvarts varv", "x", turn);

const pages = document.createElement("div");
pages.className = "scan-pages";
const jumps = new Map();
if (scans.length > 1) {
  tool("↑", "Föregående sida", ",", () => step(-1));
  tool("↓", "Nästa sida", ".", () => step(1));
  pages.setAttribute("role", "group");
  pages.setAttribute("aria-label", "Sidor");
  for (const scan of scans) {
    const image = scan.querySelector("img");
    const button = document.createElement("button");
    button.type = "button";
    const small = document.createElement("img");
    small.src = image.getAttribute("src");
    small.alt = image.alt.split(" av ")[0];
    small.loading = "lazy";
    small.width = 44;
    small.height = Math.round((44 * image.height) / image.width) || 62;
    button.append(small);
    button.addEventListener("click", () => show(scan));
    pages.append(button);
    jumps.set(scan, button);
  }
}

function mark() {
  const now = current();
  for (const [scan, button] of jumps) {
    if (scan === now) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

// --- Moving ------------------------------------------------------------------------------------

for (const scan of scans) {
  let from = null;
  scan.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, left: scan.scrollLeft, top: scan.scrollTop };
    from.region = region?.scrollTop;
    scan.setPointerCapture(event.pointerId);
    scan.classList.add("held");
  });
  scan.addEventListener("pointermove", (event) => {
    if (!from) return;
    scan.scrollLeft = from.left + from.x - event.clientX;
    const high = scan.scrollHeight > scan.clientHeight;
    // Where all of the page is in the box, the box itself is moved.
    if (high) scan.scrollTop = from.top + from.y - event.clientY;
    else if (region) region.scrollTop = from.region + from.y - event.clientY;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    scan.addEventListener(end, () => { from = null; scan.classList.remove("held"); });
  }
  scan.addEventListener("dragstart", (event) => event.preventDefault());
  scan.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const at = { scan, x: event.clientX, y: event.clientY };
    setZoom(zoom * Math.exp(-event.deltaY / 400), { at });
  }, { passive: false });
  scan.addEventListener("dblclick", (event) => {
    setZoom(zoom < CLOSE ? CLOSE : 1, { at: { scan, x: event.clientX, y: event.clientY } });
  });
  scan.addEventListener("scroll", () => {
    keep({
      across: scan.scrollLeft / Math.max(1, scan.scrollWidth),
      down: scan.scrollTop / Math.max(1, scan.scrollHeight),
    });
  }, { passive: true });
}
region?.addEventListener("scroll", mark, { passive: true });

// --- From a value to where it was read ---------------------------------------------------------

function goTo(area) {
  const scan = area.closest("[data-scan]");
  if (!scan) return;
  const share = area.getBoundingClientRect().width / (scan.clientWidth * zoom);
  setZoom(between(1.5, 0.6 / Math.max(share, 0.01), 4));
  scan.scrollIntoView({ block: "nearest", behavior: "instant" });
  const [place, box] = [area.getBoundingClientRect(), scan.getBoundingClientRect()];
  scan.scrollLeft += place.left + place.width / 2 - box.left - scan.clientWidth / 2;
  scan.scrollTop += place.top + place.height / 2 - box.top - scan.clientHeight / 2;
  for (const other of document.querySelectorAll(".evidence.lit")) other.classList.remove("lit");
  area.classList.add("lit");
}

for (const value of document.querySelectorAll("[data-evidence]")) {
  const area = document.getElementById(value.dataset.evidence);
  if (!area) continue;
  const light = (on) => () => area.classList.toggle("lit", on);
  for (const [event, on] of [["pointerenter", true], ["pointerleave", false],
    ["focusin", true], ["focusout", false]]) {
    value.addEventListener(event, light(on));
  }
  value.addEventListener("dblclick", () => goTo(area));
  value.querySelector(`a[href="#${CSS.escape(area.id)}"]`)?.addEventListener("click", () => {
    setTimeout(() => goTo(area));
  });
}

if (scans.length) {
  (scans[0].closest(".scan-figure") ?? scans[0]).before(tools, ...(jumps.size ? [pages] : []));
  setZoom(kept.zoom ?? 1, {});
  if (kept.whole) setZoom(wholeZoom(), { isWhole: true });
  const { across = 0, down = 0 } = kept;
  if (zoom > 1) {
    scans[0].scrollLeft = across * scans[0].scrollWidth;
    scans[0].scrollTop = down * scans[0].scrollHeight;
  }
  mark();
}
