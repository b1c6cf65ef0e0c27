// Zoom on a scan, and the lighting up of where a value was read. Everything else on the page
// works without this file.

const STEPS = [1, 1.5, 2, 3, 4];

for (const scan of document.querySelectorAll("[data-scan]")) {
  const tools = document.createElement("div");
  tools.className = "scan-tools";
  let step = 0;
  const show = document.createElement("output");
  const apply = (change) => {
    step = Math.min(STEPS.length - 1, Math.max(0, step + change));
    scan.style.setProperty("--zoom", STEPS[step]);
    show.textContent = `${STEPS[step] * 100} %`;
  };
  for (const [label, title, change] of [["−", "Förminska", -1], ["+", "Förstora", 1]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.setAttribute("aria-label", title);
    button.addEventListener("click", () => apply(change));
    tools.append(button);
  }
  tools.append(show);
  apply(0);
  scan.before(tools);
}

for (const value of document.querySelectorAll("[data-evidence]")) {
  const area = document.getElementById(value.dataset.evidence);
  if (!area) continue;
  const light = (on) => () => area.classList.toggle("lit", on);
  for (const [event, on] of [["pointerenter", true], ["pointerleave", false],
    ["focusin", true], ["focusout", false]]) {
    value.addEventListener(event, light(on));
  }
}
