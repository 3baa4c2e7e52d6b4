// The page on which a small translator reads dates and shows where it looks (goes with notebook 06).
(() => {
  "use strict";
  const DATA = window.COURSE_TRANSLATOR, UNITS = DATA.units, BOS = 1, EOS = 2;
  const SYMBOLS = DATA.tokens.length;
  const IDS = new Map(DATA.tokens.map((token, id) => [token, id]).slice(3)); // without [PAD], [BOS] and [EOS]

  // ---- the model, as in translator.py

  const unpack = base64 => new Float32Array(Uint8Array.from(atob(base64), letter => letter.charCodeAt(0)).buffer);
  const W = Object.fromEntries(Object.entries(DATA.weights).map(([name, list]) => [name, list.map(unpack)]));

  /** x · matrix + bias, for a matrix with one row per number of x; the bias may be left out. */
  function affine(x, matrix, columns, bias) {
    const sums = new Float64Array(columns);
    if (bias) sums.set(bias);
    for (let row = 0; row < x.length; row++)
      for (let column = 0; column < columns; column++) sums[column] += x[row] * matrix[row * columns + column];
    return Float32Array.from(sums);
  }

  const lookUp = (vectors, id) => vectors.subarray((id * vectors.length) / SYMBOLS, ((id + 1) * vectors.length) / SYMBOLS);
  const sigmoid = number => 1 / (1 + Math.exp(-number));

  /** One step of Keras' GRU with reset_after=True: gates in the order update z, reset r, candidate. */
  function gru(name, x, h) {
    const [kernel, recurrent, bias] = W[name], wide = 3 * UNITS;
    const fromX = affine(x, kernel, wide, bias.subarray(0, wide)), fromH = affine(h, recurrent, wide, bias.subarray(wide));
    return Float32Array.from(h, (old, unit) => {
      const z = sigmoid(fromX[unit] + fromH[unit]), r = sigmoid(fromX[UNITS + unit] + fromH[UNITS + unit]);
      const candidate = Math.tanh(fromX[2 * UNITS + unit] + r * fromH[2 * UNITS + unit]);
      return z * old + (1 - z) * candidate;
    });
  }

  function softmax(scores) {
    const most = Math.max(...scores), powers = Float32Array.from(scores, score => Math.exp(score - most));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map(power => power / sum);
  }

  /** The encoder: ids of the source to one output and one key per position, and the last state. */
  function encode(ids) {
    let state = new Float32Array(UNITS);
    const outputs = ids.map(id => (state = gru("encoder", lookUp(W.source_vectors[0], id), state)));
    return { outputs, keys: outputs.map(output => affine(output, W.to_key[0], UNITS)), state };
  }

  /** Additive attention: the weighted mean of the values, and the weights. */
  function attend(query, keys, values) {
    const scores = keys.map(key => key.reduce((sum, number, unit) => sum + W.v[0][unit] * Math.tanh(query[unit] + number), 0));
    const weights = softmax(scores), context = new Float32Array(UNITS);
    values.forEach((value, place) => value.forEach((number, unit) => { context[unit] += weights[place] * number; }));
    return { context, weights };
  }

  /** One step of the decoder: the id it has written last to logits, attention weights and its next state. */
  function decode(last, memory) {
    const state = gru("decoder", lookUp(W.target_vectors[0], last), memory.state);
    const query = affine(state, W.to_query[0], UNITS, W.to_query[1]);
    const { context, weights } = attend(query, memory.keys, memory.outputs);
    const both = new Float32Array(2 * UNITS);
    both.set(state);
    both.set(context, UNITS);
    return { logits: affine(both, W.to_logits[0], SYMBOLS, W.to_logits[1]), weights, state };
  }

  /** Greedy decoding: the likeliest symbol at each step, up to the end mark. */
  function translate(source) {
    let memory = encode([...source].map(character => IDS.get(character))), last = BOS;
    const steps = [];
    while (steps.length < DATA.most && last !== EOS) {
      const { logits, weights, state } = decode(last, memory);
      memory = { ...memory, state };
      last = logits.indexOf(Math.max(...logits));
      steps.push({ id: last, logits, probabilities: softmax(logits), weights });
    }
    return { source, steps, answer: steps.filter(({ id }) => id > EOS).map(({ id }) => DATA.tokens[id]).join("") };
  }

  /** What is wrong with a source, or "" if the model can read it. */
  function complain(source) {
    const length = [...source].length, unknown = [...new Set([...source].filter(character => !IDS.has(character)))];
    if (!length) return "Type a date first.";
    if (length > DATA.longest) return `That is too long. The model has never read more than ${DATA.longest} characters.`;
    return unknown.length ? `The model doesn't know ${unknown.map(each => `“${each}”`).join(", ")}.` : "";
  }

  window.course_translator = { complain, encode, translate };

  // ---- the page

  const root = document.getElementById("translator");
  if (!root) return;

  const style = document.createElement("style");
  style.textContent = `
    #translator { color: var(--pst-color-text-base, currentColor); margin: 1rem 0; }
    #translator form, #translator .row { align-items: center; display: flex; flex-wrap: wrap; gap: .5rem; margin: .6rem 0; }
    #translator input { flex: 1 1 9rem; max-width: 16rem; min-width: 0; }
    #translator input, #translator button { background: var(--pst-color-surface, transparent); border-radius: .3rem;
      border: 1px solid currentColor; color: inherit; font: inherit; padding: .25rem .6rem; }
    #translator input { font-family: monospace; }
    #translator button { cursor: pointer; }
    #translator button[aria-disabled=true] { border-style: dashed; cursor: default; }
    #translator :is(input, button, .scroll):focus-visible { outline: 3px solid #0072B2; outline-offset: 2px;
      box-shadow: 0 0 0 2px #fff; }
    #translator .boxes { display: flex; flex-wrap: wrap; gap: 2px; }
    #translator .boxes, #translator .heat { font-family: monospace; line-height: 1.5rem; }
    #translator .boxes span { border: 1px solid #666; color: #111; min-width: 1.6rem; padding: 0 .25rem; text-align: center; }
    #translator .boxes .chosen { outline: 3px solid #D55E00; position: relative; z-index: 1; }
    #translator .name { flex: 0 0 4.5rem; }
    #translator p { margin: .5rem 0; }
    #translator p:empty { display: none; }
    #translator .verdict { min-height: 1.5em; }
    #translator .verdict:empty { display: block; }
    #translator .scroll { overflow-x: auto; padding: 4px; }
    #translator .heat { display: grid; gap: 1px; width: max-content; }
    #translator .heat > * { height: 1.5rem; min-width: 1.45rem; text-align: center; }
    #translator .heat .line { cursor: pointer; display: grid; gap: 1px; grid-column: 1 / -1; grid-template-columns: subgrid; }
    #translator .heat .chosen { outline: 3px solid #D55E00; position: relative; z-index: 1; }
    #translator .heat i { border: 1px solid #8888; }
    #translator .heat b { padding-right: .4rem; text-align: right; }
    #translator .scale { background: linear-gradient(to right, #fff, #0072B2); border: 1px solid #666; height: 1rem; width: 6rem; }`;
  document.head.append(style);

  const EXAMPLES = ["17 August 1999", "8/17/1999", "17-AUG-1999", "1999년 8월 17일", "8/17/99"];
  const WRONG = DATA.unseen.filter(([, , right]) => !right), TESTED = DATA.unseen.length;
  const KNOWN = new Map(DATA.unseen.map(([date, answer]) => [date, answer])); // right answers
  const VISIBLE = { " ": "␣", "[EOS]": "end", "[BOS]": "start", "[PAD]": "pad" };
  const show = token => VISIBLE[token] ?? token;
  const percent = share => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)}%`;
  /** A color between white and another one. */
  const tint = (share, [red, green, blue]) =>
    `rgb(${[red, green, blue].map(part => Math.round(255 - share * (255 - part))).join(" ")})`;
  const YELLOW = [0xf3, 0xc9, 0x5f], BLUE = [0x00, 0x72, 0xb2];

  function make(tag, content = "", options = {}) {
    const { onclick, ...attributes } = options, element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (onclick) element.addEventListener("click", onclick);
    element.append(...[content].flat());
    return element;
  }

  const input = make("input", "", { id: "translator-date", type: "text", autocomplete: "off", spellcheck: "false" });
  const problem = make("p", "", { role: "alert" }), verdict = make("p", "", { class: "verdict", "aria-live": "polite" });
  const source = make("div", "", { class: "boxes", role: "img" }), target = make("div", "", { class: "boxes", role: "img" });
  const says = make("p", "", { class: "status", "aria-live": "polite" });
  const heat = make("div", "", { class: "heat", role: "img" });
  const scroll = make("div", heat, { class: "scroll", tabindex: "0", role: "group", "aria-label": "Heat map, can be scrolled" });
  const previous = make("button", "Previous", { type: "button", onclick: () => go(-1) });
  const next = make("button", "Next", { type: "button", onclick: () => go(1) });

  let found, chosen = 0, written = 0, timer, mistake = 0;

  function go(by) {
    stop();
    chosen = Math.min(Math.max(chosen + by, 0), found.steps.length - 1);
    written = Math.max(written, chosen + 1);
    render();
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
  }

  /** Read a date; then write its answer character by character, or at once. */
  function read(text, slowly = true) {
    const clean = text.normalize("NFC").trim();
    input.value = clean;
    problem.textContent = complain(clean);
    if (problem.textContent) return;
    stop();
    found = translate(clean);
    const atOnce = !slowly || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    [chosen, written] = [0, atOnce ? found.steps.length : 1];
    if (!atOnce) timer = setInterval(advance, 450);
    render();
  }

  function advance() {
    chosen = written++;
    if (written === found.steps.length) stop();
    render();
  }

  function judge() {
    const right = KNOWN.get(found.source), line = `${found.source} → ${found.answer}`;
    if (written < found.steps.length) return "";
    if (!right) return line;
    return `${line}. ${right === found.answer ? "That is right" : `That is wrong. It should be ${right}`}, `
      + "and the model was not trained on this day in this form.";
  }

  function explain() {
    const { id, probabilities, weights } = found.steps[chosen], characters = [...found.source];
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const places = [...weights.keys()].sort((a, b) => weights[b] - weights[a]).slice(0, 2);
    const looks = places.map(place => `“${show(characters[place])}” at position ${place + 1} (${percent(weights[place])})`);
    return `Step ${chosen + 1} of ${found.steps.length}: writes “${show(DATA.tokens[id])}” (${percent(probabilities[id])}). `
      + `Second choice: “${show(DATA.tokens[order[1]])}” (${percent(probabilities[order[1]])}). Looks most at ${looks.join(" and ")}.`;
  }

  function render() {
    const characters = [...found.source], { weights } = found.steps[chosen];
    const answer = found.steps.map(({ id }) => show(DATA.tokens[id]));
    says.setAttribute("aria-live", timer ? "off" : "polite"); // nobody wants to hear every step of the animation
    says.textContent = explain();
    verdict.textContent = judge();
    previous.setAttribute("aria-disabled", chosen === 0);
    next.setAttribute("aria-disabled", chosen === found.steps.length - 1);
    source.replaceChildren(...characters.map((character, place) =>
      make("span", show(character), { style: `background: ${tint(weights[place], YELLOW)}`, title: percent(weights[place]) })));
    source.setAttribute("aria-label", `Source: ${found.source}, colored by the weights of step ${chosen + 1}`);
    target.replaceChildren(...answer.map((token, step) => make("span", step < written ? token : "\u00a0",
      { class: step === chosen ? "chosen" : "", style: `background: ${step < written ? "#5CC4A1" : "#fff"}` })));
    target.setAttribute("aria-label", `Answer so far: ${answer.slice(0, written).join(" ")}`);
    heat.style.gridTemplateColumns = `auto repeat(${characters.length}, 1fr)`;
    heat.replaceChildren(make("span"), ...characters.map(character => make("span", show(character))),
      ...found.steps.map((step, row) => make("div", [make("b", row < written ? answer[row] : "\u00a0"),
        ...[...step.weights].map(weight => make("i", "", row < written
          ? { style: `background: ${tint(weight, BLUE)}`, title: percent(weight) } : {}))],
      { class: row === chosen ? "line chosen" : "line", onclick: () => go(row - chosen) })));
    const most = found.steps.slice(0, written).map((step, row) =>
      `${answer[row]} looks most at ${characters[step.weights.indexOf(Math.max(...step.weights))]}`);
    heat.setAttribute("aria-label", `Attention weights, one row per character of the answer: ${most.join(", ")}`);
  }

  const form = make("form", [make("label", "Date", { for: input.id }), input, make("button", "Translate", { type: "submit" })]);
  form.addEventListener("submit", event => {
    event.preventDefault();
    read(input.value);
  });
  const examples = make("div", EXAMPLES.map(text => make("button", text, { type: "button", onclick: () => read(text) })),
    { class: "row", role: "group", "aria-label": "Examples" });
  const draw = make("button", "An unseen date", { type: "button",
    onclick: () => read(DATA.unseen[Math.floor(Math.random() * TESTED)][0]) });
  const fail = make("button", "A date it gets wrong", { type: "button",
    onclick: () => read(WRONG[mistake++ % WRONG.length][0]) });
  const controls = make("div", [previous, next, "or the arrow keys ← and →"], { class: "row" });
  const legend = make("div", ["weight 0%", make("span", "", { class: "scale" }), "100%"], { class: "row" });
  const measured = make("p", `Of ${TESTED.toLocaleString("en")} unseen dates, this model reads `
    + `${(100 * (1 - WRONG.length / TESTED)).toFixed(1)}% without a mistake, measured `
    + "when this page was made. Unseen means that it was not trained on this day in this form.");

  root.prepend(measured, form, examples, make("div", WRONG.length ? [draw, fail] : [draw], { class: "row" }), problem,
    make("div", [make("span", "Source", { class: "name" }), source], { class: "row" }),
    make("div", [make("span", "Answer", { class: "name" }), target], { class: "row" }), verdict, controls, says, scroll, legend);
  root.addEventListener("keydown", event => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const scrolls = event.target === scroll && scroll.scrollWidth > scroll.clientWidth;
    if (!by || event.target === input || scrolls || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(by);
  });
  read(DATA.shown, false);
})();
