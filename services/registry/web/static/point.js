// Pointing at a blank's fields with mouse or keyboard, and looking again while the reader works.
// It only fills in the form beside the picture, which works without this file.

const SIDES = ["vanster", "topp", "bredd", "hojd"];
const LEAST = 0.5;
// What is asked by itself must not keep a log-in alive.
const BY_ITSELF = { "Handslag-By-Itself": "1", Accept: "application/json" };
const NS = "http://www.w3.org/2000/svg";
const waiting = document.querySelector("[data-waiting]");
const surface = document.querySelector("[data-point]");

if (waiting) {
  const look = async () => {
    try {
      const answer = await fetch(waiting.dataset.waiting, { headers: BY_ITSELF });
      if (!answer.ok) return location.reload();
      const { revision } = await answer.json();
      if (String(revision) !== waiting.dataset.revision) return location.reload();
    } catch { /* the network is away: the next look may do better */ }
    setTimeout(look, 1500);
  };
  setTimeout(look, 700);
  if (!waiting.querySelector("[role=alert]")) setTimeout(() => location.reload(), 22_000);
}

if (surface) {
  const form = document.querySelector("[data-point-form]");
  const [field, place] = [form.elements.falt, form.elements.plats];
  const inputs = SIDES.map((name) => form.elements[name]);
  const svg = surface.querySelector("svg");
  const [, , pageWide, pageHigh] = svg.getAttribute("viewBox").split(" ").map(Number);
  const frame = document.createElementNS(NS, "rect");
  frame.setAttribute("class", "frame-of-field");
  svg.append(frame);

  const handle = document.createElement("button");
  handle.type = "button";
  handle.className = "point-handle";
  handle.setAttribute("aria-describedby", "peka-hjalp");
  surface.append(handle);
  for (const help of document.querySelectorAll("[data-scripted]")) {
    help.hidden = false;
    help.id = "peka-hjalp";
  }

  const number = (text) => Number(text.trim().replace(",", "."));
  const shown = (value) => String(Math.round(value * 10) / 10).replace(".", ",");
  const read = () => {
    const area = inputs.map((input) => (input.value.trim() ? number(input.value) : NaN));
    return area.every(Number.isFinite) ? area : null;
  };
  const within = ([left, top, wide, high]) => {
    const w = Math.min(Math.max(wide, LEAST), pageWide), h = Math.min(Math.max(high, LEAST), pageHigh);
    return [Math.min(Math.max(left, 0), pageWide - w), Math.min(Math.max(top, 0), pageHigh - h), w, h];
  };
  const draw = () => {
    const area = read();
    frame.toggleAttribute("hidden", !area);
    const [left, top, wide, high] = area ?? [pageWide / 2 - 5, 10, 10, 10];
    ["x", "y", "width", "height"].forEach((name, at) => frame.setAttribute(name, [left, top, wide, high][at]));
    handle.style.setProperty("left", `${(left / pageWide) * 100}%`);
    handle.style.setProperty("top", `${(top / pageHigh) * 100}%`);
    handle.style.setProperty("width", `${(wide / pageWide) * 100}%`);
    handle.style.setProperty("height", `${(high / pageHigh) * 100}%`);
    const where = area ? `${shown(left)}, ${shown(top)} mm, ${shown(wide)} × ${shown(high)} mm` : "ingen plats vald";
    handle.setAttribute("aria-label", `${field.selectedOptions[0].text}: ${where}`);
  };
  const put = (area) => {
    within(area).forEach((side, at) => { inputs[at].value = shown(side); });
    place.value = "";
    draw();
  };
  const choose = (key) => {
    const option = [...place.options].find((one) => one.value === key);
    if (!option || !key) return draw();
    const room = field.value.startsWith("signature") ? option.dataset.tall : option.dataset.area;
    room.split(" ").forEach((side, at) => { inputs[at].value = shown(Number(side)); });
    place.value = key;
    for (const one of svg.querySelectorAll(".place")) one.classList.toggle("chosen", one.dataset.place === key);
    draw();
    frame.scrollIntoView({ block: "nearest" });
  };

  place.addEventListener("change", () => choose(place.value));
  field.addEventListener("change", () => choose(place.value));
  for (const input of inputs) input.addEventListener("input", () => { place.value = ""; draw(); });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  handle.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); form.requestSubmit(); return; }
    const way = ARROWS[event.key];
    if (!way || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const step = event.altKey ? 0.1 : 1;
    const [left, top, wide, high] = read() ?? [pageWide / 2 - 5, 10, 10, 10];
    const [x, y] = way.map((side) => side * step);
    put(event.shiftKey ? [left, top, wide + x, high + y] : [left + x, top + y, wide, high]);
  });

  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * pageWide, ((event.clientY - box.top) / box.height) * pageHigh];
  };
  let start = null;
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    event.preventDefault();
    surface.setPointerCapture(event.pointerId);
    start = at(event);
  });
  surface.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = at(event);
    if (Math.hypot(x - start[0], y - start[1]) < 1.5) return;
    put([Math.min(x, start[0]), Math.min(y, start[1]), Math.abs(x - start[0]), Math.abs(y - start[1])]);
  });
  surface.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [x, y] = at(event);
    const moved = Math.hypot(x - start[0], y - start[1]) >= 1.5;
    start = null;
    if (!moved) click(x, y);
    handle.focus({ preventScroll: true });
  });
  surface.addEventListener("click", (event) => {
    if (event.pointerType === "touch") click(...at(event));
  });

  // The smallest place under the pointer, with a margin: boxes are small.
  function click(x, y) {
    const under = [...svg.querySelectorAll(".place")].filter((one) => {
      const [left, top, wide, high] = ["x", "y", "width", "height"].map((name) => Number(one.getAttribute(name)));
      return x >= left - 1 && x <= left + wide + 1 && y >= top - 1 && y <= top + high + 1;
    });
    under.sort((one, other) => one.getAttribute("width") * one.getAttribute("height") - other.getAttribute("width") * other.getAttribute("height"));
    if (under.length) choose(under[0].dataset.place);
  }
  draw();
}
