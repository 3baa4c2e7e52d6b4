// The playground "gates": an LSTM and a GRU read a sentence word by word, and every gate can be looked at.
(() => {
  "use strict";
  const DATA = window.COURSE_GATES;

  // ---- the text: as course_utils.text.word_tokenizer does it

  const TAG = /<\/?[A-Za-z][^<>]*>/g, WORD = /[\p{L}\p{N}]+(?:'[\p{L}]+)*/gu, UNKNOWN = 1;
  const IDS = new Map(DATA.words.map((word, id) => [word, id]).slice(2)); // without [PAD] and [UNK]

  /** The words of a text, in lower case and without punctuation. */
  const tokenize = text => text.replace(TAG, " ").replace(/[\u2018\u2019]/g, "'").toLowerCase().match(WORD) ?? [];

  /** The id of each word; 1 stands for a word outside the vocabulary. */
  const encode = text => tokenize(text).map(word => IDS.get(word) ?? UNKNOWN);

  // ---- the networks

  const unpack = ({ shape, base64 }) => {
    const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
    return { shape, values: new Float32Array(bytes.buffer) };
  };
  const WEIGHTS = Object.fromEntries(Object.entries(DATA.weights).map(([name, list]) => [name, list.map(unpack)]));
  const UNITS = WEIGHTS.LSTM[1].shape[0];

  const row = ({ shape, values }, index) => values.subarray(index * shape.at(-1), (index + 1) * shape.at(-1));
  const sigmoid = number => 1 / (1 + Math.exp(-number));
  const each = compute => Array.from({ length: UNITS }, (_, unit) => compute(unit));

  /** x W + b, cut into parts of one number per unit. */
  function affine(x, W, bias) {
    const sums = Array.from(bias);
    x.forEach((number, input) => row(W, input).forEach((weight, column) => { sums[column] += number * weight; }));
    return Array.from({ length: sums.length / UNITS }, (_, part) => sums.slice(part * UNITS, (part + 1) * UNITS));
  }

  /** What the word (with the bias) and the old state add to the sum of each gate. */
  const named = (names, fromX, fromH) => Object.fromEntries([...names].map((name, part) => [name, [fromX[part], fromH[part]]]));

  const STEP = {
    LSTM(x, before) {
      const [W, U, b] = WEIGHTS.LSTM, fromX = affine(x, W, b.values);
      const fromH = affine(before.h, U, new Float32Array(4 * UNITS));
      const [i, f, g, o] = [sigmoid, sigmoid, Math.tanh, sigmoid].map((squash, part) =>
        each(unit => squash(fromX[part][unit] + fromH[part][unit])));
      const parts = named("ifgo", fromX, fromH);
      const c = each(unit => f[unit] * before.c[unit] + i[unit] * g[unit]);
      return { parts, i, f, g, o, c, h: each(unit => o[unit] * Math.tanh(c[unit])) };
    },
    GRU(x, before) {
      const [W, U, b] = WEIGHTS.GRU, fromX = affine(x, W, row(b, 0)), fromH = affine(before.h, U, row(b, 1));
      const [z, r] = [0, 1].map(part => each(unit => sigmoid(fromX[part][unit] + fromH[part][unit])));
      const g = each(unit => Math.tanh(fromX[2][unit] + r[unit] * fromH[2][unit]));
      const parts = named("zrg", fromX, [fromH[0], fromH[1], each(unit => r[unit] * fromH[2][unit])]);
      return { parts, z, r, g, h: each(unit => z[unit] * before.h[unit] + (1 - z[unit]) * g[unit]) };
    },
  };

  /** What a network computes at every step: its gates and states, each unit's vote, and the probability p. */
  function trace(kind, ids) {
    const [vote, bias] = WEIGHTS[`${kind}_head`].map(weight => weight.values);
    let state = { c: each(() => 0), h: each(() => 0) };
    return ids.map(id => {
      state = STEP[kind](row(WEIGHTS.embedding[0], id), state);
      const v = each(unit => state.h[unit] * vote[unit]);
      return { ...state, v, p: sigmoid(v.reduce((sum, number) => sum + number, bias[0])) };
    });
  }

  window.course_gates = { tokenize, encode, trace };

  // ---- the page

  const root = document.getElementById("gates");
  if (!root) return;

  const ROWS = { // symbol: name, formula, what it says, kind
    LSTM: {
      f: ["Forget gate", "sigmoid(x W<sub>f</sub> + h U<sub>f</sub> + b<sub>f</sub>)", "how much of the old cell state stays", "gate"],
      i: ["Input gate", "sigmoid(x W<sub>i</sub> + h U<sub>i</sub> + b<sub>i</sub>)", "how much of the candidate comes in", "gate"],
      g: ["Candidate", "tanh(x W<sub>g</sub> + h U<sub>g</sub> + b<sub>g</sub>)", "what this word would write", "value"],
      o: ["Output gate", "sigmoid(x W<sub>o</sub> + h U<sub>o</sub> + b<sub>o</sub>)", "how much of the cell state shows", "gate"],
      c: ["Cell state", "f · c before + i · g", "keep a part of the old, add a part of the new", "state"],
      h: ["Hidden state", "o · tanh(c)", "what the next step and the output see", "state"],
    },
    GRU: {
      z: ["Update gate", "sigmoid(x W<sub>z</sub> + h U<sub>z</sub> + b<sub>z</sub>)", "how much of the old hidden state stays", "gate"],
      r: ["Reset gate", "sigmoid(x W<sub>r</sub> + h U<sub>r</sub> + b<sub>r</sub>)", "how much of the old hidden state the candidate sees", "gate"],
      g: ["Candidate", "tanh(x W<sub>g</sub> + b<sub>g</sub> + r · (h U<sub>g</sub> + b'<sub>g</sub>))", "what this word would write", "value"],
      h: ["Hidden state", "z · h before + (1 − z) · g", "mix the old and the new", "state"],
    },
  };
  for (const rows of Object.values(ROWS)) {
    rows.v = ["Vote", "h · output weight", "what this unit adds to the sum behind the probability", "output"];
  }
  const EXAMPLES = [DATA.sentence, "Rather than dull, it is wonderful.", "It is dull rather than wonderful.",
    "My brother loved it and I hated it.", "The first ten minutes are dull and the other ninety are wonderful.",
    "It isn't in any way dull.", "I call it a gem, and the film takes place in a hotel in a village."];
  const BLUE = "#2587C9", ORANGE = "#D55E00", GREEN = "#009E73"; // readable on white and on black
  const CURVES = { h: [BLUE, ""], c: [ORANGE, "7 3"], f: [ORANGE, "7 3"], i: [BLUE, ""], o: [GREEN, "2 3"],
    z: [BLUE, ""], r: [ORANGE, "7 3"] };
  const TOP = 26, GAP = 34, HEIGHT = 74, PANEL = HEIGHT + GAP;

  const show = (number, digits = 2) => {
    const text = number.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  };
  const sum = (first, second) => `${show(first)} ${show(second).startsWith("−") ? "−" : "+"} ${show(Math.abs(second))}`;
  const factor = text => text.startsWith("−") ? `(${text})` : text;
  const escape = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);

  root.insertAdjacentHTML("beforeend", `<style>
    #gates { color: var(--pst-color-text-base, CanvasText); }
    #gates .controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .6rem 0; }
    #gates label, #gates legend { font-weight: 600; }
    #gates fieldset { border: 0; padding: 0; margin: 0; display: flex; gap: .9rem; align-items: center; }
    #gates legend { float: left; padding: 0; margin: 0; font-size: 1em; width: auto; }
    #gates fieldset label { font-weight: 400; display: inline-flex; gap: .3rem; }
    #gates input[type=text], #gates select { flex: 1 1 14rem; min-width: 0; max-width: 100%; padding: .35rem .5rem;
      font: inherit; color: inherit; background: var(--pst-color-surface, Canvas); border-radius: 4px;
      border: 1px solid var(--pst-color-text-muted, currentColor); }
    #gates button { font: inherit; color: inherit; background: var(--pst-color-surface, ButtonFace); cursor: pointer;
      border: 1px solid var(--pst-color-text-muted, currentColor); border-radius: 4px; padding: .3rem .7rem; }
    #gates button[aria-disabled=true] { opacity: .55; cursor: default; }
    #gates :focus-visible { outline: 3px solid #2587C9; outline-offset: 1px; }
    #gates .strip { display: flex; } #gates .strip > svg { flex: none; }
    #gates .wide { overflow-x: auto; flex: 1 1 0; min-width: 0; padding: 3px; position: relative; }
    #gates .words { display: flex; width: max-content; }
    #gates .words button { padding: .2rem 0; border-color: transparent; background: none; white-space: nowrap; }
    #gates .words button[aria-current] { background: #F3C95F; color: #111; font-weight: 600; }
    #gates .words small { display: block; font-size: .68em; }
    #gates svg { display: block; font-size: 12px; } #gates svg text { fill: currentColor; }
    #gates table { border-collapse: separate; border-spacing: 2px; margin: 0; font-size: .82rem; width: auto; display: table; }
    #gates th, #gates td { padding: 0; border: 0; background: none; color: inherit; vertical-align: middle; }
    #gates tbody th { text-align: left; padding-right: .4rem; font-weight: 600; white-space: nowrap; }
    #gates thead button, #gates tbody td { width: 2.9rem; min-width: 2.9rem; text-align: center; }
    #gates thead button { padding: .15rem 0; width: 100%; } #gates thead button[aria-pressed=true] { background: #8FCDF2; color: #111; }
    #gates tbody td { color: #111; height: 1.9rem; cursor: pointer; font-variant-numeric: tabular-nums; }
    #gates tbody td.chosen { box-shadow: inset 0 0 0 2px #111; }
    #gates .tag { color: #111; border-radius: 3px; padding: 0 .3em; }
    #gates .worked { font-variant-numeric: tabular-nums; } #gates .worked li { margin: .2rem 0; }
    #gates h3 { margin: 1.1rem 0 .3rem; font-size: 1.1rem; } #gates p { margin: .4rem 0; }
    @media (max-width: 500px) { #gates table { font-size: .7rem; border-spacing: 1px; }
      #gates thead button, #gates tbody td { width: 1.98rem; min-width: 1.98rem; }
      #gates tbody td { letter-spacing: -.04em; } #gates tbody th { white-space: normal; padding-right: 0; font-size: .66rem; } }
  </style>
  <div class="controls"><label for="gates-text">Sentence</label><input type="text" id="gates-text" maxlength="400" autocomplete="off"></div>
  <div class="controls"><label for="gates-example">Examples</label><select id="gates-example"></select></div>
  <div class="controls"><fieldset><legend>Cell&nbsp;&nbsp;</legend>
    <label><input type="radio" name="gates-kind" value="LSTM" checked> LSTM</label>
    <label><input type="radio" name="gates-kind" value="GRU"> GRU</label></fieldset>
    <span><button type="button" data-move="-1">Previous</button> <button type="button" data-move="1">Next</button></span></div>
  <p class="status" aria-live="polite"></p>
  <div class="strip"><svg class="axis" width="30"></svg>
    <div class="wide" tabindex="0" role="group" aria-label="Words and curves, step by step. The arrow keys change the step.">
      <div class="words"></div><svg class="curves" role="img"></svg></div></div>
  <h3 class="heading"></h3>
  <p class="pick">Pick a unit with the buttons above the columns. Orange is low, blue is high, and light gray is the middle.</p>
  <div class="wide units" tabindex="0" role="group" aria-label="Gates and states of all units at this step"><table></table></div>
  <h3 class="worked-heading"></h3>
  <p class="worked-note">Here x is the vector of the word, and h is the hidden state from the step before. In each sum, the first number comes
  from the word and the bias, the second one from the old state. All numbers are rounded.</p>
  <ul class="worked"></ul>`);

  const find = selector => root.querySelector(selector);
  const input = find("#gates-text"), examples = find("#gates-example");
  let kind = "LSTM", step = 0, unit = 0, words = [], ids = [], steps = {};

  function read() {
    const all = tokenize(input.value);
    words = all.slice(-DATA.length);
    ids = encode(input.value).slice(-DATA.length);
    steps = { LSTM: trace("LSTM", ids), GRU: trace("GRU", ids), cut: all.length > words.length };
    step = Math.max(0, Math.min(step, words.length - 1));
    draw();
  }

  /** Orange, light gray, blue: the text on it is dark and stays readable. */
  function shade(share) {
    const low = [230, 159, 0], middle = [244, 244, 244], high = [86, 180, 233];
    const [from, to, part] = share < 0.5 ? [low, middle, share * 2] : [middle, high, share * 2 - 1];
    return `rgb(${from.map((value, at) => Math.round(value + (to[at] - value) * part)).join(" ")})`;
  }

  /** The largest value of a row in the whole sentence, so that one color means one number at every step. */
  const limit = name => Math.max(1, ...steps[kind].flatMap(at => at[name].map(Math.abs)));

  function draw() {
    const empty = !words.length;
    for (const part of [".strip", ".units", ".worked", ".heading", ".worked-heading", ".worked-note", ".pick"]) find(part).hidden = empty;
    find(".strip").style.display = empty ? "none" : "";
    find("[data-move='-1']").setAttribute("aria-disabled", empty || step === 0);
    find("[data-move='1']").setAttribute("aria-disabled", empty || step === words.length - 1);
    if (empty) {
      find(".status").textContent = "Type at least one word.";
      return;
    }
    const at = steps[kind][step], unknown = ids[step] === UNKNOWN ? ", which is unknown and read as [UNK]" : "";
    find(".status").innerHTML = `Step ${step + 1} of ${words.length}, <b>${escape(words[step])}</b>${unknown}. ` +
      `If the review ended here, the ${kind} would call it positive with probability ` +
      `<span class="tag" style="background:#5CC4A1">${show(at.p)}</span>.` +
      (steps.cut ? ` Only the last ${DATA.length} words are read.` : "");
    find(".heading").textContent = `All units of the ${kind} at “${words[step]}”`;
    drawStrip();
    drawTable(at);
    drawWorked(at);
  }

  function drawStrip() {
    const column = Math.max(50, 8.6 * Math.max(...words.map(word => word.length)) + 12), width = column * words.length;
    find(".words").innerHTML = words.map((word, index) => `<button type="button" data-step="${index}" tabindex="-1"
      style="width:${column}px" ${index === step ? 'aria-current="step"' : ""}>${escape(word)}<small>${
      ids[index] === UNKNOWN ? "unknown" : "&nbsp;"}</small></button>`).join("");
    const states = kind === "LSTM" ? ["h", "c"] : ["h"], gates = kind === "LSTM" ? ["i", "f", "o"] : ["z", "r"];
    const reach = Math.ceil(Math.max(1, ...steps[kind].flatMap(each => states.map(name => Math.abs(each[name][unit])))));
    const panels = [
      ["Probability", 0, 1, ["LSTM", "GRU"].map(name =>
        [name, steps[name].map(each => each.p), name === "LSTM" ? BLUE : ORANGE, name === kind ? "" : "7 3"])],
      [`Unit ${unit + 1}: states`, -reach, reach, states.map(name => [name, steps[kind].map(each => each[name][unit]), ...CURVES[name]])],
      [`Unit ${unit + 1}: gates`, 0, 1, gates.map(name => [name, steps[kind].map(each => each[name][unit]), ...CURVES[name]])],
    ];
    const x = index => column * (index + 0.5);
    let curves = `<rect x="${column * step}" width="${column}" height="${PANEL * 3}" fill="#F3C95F" opacity=".28"/>`, axis = "";
    panels.forEach(([title, low, high, lines], place) => {
      const top = PANEL * place + TOP, y = value => top + HEIGHT * (1 - (value - low) / (high - low));
      for (const value of [low, (low + high) / 2, high]) {
        curves += `<line x1="0" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="currentColor" opacity=".3"/>`;
        axis += `<text x="26" y="${y(value) + 4}" text-anchor="end">${show(value, low < 0 ? 0 : 1)}</text>`;
      }
      let from = 4;
      let legend = `<text x="${from}" y="${top - 10}" font-weight="600">${title}</text>`;
      from += 7 * title.length + 8;
      for (const [name, values, color, dash] of lines) {
        legend += `<line x1="${from}" x2="${from + 20}" y1="${top - 14}" y2="${top - 14}" stroke="${color}" stroke-width="2.5"
          stroke-dasharray="${dash}"/><text x="${from + 24}" y="${top - 10}">${name}</text>`;
        from += 34 + 8 * name.length;
        curves += `<polyline points="${values.map((value, index) => `${x(index)},${y(value)}`).join(" ")}" fill="none"
          stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash}"/>`;
        curves += values.map((value, index) => `<circle cx="${x(index)}" cy="${y(value)}" r="${index === step ? 5 : 3}"
          fill="${color}"><title>${escape(words[index])}, ${name}: ${show(value, 3)}</title></circle>`).join("");
      }
      curves += `<g class="legend">${legend}</g>`;
    });
    const drawing = find(".curves");
    drawing.setAttribute("width", Math.max(width, 250));
    drawing.setAttribute("height", PANEL * 3);
    drawing.innerHTML = curves;
    drawing.setAttribute("aria-label", `Curves over all steps. Probability after each word, ${kind}: ` +
      `${words.map((word, index) => `${word} ${show(steps[kind][index].p)}`).join(", ")}. Hidden state of unit ${unit + 1}: ` +
      `${steps[kind].map(each => show(each.h[unit])).join(", ")}.`);
    find(".axis").setAttribute("height", PANEL * 3);
    find(".axis").innerHTML = axis;
    find(".axis").style.marginTop = `${find(".words").offsetHeight + 3}px`;
    const box = find(".strip .wide"), left = column * step;
    if (left < box.scrollLeft) box.scrollLeft = left - column;
    if (left + column > box.scrollLeft + box.clientWidth) box.scrollLeft = left + 2 * column - box.clientWidth;
    keepLegends();
  }

  /** Legends stay in view while the words scroll. */
  function keepLegends() {
    const by = find(".strip .wide").scrollLeft;
    for (const legend of root.querySelectorAll(".legend")) legend.setAttribute("transform", `translate(${by} 0)`);
  }

  function drawTable(at) {
    const rows = Object.entries(ROWS[kind]).map(([name, [title, , , type]]) => {
      const most = type === "gate" ? 1 : limit(name);
      const cells = at[name].map((value, index) => `<td data-unit="${index}" class="${index === unit ? "chosen" : ""}"
        style="background:${shade(type === "gate" ? value : (value / most + 1) / 2)}" title="Unit ${index + 1}, ${
        title.toLowerCase()}: ${show(value, 4)}">${show(value)}</td>`);
      return `<tr><th scope="row">${title} ${name === "v" ? "" : `<i>${name}</i>`}</th>${cells.join("")}</tr>`;
    });
    const focused = document.activeElement?.closest?.("#gates thead button")?.dataset.unit;
    find("table").innerHTML = `<thead><tr><th scope="col">Unit</th>${each(index => `<th scope="col"><button type="button"
      data-unit="${index}" aria-pressed="${index === unit}" aria-label="Unit ${index + 1}">${index + 1}</button></th>`).join("")
    }</tr></thead><tbody>${rows.join("")}</tbody>`;
    if (focused !== undefined) find(`thead [data-unit="${focused}"]`).focus({ preventScroll: true });
  }

  /** The formulas in words, with the numbers of the chosen unit. */
  function drawWorked(at) {
    const before = step ? steps[kind][step - 1] : { c: each(() => 0), h: each(() => 0) };
    const [n, old] = [name => factor(show(at[name][unit])), name => factor(show(before[name][unit]))];
    const bias = WEIGHTS[`${kind}_head`][1].values[0], votes = at.v.reduce((total, value) => total + value, 0);
    const added = name => sum(...at.parts[name].map(part => part[unit]));
    const numbers = { g: () => `tanh(${added("g")}) = `,
      c: () => `${n("f")} · ${old("c")} + ${n("i")} · ${n("g")} = `, v: () => "",
      h: () => kind === "LSTM" ? `${n("o")} · tanh(${show(at.c[unit])}) = ` : `${n("z")} · ${old("h")} + (1 − ${n("z")}) · ${n("g")} = `,
    };
    const colors = { state: "#8FCDF2", output: "#5CC4A1", gate: "#F4F4F4", value: "#F4F4F4" };
    find(".worked-heading").textContent = `Unit ${unit + 1} in formulas`;
    find(".worked").innerHTML = Object.entries(ROWS[kind]).map(([name, [title, formula, says, type]]) =>
      `<li><b>${title}</b> ${name === "v" ? "" : `${name} `}= ${formula} = ${(numbers[name] ?? (() => `sigmoid(${added(name)}) = `))()}<span class="tag"
      style="background:${colors[type]}">${show(at[name][unit])}</span><br>${says}</li>`).join("") +
      `<li><b>Probability</b> = sigmoid(all votes + bias) = sigmoid(${sum(votes, bias)}) = <span class="tag"
      style="background:#5CC4A1">${show(at.p)}</span></li>`;
  }

  function move(by) {
    const target = Math.max(0, Math.min(step + by, words.length - 1));
    if (target !== step) { step = target; draw(); }
  }

  examples.innerHTML = EXAMPLES.map(text => `<option>${escape(text)}</option>`).join("");
  input.value = DATA.sentence;
  input.addEventListener("input", read);
  find(".strip .wide").addEventListener("scroll", keepLegends);
  examples.addEventListener("change", () => { input.value = examples.value; step = 0; read(); });
  root.addEventListener("change", event => { if (event.target.name === "gates-kind") { kind = event.target.value; draw(); } });
  root.addEventListener("click", event => {
    const target = event.target.closest("[data-move], [data-step], [data-unit]");
    if (!target) return;
    if (target.dataset.move) move(Number(target.dataset.move));
    else if (target.dataset.step) { step = Number(target.dataset.step); draw(); find(".strip .wide").focus({ preventScroll: true }); }
    else { unit = Number(target.dataset.unit); draw(); }
  });
  root.addEventListener("keydown", event => { // in the text, the examples and the table, the arrows have their own work
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, .units, details")) return;
    event.preventDefault();
    move(by);
  });
  read();
  const loudest = each(index => Math.max(...steps.LSTM.map(at => Math.abs(at.v[index])))); // begin with a unit that has a say
  unit = loudest.indexOf(Math.max(...loudest));
  draw();
})();
