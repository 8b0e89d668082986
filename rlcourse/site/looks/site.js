/* What the frame of a page does: sets mathematics, searches, opens the contents on a phone, turns the light. */

const byId = (name) => document.getElementById(name);

/* Mathematics. */
for (const place of document.querySelectorAll(".rlc-math")) {
  const displayMode = place.classList.contains("rlc-display");
  katex.render(place.textContent, place, { displayMode, throwOnError: false, strict: false });
}

/* What scrolls sideways can be scrolled by the keyboard, and nothing else stops the Tab key. */
function reachWhatScrolls() {
  for (const box of document.querySelectorAll("main :is(pre, .rlc-wide, .rlc-display, .jp-OutputArea-output, .jp-OutputArea-output > div)")) {
    box.tabIndex = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible" ? 0 : -1;
    if (box.tabIndex < 0) box.removeAttribute("tabindex");
  }
}
window.addEventListener("load", reachWhatScrolls);
window.addEventListener("resize", reachWhatScrolls);
document.addEventListener("toggle", reachWhatScrolls, true);

/* Light and contents. */
document.querySelector(".rlc-light").addEventListener("click", () => window.rlcTurnLight());
const menu = document.querySelector(".rlc-menu");
const contents = byId("contents");
function showContents(open) {
  menu.setAttribute("aria-expanded", String(open));
  contents.classList.toggle("rlc-open", open);
}
menu.addEventListener("click", () => showContents(menu.getAttribute("aria-expanded") !== "true"));
contents.addEventListener("click", (event) => event.target.closest("a") && showContents(false));

/* Search: the sections are loaded when somebody wants to search. */
const box = byId("search");
const found = byId("found");
const here = document.currentScript.src.replace(/[^/]*$/, "");
const MOST = 12;
let index = null;

function loadScript(name) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: here + name, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

/** Where require.js draws widgets, a script that could be a module of it becomes one, and gives no global name. */
async function loadMiniSearch() {
  if (window.requirejs) return new Promise((resolve, reject) => requirejs([`${here}minisearch.js`], resolve, reject));
  await loadScript("minisearch.js");
  return window.MiniSearch;
}

function load() {
  index ??= Promise.all([loadMiniSearch(), loadScript("sections.js")]).then(([MiniSearch]) => {
    const made = new MiniSearch({
      fields: ["heading", "text"],
      searchOptions: { boost: { heading: 3 }, prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : false), combineWith: "AND" },
    });
    made.addAll(window.rlcSections);
    return made;
  });
  return index;
}

/** A piece of the text around the first of the words that were found. */
function excerpt(text, words) {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0);
  const start = Math.max(0, (places.length ? Math.min(...places) : 0) - 60);
  return `${start ? "… " : ""}${text.slice(start, start + 160)}${start + 160 < text.length ? " …" : ""}`;
}

function result({ id, terms }) {
  const { page, title, anchor, heading, text } = window.rlcSections[id];
  const link = Object.assign(document.createElement("a"), { href: `${page}#${anchor}` });
  const part = (tag, words) => Object.assign(document.createElement(tag), { textContent: words });
  link.append(part("b", heading), part("i", title), part("span", excerpt(text, terms)));
  return link;
}

async function search() {
  const asked = box.value.trim();
  const results = asked.length > 1 ? (await load()).search(asked) : [];
  if (asked !== box.value.trim()) return; // somebody went on typing
  const words = results.length === 1 ? "One section found." : `${results.length} sections found.`;
  byId("counted").textContent = asked.length > 1 ? words : "";
  const nothing = Object.assign(document.createElement("p"), { textContent: `Nothing found for “${asked}”.` });
  found.replaceChildren(...(results.length ? results.slice(0, MOST).map(result) : [nothing]));
  found.hidden = asked.length < 2;
}

function walk(event) {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "Escape") {
    found.hidden = true;
    box.focus();
  } else if (event.key === "ArrowDown" && links.length) {
    (links[at + 1] ?? links[0]).focus();
  } else if (event.key === "ArrowUp" && at >= 0) {
    (links[at - 1] ?? box).focus();
  } else if (event.key === "Enter" && document.activeElement === box && links.length) {
    links[0].click();
  } else {
    return;
  }
  event.preventDefault();
}

box.addEventListener("focus", load);
box.addEventListener("input", search);
box.parentElement.addEventListener("keydown", walk);
found.addEventListener("click", (event) => event.target.closest("a") && (found.hidden = true));
document.addEventListener("click", (event) => !box.parentElement.contains(event.target) && (found.hidden = true));
document.addEventListener("keydown", (event) => {
  const busy = event.target.closest("input, textarea, select, [contenteditable], [tabindex='0']");
  if (event.key === "/" && !busy && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    box.focus();
  }
});
