/* Time that can be played, stopped and turned back: one bar of controls for whatever is a function of time.
 *
 * `paint(t)` draws the moment t, from 0 to the length; between two whole numbers something is on its way. Under "reduced
 * motion" only whole numbers are painted. Left out: sound, and films that begin again by themselves.
 */

const GLIDE = 120; // milliseconds for one action that was asked for by hand
const SPEEDS = { "½×": 0.5, "1×": 1, "2×": 2, "4×": 4 };

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Call `act` once, when most of the element is in the window; returns what to call to give up. */
function whenSeen(element, act) {
  const watcher = new IntersectionObserver(
    (seen) => seen.some((one) => one.isIntersecting) && (watcher.disconnect(), act()), { threshold: 0.6 });
  watcher.observe(element);
  return () => watcher.disconnect();
}

const ICONS = { // in a square of 16 pixels
  play: "M3 1.5L14 8L3 14.5Z", pause: "M3 2H6.5V14H3ZM9.5 2H13V14H9.5Z",
  // Bare angles: a triangle against a bar would be the sign for going to the end.
  on: "M5 3.5L7 1.5L13.5 8L7 14.5L5 12.5L9.5 8Z", back: "M11 3.5L9 1.5L2.5 8L9 14.5L11 12.5L6.5 8Z",
};

function iconButton(icon, name, key, act, more = "") {
  const shape = html("span", { "aria-hidden": "true" });
  const button = html("button", { type: "button", class: "rlc-button rlc-icon", title: `${name}${more} (${key})`, "aria-label": name, ...keepKeys }, shape);
  const look = (one) => (shape.style.clipPath = `path("${ICONS[one]}")`);
  look(icon);
  button.addEventListener("click", act);
  return Object.assign(button, { look });
}

/** The bar's parts. `unit` is what is counted, such as "action". */
function drawBar(unit, { toggle, step }) {
  const play = iconButton("play", "play", "space", toggle);
  const back = iconButton("back", "one step back", "comma", () => step(-1), `: one ${unit}`);
  const on = iconButton("on", "one step on", "full stop", () => step(1), `: one ${unit}`);
  const scrub = html("input", { type: "range", min: 0, max: 0, step: 1, value: 0, class: "rlc-scrub", "aria-label": `moment, in ${unit}s`, ...keepKeys });
  const speed = html("select", { class: "rlc-speed", "aria-label": "speed", title: "speed", ...keepKeys },
    ...Object.keys(SPEEDS).map((name) => html("option", name === "1×" ? { selected: "" } : {}, name)));
  const trail = html("input", { type: "checkbox", checked: "", ...keepKeys });
  const label = html("label", { class: "rlc-traillabel" }, trail, "trail");
  const bar = html("div", { class: "rlc-player", role: "group", "aria-label": "Replay" }, back, play, on, scrub, speed, label);
  return { bar, play, back, on, scrub, speed, trail, label };
}

/**
 * A player. `rate` is how many units pass in a second; `paint(t, trail, playing)` draws a moment.
 * `playing` is for screen readers, who need not hear of every moment that passes.
 */
function player({ rate, unit, paint, hasTrail = true }) {
  let [time, length, playing, glide, last, ticket] = [0, 0, false, null, 0, 0];
  const parts = drawBar(unit, { toggle, step });
  if (!hasTrail) parts.label.remove();

  function repaint() {
    const shown = reducedMotion() ? Math.floor(time) : time;
    paint(shown, parts.trail.checked, playing);
    const [whole, act] = [Math.floor(time), playing ? "pause" : "play"];
    if (parts.play.getAttribute("aria-label") !== act) {
      parts.play.setAttribute("aria-label", act);
      parts.play.title = `${act} (space)`;
      parts.play.look(act);
    }
    parts.scrub.value = whole;
    parts.scrub.setAttribute("aria-valuetext", `${whole} of ${length} ${unit}s`);
  }

  function tick(now) {
    ticket = 0;
    if (playing) {
      time = Math.min(length, time + (Math.max(now - last, 0) / 1000) * rate * SPEEDS[parts.speed.value]);
      if (time === length) playing = false;
    } else if (glide) {
      const u = Math.min(Math.max(now - glide.start, 0) / GLIDE, 1);
      time = u === 1 ? glide.to : glide.from + (1 - (1 - u) ** 2) * (glide.to - glide.from);
      if (u === 1) glide = null;
    }
    last = now;
    repaint();
    go();
  }

  function go() {
    if ((playing || glide) && !ticket) ticket = requestAnimationFrame(tick);
  }

  function moveTo(t) { // at once
    [playing, glide, time] = [false, null, Math.max(0, Math.min(length, t))];
    repaint();
  }

  function glideTo(t, from = time) {
    if (reducedMotion()) return moveTo(t);
    [playing, time] = [false, t > from ? from + 0.01 : from]; // a unit that is under way counts, from its first frame on
    glide = { from: time, to: t, start: performance.now() }; // the next frame may claim an earlier time than now
    repaint();
    go();
  }

  function play() {
    if (!length) return;
    if (time >= length) time = 0;
    [playing, glide, last] = [true, null, performance.now()];
    repaint();
    go();
  }

  function toggle() {
    if (playing) moveTo(Math.floor(time));
    else play();
  }

  function step(by) {
    const now = glide ? glide.to : by > 0 ? Math.floor(time) : Math.ceil(time);
    glideTo(Math.max(0, Math.min(length, now + by)));
  }

  function setLength(n) {
    length = n;
    parts.scrub.max = n;
    for (const part of [parts.play, parts.back, parts.on, parts.scrub]) part.disabled = n === 0;
    time = Math.min(time, n);
  }

  /** The last unit has just been added: show it. */
  function follow(n) {
    const added = n > length;
    setLength(n);
    if (added) glideTo(n, Math.max(time, n - 1));
    else moveTo(n);
  }

  /** Keys of the player; true when the event was one. */
  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    const [busy, scrubbing] = [event.target.closest("button, select, [type=checkbox]"), event.target === parts.scrub];
    const keys = { ".": () => step(1), ",": () => step(-1) };
    if (!busy) keys[" "] = toggle;
    if (!busy && !scrubbing) Object.assign(keys, { Home: () => moveTo(0), End: () => moveTo(length) });
    if (!(event.key in keys)) return false;
    keys[event.key]();
    return true;
  }

  parts.scrub.addEventListener("input", () => moveTo(Number(parts.scrub.value)));
  parts.trail.addEventListener("change", repaint);
  setLength(0);
  return {
    bar: parts.bar, scrub: parts.scrub, play, toggle, step, press, setLength, follow, moveTo, repaint,
    time: () => time,
    atEnd: () => time >= length || (glide !== null && glide.to === length),
    end: () => cancelAnimationFrame(ticket),
  };
}
