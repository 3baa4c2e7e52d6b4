// The playground "writer": a character model writes as you watch. Lesson 05 trains one like it.
(() => {
  "use strict";
  const DATA = window.COURSE_WRITER, UNITS = DATA.units, CHARACTERS = [...DATA.characters], SIZE = CHARACTERS.length;
  const IDS = new Map(CHARACTERS.map((character, id) => [character, id]));

  // ---- the model: a GRU with reset_after=True, as Keras has it, and a layer that turns its state into logits

  const unpack = base64 => new Float32Array(Uint8Array.from(atob(base64), letter => letter.charCodeAt(0)).buffer);
  const INPUTS = unpack(DATA.inputs); // (characters, 3 units): embedding times kernel, plus the bias
  const RECURRENT = unpack(DATA.recurrent), RECURRENT_BIAS = unpack(DATA.recurrentBias); // (units, 3 units)
  const DENSE = unpack(DATA.dense), DENSE_BIAS = unpack(DATA.denseBias); // (units, characters)

  const sigmoid = number => 1 / (1 + Math.exp(-number));

  /** x W + b for a row x of floats. */
  function affine(x, W, bias) {
    const sums = Float32Array.from(bias), width = sums.length;
    for (let input = 0, at = 0; input < x.length; input++) {
      for (let column = 0; column < width; column++, at++) sums[column] += x[input] * W[at];
    }
    return sums;
  }

  /** Read one character: the old state in, the new state out. The three parts are update gate, reset gate, candidate. */
  function step(id, state) {
    const fromX = INPUTS.subarray(id * 3 * UNITS, (id + 1) * 3 * UNITS);
    const fromState = affine(state, RECURRENT, RECURRENT_BIAS), next = new Float32Array(UNITS);
    for (let unit = 0, r = UNITS, c = 2 * UNITS; unit < UNITS; unit++, r++, c++) {
      const update = sigmoid(fromX[unit] + fromState[unit]), reset = sigmoid(fromX[r] + fromState[r]);
      const candidate = Math.tanh(fromX[c] + reset * fromState[c]);
      next[unit] = update * state[unit] + (1 - update) * candidate;
    }
    return next;
  }

  const emptyState = () => new Float32Array(UNITS);
  const expected = state => affine(state, DENSE, DENSE_BIAS);

  /** Ids of a text. Characters that the play doesn't contain are left out. */
  const encode = text => [...text].filter(character => IDS.has(character)).map(character => IDS.get(character));

  /** Read a text from an empty state; return the state and the logits of the next character. */
  function read(text) {
    const state = encode(text).reduce((before, id) => step(id, before), emptyState());
    return { state, logits: expected(state) };
  }

  // ---- from logits to a choice: as course_utils.sampling, temperature first, then top-k, then top-p

  function softmax(logits) {
    const largest = Math.max(...logits), powers = Float32Array.from(logits, logit => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map(power => power / sum);
  }

  function withTemperature(logits, temperature) {
    const largest = Math.max(...logits);
    return Float32Array.from(logits, logit => Math.fround(logit - largest) / Math.fround(temperature));
  }

  /** Ids from the largest logit down. Of equals the first one comes first. */
  const falling = logits => [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);

  /** Keep the first few ids of an order; the others become impossible. */
  function keep(logits, order, count) {
    const kept = new Float32Array(logits.length).fill(-Infinity);
    order.slice(0, count).forEach(id => { kept[id] = logits[id]; });
    return kept;
  }

  const topK = (logits, k) => keep(logits, falling(logits), k);

  /** Keep the fewest ids, from the likeliest down, whose probabilities reach p. */
  function topP(logits, p) {
    if (p >= 1) return logits;
    const order = falling(logits), probabilities = softmax(logits);
    let sum = 0, count = 0; // rounded to float32 at every step, as in the library
    for (const id of order) {
      sum = Math.fround(sum + probabilities[id]);
      count += Math.fround(sum - probabilities[id]) < Math.fround(p); // the probability of everything likelier
    }
    return keep(logits, order, Math.max(count, 1));
  }

  const filter = (logits, { temperature, k, p }) => topP(topK(withTemperature(logits, temperature), k), p);

  /** Random numbers from 0 up to 1, the same ones for the same seed: mulberry32, public domain. */
  function randomNumbers(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6d2b79f5) >>> 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  /** Walk along the probabilities until a random number from 0 to 1 is used up. */
  function draw(probabilities, number) {
    let last = 0;
    for (let id = 0; id < probabilities.length; id++) {
      if (probabilities[id] === 0) continue;
      if ((number -= probabilities[id]) < 0) return id;
      last = id;
    }
    return last;
  }

  /** Continue a text without a page to show it on. */
  function write(start, length, settings, seed) {
    const random = randomNumbers(seed);
    let { state, logits } = read(start), text = "";
    while (text.length < length) {
      const id = draw(softmax(filter(logits, settings)), random());
      text += CHARACTERS[id];
      state = step(id, state);
      logits = expected(state);
    }
    return text;
  }

  window.course_writer = { encode, read, softmax, withTemperature, topK, topP, filter, randomNumbers, draw, write };

  // ---- the page

  const root = document.getElementById("writer");
  if (!root) return;

  const LONGEST = 4000, SHOWN = 12;
  const VISIBLE = { "\n": "↵", " ": "␣" };
  const visible = character => VISIBLE[character] ?? character;
  const minus = number => String(number).replace("-", "−");
  const telling = Object.entries(DATA.telling).map(([fact, [unit, correlation]]) =>
    `<option value="${unit}">unit ${unit}, goes with the ${fact} (correlation ${minus(correlation.toFixed(2))})</option>`);
  const others = Array.from({ length: UNITS }, (_, unit) => `<option value="${unit}">unit ${unit}</option>`);

  const slider = (name, label, least, most, stride, value) => `<div class="writer-field">
    <label for="writer-${name}">${label}</label><output for="writer-${name}" id="writer-${name}-value"></output>
    <input type="range" id="writer-${name}" min="${least}" max="${most}" step="${stride}" value="${value}"></div>`;

  root.insertAdjacentHTML("afterbegin", `<style>
    #writer { margin: 1rem 0; --writer-edge: var(--pst-color-border, #767676); }
    #writer .writer-row { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0 0 .9rem; }
    #writer .writer-field { flex: 1 1 11rem; min-width: 0; display: grid; grid-template-columns: auto 1fr; column-gap: .6rem; }
    #writer .writer-field > :is(input, select, textarea) { grid-column: 1 / -1; width: 100%; }
    #writer output { text-align: right; font-variant-numeric: tabular-nums; }
    #writer :is(button, select, textarea, input[type=number]) { font: inherit; color: inherit; padding: .35rem .6rem;
      background: var(--pst-color-surface, Canvas); border: 1px solid currentColor; border-radius: .3rem; box-sizing: border-box; }
    #writer textarea { font-family: monospace; resize: vertical; }
    #writer input[type=range] { accent-color: #00805D; height: 1.9rem; margin: 0; }
    [data-theme=dark] #writer input[type=range] { accent-color: #5CC4A1; }
    #writer button { cursor: pointer; min-height: 2.4rem; }
    #writer button.writer-main { background: #5CC4A1; color: #14181c; border-color: #14181c; font-weight: 600; }
    #writer :is(button, select, textarea, input, pre):focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
    #writer .writer-panels { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
    @media (min-width: 700px) { #writer .writer-panels { grid-template-columns: minmax(0, 1fr) 15rem; } }
    #writer h3 { font-size: 1rem; margin: 0 0 .4rem; }
    #writer pre { height: 22rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: .7rem;
      font-size: .95rem; line-height: 1.5; color: inherit; background: var(--pst-color-surface, Canvas);
      border: 1px solid var(--writer-edge); border-radius: .3rem; box-sizing: border-box; }
    #writer pre .given { background: #F3C95F; color: #14181c; }
    #writer pre.colored span { color: #14181c; }
    #writer pre.colored .break::before { content: "↵"; } /* a line break has no width that could show a color */
    #writer pre.colored .given { font-weight: 700; text-decoration: underline; }
    #writer .writer-bar { display: grid; grid-template-columns: 1.6rem 1fr 3.6rem; align-items: center; height: 1.6rem; }
    #writer .writer-bar b { font-family: monospace; text-align: center; }
    #writer .writer-bar i { display: block; height: 1.05rem; min-width: 1px; background: #5CC4A1; }
    #writer .writer-bar.cut i { background: repeating-linear-gradient(135deg, #9AA0A6 0 4px, #767C82 4px 6px); }
    #writer .writer-bar.cut b { font-weight: 400; }
    #writer .writer-bar small { text-align: right; font-size: .9rem; font-variant-numeric: tabular-nums; }
    #writer .writer-note { margin: .5rem 0 0; font-size: .9rem; min-height: 1.4em; }
    #writer .writer-scale { display: inline-block; padding: 0 .5rem; color: #14181c;
      background: linear-gradient(to right, #E69F00, #F4F4F4, #56B4E9); }
  </style>
  <div class="writer-row" style="align-items: start">
    <div class="writer-field"><label for="writer-start">Start text</label><textarea id="writer-start" rows="2" spellcheck="false">First Boatman:\n</textarea></div>
    <div class="writer-field" style="flex: 0 1 8rem"><label for="writer-seed">Seed</label><input type="number" id="writer-seed" min="0" max="999999" step="1" value="1"></div>
    <div class="writer-field" style="flex: 0 1 14rem"><label for="writer-speed">Characters per second</label><select id="writer-speed">
      <option>5</option><option selected>25</option><option>100</option><option value="Infinity">as fast as possible</option></select></div>
  </div>
  <div class="writer-row">
    ${slider("temperature", "Temperature", 0.1, 2, 0.05, 0.7)}
    ${slider("k", "Top-k", 1, SIZE, 1, SIZE)}
    ${slider("p", "Top-p", 0.05, 1, 0.05, 1)}
  </div>
  <div class="writer-row">
    <button type="button" id="writer-write" class="writer-main">Write</button>
    <button type="button" id="writer-stop">Stop</button>
    <button type="button" id="writer-one">One character</button>
    <button type="button" id="writer-again">Start again</button>
    <div class="writer-field"><label for="writer-unit">Color by unit</label><select id="writer-unit"><option value="">no color</option>
      <optgroup label="Units that follow something">${telling.join("")}</optgroup><optgroup label="All units">${others.join("")}</optgroup></select></div>
  </div>
  <div class="writer-panels">
    <div><h3 id="writer-text-title">The text</h3>
      <pre id="writer-text" tabindex="0" role="region" aria-labelledby="writer-text-title"></pre>
      <p class="writer-note" id="writer-legend"></p></div>
    <div><h3>What comes next?</h3><div id="writer-bars" role="img"></div><p class="writer-note" id="writer-left"></p></div>
  </div>
  <p class="writer-note" id="writer-status" aria-live="polite"></p>
  <p class="writer-note">On the last tenth of the play, which it has never seen, this model pays ${DATA.nats.toFixed(2)} nats per character.
    A model that knows nothing would pay ln ${SIZE} = ${Math.log(SIZE).toFixed(2)}.</p>`);

  const part = name => document.getElementById(`writer-${name}`);
  const page = part("text"), bars = part("bars");
  bars.innerHTML = `<div class="writer-bar"><b></b><i></i><small></small></div>`.repeat(SHOWN);

  let written, state, logits, random; // written: the characters with the state after each
  let timer = 0, running = false, owed = 0, earlier = 0;

  const settings = () => ({ temperature: Number(part("temperature").value), k: Number(part("k").value), p: Number(part("p").value) });
  const percent = share => share < 0.0005 ? "<0.1%" : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
  const say = text => { part("status").textContent = text; };

  /** Orange is low, blue is high, as in the lesson's figures. */
  function ground(value) {
    const end = value < 0 ? [230, 159, 0] : [86, 180, 233], share = Math.min(1, Math.abs(value));
    return `rgb(${end.map(channel => Math.round(244 + share * (channel - 244))).join(" ")})`;
  }

  function paint({ span, after }) {
    const unit = part("unit").value;
    span.style.background = unit === "" ? "" : ground(after[unit]);
  }

  function add(id, given) {
    state = step(id, state);
    logits = expected(state);
    const span = document.createElement("span");
    span.classList.toggle("given", given);
    span.classList.toggle("break", CHARACTERS[id] === "\n");
    span.textContent = CHARACTERS[id];
    page.append(span);
    written.push({ span, after: state });
    paint(written.at(-1));
  }

  const addOne = () => add(draw(softmax(filter(logits, settings())), random()), false);

  function showBars() {
    const likely = softmax(withTemperature(logits, settings().temperature)), left = filter(logits, settings());
    const order = falling(likely), kept = order.filter(id => left[id] > -Infinity);
    order.slice(0, SHOWN).forEach((id, row) => {
      const bar = bars.children[row], [name, length, number] = bar.children;
      bar.classList.toggle("cut", left[id] === -Infinity);
      name.textContent = visible(CHARACTERS[id]);
      length.style.width = `${100 * likely[id]}%`;
      number.textContent = percent(likely[id]);
    });
    const sum = kept.reduce((total, id) => total + likely[id], 0);
    let verdict = `The filters leave ${kept.length} of ${SIZE} characters, with ${percent(sum)} of the probability.`;
    if (kept.length === SIZE) verdict = "The filters leave all characters.";
    if (kept.length === 1) verdict = `The filters leave 1 of ${SIZE} characters, so it is sure to come.`;
    part("left").textContent = `The ${SHOWN} likeliest characters at this temperature. ${verdict}`;
    if (!running) {
      const spoken = id => `${{ "\n": "line break", " ": "space" }[CHARACTERS[id]] ?? CHARACTERS[id]} ${percent(likely[id])}`;
      bars.setAttribute("aria-label", `Probabilities of the next character: ${order.slice(0, 5).map(spoken).join(", ")}. ` +
        `The filters leave ${kept.length} of ${SIZE} characters.`);
    }
  }

  function showSettings() {
    const { temperature, k, p } = settings();
    part("temperature-value").textContent = temperature.toFixed(2);
    part("k-value").textContent = k === SIZE ? "all" : k;
    part("p-value").textContent = p.toFixed(2);
    part("k").setAttribute("aria-valuetext", k === SIZE ? `all ${SIZE} characters` : `${k} characters`);
    showBars();
  }

  function showColors() {
    const unit = part("unit").value;
    page.classList.toggle("colored", unit !== "");
    written.forEach(paint);
    part("legend").innerHTML = unit === ""
      ? "The start text is yellow."
      : `Unit ${unit} after each character: <span class="writer-scale">−1 &nbsp; 0 &nbsp; 1</span> The start text is underlined.`;
  }

  const count = () => written.filter(({ span }) => !span.classList.contains("given")).length;

  function stop(message = "Stopped") {
    cancelAnimationFrame(timer);
    running = false;
    showBars();
    say(`${message} after ${count()} characters.`);
  }

  /** Write what the speed allows since the last picture on the screen. */
  function tick(now) {
    const speed = Number(part("speed").value);
    if (speed === Infinity) {
      const until = performance.now() + 8; // milliseconds; the rest of a picture's time is for the screen
      do addOne(); while (performance.now() < until && written.length < LONGEST);
    } else {
      owed = Math.min(owed + (now - earlier) * speed / 1000, speed);
      for (; owed >= 1 && written.length < LONGEST; owed--) addOne();
    }
    earlier = now;
    showBars();
    page.scrollTop = page.scrollHeight;
    if (written.length >= LONGEST) return stop("The page is full");
    timer = requestAnimationFrame(tick);
  }

  function run() {
    if (running) return;
    if (written.length >= LONGEST) return say("The page is full. Press Start again.");
    [running, owed, earlier] = [true, 1, performance.now()];
    say("Writing.");
    timer = requestAnimationFrame(tick);
  }

  /** Empty the page and the state, and read the start text. */
  function begin() {
    const start = part("start").value || "\n", foreign = new Set([...start].filter(character => !IDS.has(character)));
    cancelAnimationFrame(timer);
    running = false;
    page.replaceChildren();
    [written, state, random] = [[], emptyState(), randomNumbers(Math.floor(Number(part("seed").value)))];
    logits = expected(state);
    encode(start).slice(0, LONGEST / 2).forEach(id => add(id, true));
    showSettings();
    showColors();
    const notes = [];
    if (foreign.size) notes.push(`Left out of the start text, because the play doesn't contain it: ${[...foreign].join(" ")}`);
    if (!part("start").value) notes.push("Without a start text, the model starts after a line break.");
    say(notes.join(" "));
  }

  part("write").addEventListener("click", run);
  part("stop").addEventListener("click", () => { if (running) stop(); });
  part("one").addEventListener("click", () => {
    if (running) stop();
    if (written.length >= LONGEST) return say("The page is full. Press Start again.");
    addOne();
    showBars();
    page.scrollTop = page.scrollHeight;
    say(`Wrote ${{ "\n": "a line break", " ": "a space" }[page.lastChild.textContent] ?? page.lastChild.textContent}`);
  });
  part("again").addEventListener("click", () => { const before = running; begin(); if (before) run(); });
  ["start", "seed"].forEach(name => part(name).addEventListener("change", begin));
  ["temperature", "k", "p"].forEach(name => part(name).addEventListener("input", showSettings));
  part("unit").addEventListener("change", showColors);
  begin();
})();
