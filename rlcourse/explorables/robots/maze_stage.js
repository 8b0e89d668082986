/* A maze, and the robot in it at any moment of a walk.
 *
 * A walk is data: `frames`, the row, column and heading before and after each action; and for each action whether it was
 * a bump, and what it paid. Time is a number: 3 is after three actions, 2.5 in the middle of the third. Whatever moves
 * is a function of that time, so that a walk can be played, stopped and turned back.
 */

const CELL = 40; // pixels, before the picture is scaled to the page
const LANE = 0.13; // how far the trail keeps to the right of the corridor's middle, so that there and back stay apart
const TAIL = 14; // actions that the bright end of the trail goes back
const AHEAD = [[0, -1], [1, 0], [0, 1], [-1, 0]]; // x and y of one move north, east, south, west
const ROBOT = "M14.5 0L-11 11L-5.5 0L-11 -11Z"; // looks east
const RAYS = 14;

const modulo = (a, n) => ((a % n) + n) % n;

/** The row, column and heading of a state. */
function frameOf(size, state) {
  const cell = Math.floor(state / 4);
  return [Math.floor(cell / size), cell % size, state % 4];
}

/** A number with two decimals, three where it has them, and a real minus sign. */
function format(value) {
  const thousandths = Math.round(value * 1000);
  return (thousandths / 1000).toFixed(thousandths % 10 ? 3 : 2).replace(/^-(?=0\.0+$)/, "").replace("-", "−");
}

const withSign = (value) => (value > 0 ? "+" : "") + format(value);

/* ---- what stands still ---------------------------------------------------------------------------------------- */

const cornerOf = ({ exit, size }) => `translate(${(exit % size) * CELL} ${Math.floor(exit / size) * CELL})`;

/** A burst of short rays around the exit. */
function drawBurst() {
  const rays = Array.from({ length: RAYS }, (_, i) => {
    const [x, y] = [Math.cos((2 * Math.PI * i) / RAYS), Math.sin((2 * Math.PI * i) / RAYS)];
    const far = i % 2 ? 30 : 36;
    return svg("path", { d: `M${25 * x} ${25 * y}L${far * x} ${far * y}`, class: `rlc-ray${i % 3}` });
  });
  return svg("g", { class: "rlc-burst" }, ...rays);
}

/** The exit's cell. The flag stands aside, so that a robot that has arrived hides neither it nor the word. */
function drawExit(world) {
  return svg("g", { transform: cornerOf(world), class: "rlc-exit" },
    svg("rect", { width: CELL, height: CELL }),
    svg("path", { d: "M6 24V4L17 8.5L8.4 13V24Z" }),
    svg("text", { x: CELL / 2, y: 36, "text-anchor": "middle" }, "exit"));
}

function drawMaze(world) {
  const side = world.size * CELL;
  const walls = world.walls.map((ends) => ends.map((end) => end * CELL));
  const parts = {
    exit: drawExit(world),
    trail: svg("polyline", { class: "rlc-trail" }),
    tail: svg("polyline", { class: "rlc-tail" }),
    hits: svg("path", { class: "rlc-hits" }),
    walls: svg("path", { d: walls.map(([a, b, c, d]) => `M${a} ${b}L${c} ${d}`).join(""), class: "rlc-walls" }),
    bump: svg("path", { d: `M${CELL / 2} -15V15`, class: "rlc-bump" }),
    robot: svg("g", { class: "rlc-robot" }, svg("path", { d: ROBOT })),
    paid: svg("text", { class: "rlc-paid", "text-anchor": "middle" }),
  };
  const burst = drawBurst();
  const around = svg("g", { transform: `${cornerOf(world)} translate(${CELL / 2} ${CELL / 2})` }, burst);
  const picture = svg("svg", { viewBox: `-3 -3 ${side + 6} ${side + 6}`, role: "img" }, ...Object.values(parts), around);
  return { picture, burst, ...parts };
}

/* ---- what moves ----------------------------------------------------------------------------------------------- */

/** The middle of the frame's cell; in the exit, where there is room beside the flag. Pixels, and how large the robot is. */
function spot(world, [row, column]) {
  const there = row * world.size + column === world.exit && column >= 0 && column < world.size;
  const middle = [(column + 0.5) * CELL, (row + 0.5) * CELL];
  return there ? [middle[0] + 7, middle[1] - 6, 0.62] : [...middle, 1];
}

/** Where the trail passes a cell, which keeps a little to the right of each of these headings. */
function lane([row, column], ...headings) {
  const sides = headings.map((heading) => AHEAD[modulo(heading, 4)]);
  const [x, y] = [0, 1].map((axis) => sides.reduce((sum, side) => sum + side[axis], 0));
  return [(column + 0.5 - LANE * y) * CELL, (row + 0.5 + LANE * x) * CELL];
}

/** The trail of a walk, a point for each frame. At a turn it is the corner where the lanes of both headings meet. */
function trailOf(frames) {
  const turned = (i) => i > 0 && i < frames.length && frames[i][2] !== frames[i - 1][2];
  const stayed = (i) => i > 0 && frames[i].every((value, axis) => value === frames[i - 1][axis]);
  const points = [];
  for (const [i, frame] of frames.entries()) {
    const other = turned(i) ? frames[i - 1] : turned(i + 1) ? frames[i + 1] : null;
    points.push(other ? lane(frame, frame[2], other[2]) : stayed(i) ? points[i - 1] : lane(frame, frame[2]));
  }
  return points;
}

const between = (from, to, u) => from.map((value, i) => value + u * (to[i] - value));

/** Where the robot is at time t, and how it stands: x, y, size, degrees (0 is east), and its trail so far. */
function pose(world, walk, t) {
  const k = Math.ceil(t); // the action under way, or the last one
  const [from, to] = [walk.frames[Math.max(k - 1, 0)], walk.frames[k]];
  const u = t === k ? 1 : t - (k - 1);
  let [x, y, size] = between(spot(world, from), spot(world, to), u);
  let degrees = 90 * (from[2] - 1 + u * (modulo(to[2] - from[2] + 2, 4) - 2));
  if (k > 0 && walk.bumps[k - 1] && u < 1) {
    const push = 6 * Math.sin(Math.PI * u); // into the wall and back, shaking
    x += push * AHEAD[modulo(to[2], 4)][0];
    y += push * AHEAD[modulo(to[2], 4)][1];
    degrees += 12 * Math.sin(6 * Math.PI * u) * (1 - u);
  }
  const there = trailOf(walk.frames.slice(0, k + 1));
  const past = u < 1 ? trailOf(walk.frames.slice(0, k)) : there.slice(0, k);
  return { k, x, y, size, degrees, trail: [...past, between(past[k - 1] ?? there[k], there[k], u)] };
}

/** A short stroke across each wall that was hit in the first k actions. */
function strokes(walk, k) {
  const walls = new Set();
  for (let i = 0; i < k; i++) {
    if (!walk.bumps[i]) continue;
    const [row, column, heading] = walk.frames[i];
    const [x, y] = AHEAD[modulo(heading, 4)];
    const middle = [(column + 0.5 + 0.5 * x) * CELL, (row + 0.5 + 0.5 * y) * CELL];
    walls.add(`M${middle[0] - 5 * y - 4 * x} ${middle[1] - 5 * x - 4 * y}L${middle[0] + 5 * y - 4 * x} ${middle[1] + 5 * x - 4 * y}`);
  }
  return [...walls].join("");
}

const pointsOf = (places) => places.map(([x, y]) => `${+x.toFixed(2)} ${+y.toFixed(2)}`).join(" ");

/** A maze to put on the page, and a function that shows it at a time of a walk, with or without the trail. */
function mazeStage(world) {
  const parts = drawMaze(world);
  let drawn = null; // the walk and the action that the marks of the past were drawn for

  function showPast(walk, k) {
    parts.hits.setAttribute("d", strokes(walk, k));
    const paid = k > 0 && (walk.bumps[k - 1] || walk.out(k)) ? withSign(walk.rewards[k - 1]) : "";
    parts.paid.textContent = paid;
    parts.bump.style.visibility = k > 0 && walk.bumps[k - 1] ? "visible" : "hidden";
    drawn = { walk, k };
  }

  function show(walk, time, trail) {
    const t = Math.min(time, walk.frames.length - 1);
    const { k, x, y, size, degrees, trail: past } = pose(world, walk, t);
    if (drawn?.walk !== walk || drawn.k !== k) showPast(walk, k);
    parts.robot.setAttribute("transform", `translate(${x} ${y}) rotate(${degrees}) scale(${size})`);
    const [row, column, heading] = walk.frames[Math.max(k - 1, 0)];
    parts.bump.setAttribute("transform", `translate(${(column + 0.5) * CELL} ${(row + 0.5) * CELL}) rotate(${90 * (heading - 1)})`);
    parts.paid.setAttribute("x", Math.min(Math.max(x, 26), world.size * CELL - 26));
    parts.paid.setAttribute("y", y + (walk.out(k) ? -38 : y < CELL ? 32 : -19)); // clear of the rays, and of a title
    parts.burst.classList.toggle("rlc-out", t === k && walk.out(k));
    parts.trail.setAttribute("points", trail ? pointsOf(past) : "");
    parts.tail.setAttribute("points", trail ? pointsOf(past.slice(-TAIL)) : "");
    parts.hits.style.visibility = trail ? "visible" : "hidden";
  }

  return { picture: parts.picture, show };
}
