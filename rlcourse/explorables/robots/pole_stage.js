/* A cart on its track, and the pole on the cart, at any moment of an episode. */

const METRE = 68; // pixels, before the picture is scaled to the page
const POLE = 100; // pixels

function drawPole({ edge }) {
  const end = edge * METRE;
  const cart = svg("g", { class: "rlc-cart" },
    svg("rect", { x: -26, y: -22, width: 52, height: 22, rx: 3 }),
    svg("path", { d: `M0 0V${-POLE}`, class: "rlc-pole" }),
    svg("circle", { cy: -22, r: 5, class: "rlc-hinge" }));
  const [body, pole] = [cart, cart.querySelector(".rlc-pole")];
  const track = svg("path", { class: "rlc-track", d: `M${-end - 34} 0H${end + 34}M${-end} -12V7M${end} -12V7` });
  const picture = svg("svg", { viewBox: `${-end - 36} -140 ${2 * end + 72} 150`, role: "img" }, track, body);
  return { picture, body, pole };
}

/** An episode: `places` in metres, `tilts` in degrees, and which step each belongs to. */
function poleFilm(film, world) {
  const { picture, body, pole } = drawPole(world);

  function show(t) {
    const k = Math.ceil(t);
    const u = t === k ? 1 : t - (k - 1);
    const at = (values) => values[Math.max(k - 1, 0)] + u * (values[k] - values[Math.max(k - 1, 0)]);
    body.setAttribute("transform", `translate(${at(film.places) * METRE} 0)`);
    pole.setAttribute("transform", `translate(0 -22) rotate(${at(film.tilts)})`);
  }

  const words = (k) => `step ${film.steps[k]} · tilt ${film.words[k]}`;
  return { picture, length: film.steps.length - 1, show, words };
}
