// Is a movie review positive? TF-IDF, averaged embeddings and a GRU answer, word by word.
(() => {
  "use strict";
  const data = window.COURSE_VERDICT;
  const MODELS = { bag: "TF-IDF", average: "average", gru: "GRU" };

  const floats = (packed) => new Float32Array(Uint8Array.from(atob(packed), (byte) => byte.charCodeAt(0)).buffer);
  const numbered = (names) => new Map(names.map((name, place) => [name, place]));
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const dot = (left, right) => left.reduce((sum, number, place) => sum + number * right[place], 0);

  // Cleaning as in lesson 01: no tags, entities decoded, plain apostrophes, single spaces, lower case.
  function clean(text) {
    const decoder = document.createElement("textarea");
    decoder.innerHTML = text.replace(/<\/?[A-Za-z][^<>]*>/g, " ").replace(/</g, "&lt;");
    const plain = decoder.value.replace(/[\u2018\u2019]/g, "'").replace(/\s+/g, " ").trim();
    return plain.replace(/ ([.,;:!?])/g, "$1").toLowerCase();
  }

  const WORD = /[\p{L}\p{N}]+(?:'\p{L}+)*/gu;
  const words = (text) => clean(text).match(WORD) ?? [];

  // TF-IDF over words and pairs, then logistic regression. Each model returns the log-odds of "positive".
  const column = numbered(data.columns);
  const [idf, regression, [intercept]] = data.bag.map(floats);

  function bag(read) {
    const counts = new Map();
    const pairs = read.slice(1).map((word, place) => `${read[place]} ${word}`);
    for (const place of [...read, ...pairs].map((name) => column.get(name))) {
      if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const weights = [...counts].map(([place, count]) => (1 + Math.log(count)) * idf[place]);
    const length = Math.hypot(...weights) || 1;
    return intercept + dot(weights, [...counts.keys()].map((place) => regression[place])) / length;
  }

  // The networks read ids. Id 0 is padding, which is not needed here, and id 1 is any word that they don't know.
  const wordId = numbered(data.words);
  const encode = (read) => read.map((word) => wordId.get(word) ?? 1);

  function layers(packed) {
    const weights = packed.map(floats);
    const size = weights.at(-2).length;
    const vectors = Array.from(data.words, (_, id) => weights[0].subarray(id * (weights[0].length / data.words.length)));
    return { vectors, size, inner: weights.slice(1, -2), kernel: weights.at(-2), bias: weights.at(-1)[0] };
  }
  const averaged = layers(data.average);
  const recurrent = layers(data.gru);

  // The average of no words is taken to be zero, like the state of a GRU that has read nothing.
  function average(read) {
    const scores = encode(read).map((id) => dot(averaged.kernel, averaged.vectors[id]));
    return averaged.bias + scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  }

  // The part of the gates that depends on the word alone, for every word of the vocabulary.
  const units = recurrent.size;
  const [inputKernel, stateKernel, biases] = recurrent.inner;
  const inputs = recurrent.vectors.map((vector) => affine(vector, inputKernel, biases.subarray(0, 3 * units)));
  const stateBias = biases.subarray(3 * units);

  function affine(vector, kernel, bias) {
    const width = bias.length;
    const result = Float64Array.from(bias);
    for (let row = 0; row < kernel.length / width; row++) {
      for (let place = 0; place < width; place++) result[place] += vector[row] * kernel[row * width + place];
    }
    return result;
  }

  // One step of a Keras GRU: update gate z, reset gate r, candidate.
  function step(state, id) {
    const input = inputs[id];
    const fromState = affine(state, stateKernel, stateBias);
    return state.map((old, unit) => {
      const z = sigmoid(input[unit] + fromState[unit]);
      const r = sigmoid(input[units + unit] + fromState[units + unit]);
      const candidate = Math.tanh(input[2 * units + unit] + r * fromState[2 * units + unit]);
      return z * old + (1 - z) * candidate;
    });
  }

  function gru(read) {
    return recurrent.bias + dot(encode(read).reduce(step, new Float64Array(units)), recurrent.kernel);
  }

  const models = { bag, average, gru };
  const logOdds = (name, read) => models[name](read);
  const known = (name, word) => (name === "bag" ? column : wordId).has(word);

  // The three probabilities, or null if there is no word to read.
  function probabilities(text) {
    const read = words(text);
    if (!read.length) return null;
    return Object.fromEntries(Object.keys(MODELS).map((name) => [name, sigmoid(logOdds(name, read))]));
  }

  // The probability after the first word, after the first two, and so on.
  const wordByWord = (name, read) => read.map((_, place) => sigmoid(logOdds(name, read.slice(0, place + 1))));

  // How far each word moves the log-odds: with the word minus without it.
  function occlusion(name, read) {
    const whole = logOdds(name, read);
    return read.map((_, place) => whole - logOdds(name, [...read.slice(0, place), ...read.slice(place + 1)]));
  }

  window.course_verdict = { clean, words, logOdds, probabilities, wordByWord, occlusion, known };

  // The page.
  const STYLE = `
    #verdict { color: var(--pst-color-text-base, inherit); }
    #verdict textarea { width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; color: inherit;
      background: var(--pst-color-surface, transparent); border: 1px solid var(--pst-color-text-muted, currentColor); border-radius: 4px; }
    #verdict .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0 1rem; }
    #verdict button { font: inherit; text-align: left; padding: .3rem .7rem; color: #1a1a1a; background: #F3C95F;
      border: 1px solid #1a1a1a; border-radius: 4px; cursor: pointer; }
    #verdict :focus-visible { outline: 3px solid var(--pst-color-primary, #0072B2); outline-offset: 2px; }
    #verdict .answers { display: grid; grid-template-columns: max-content 1fr; gap: .3rem .75rem; align-items: center; margin: .5rem 0; }
    #verdict .bar { position: relative; height: 1.7rem; border: 1px solid currentColor; border-radius: 3px; overflow: hidden;
      background: #fff; color: #1a1a1a; }
    #verdict .bar i { position: absolute; inset: 0 auto 0 0; background: #5CC4A1; }
    #verdict .bar b { position: relative; padding-left: .5rem; line-height: calc(1.7rem - 1px); }
    #verdict .bar::after { content: ""; position: absolute; left: 50%; inset-block: 0; border-left: 1px dashed #1a1a1a; }
    #verdict .scroll { overflow-x: auto; position: relative; }
    #verdict svg { display: block; }
    #verdict svg text { fill: currentColor; font-size: 13px; }
    #verdict .key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
    #verdict .key span { display: inline-flex; align-items: center; gap: .4rem; }
    #verdict fieldset { border: 0; padding: 0; margin: 1rem 0 .5rem; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
    #verdict legend { padding: 0; margin: 0; font-size: inherit; }
    #verdict .words { display: flex; flex-wrap: wrap; gap: .3rem; max-height: 22rem; overflow-y: auto; padding: 3px; }
    #verdict .words span { display: grid; justify-items: center; padding: .1rem .5rem; border-radius: 4px; color: #1a1a1a;
      overflow-wrap: anywhere; }
    #verdict .words small { font-size: .8em; font-variant-numeric: tabular-nums; }
    #verdict .words .unknown { outline: 2px dashed #666; outline-offset: -2px; }
    #verdict .note { font-size: .9em; }
    #verdict h3 { margin: 1.2rem 0 .4rem; font-size: 1.1em; }`;

  const LINES = {
    bag: { color: "#2384C6", dash: "", mark: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0" },
    average: { color: "#D55E00", dash: "8 4", mark: "M-4-4h8v8h-8z" },
    gru: { color: "#009E73", dash: "2 4", mark: "M0-5L5 4H-5z" },
  };

  // Words from the reader enter as text, never as markup.
  const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const signed = (number) => `${number <= -0.05 ? "−" : number >= 0.05 ? "+" : ""}${Math.abs(number).toFixed(1)}`;

  function background(share) {
    const [end, middle] = [share < 0 ? [230, 159, 0] : [86, 180, 233], [244, 244, 244]];
    return `rgb(${middle.map((from, place) => Math.round(from + Math.abs(share) * (end[place] - from)))})`;
  }

  function mark(name, x, y) {
    return `<path d="${LINES[name].mark}" fill="${LINES[name].color}" transform="translate(${x} ${y})"/>`;
  }

  function chart(read, curves, room) {
    const [left, top, height] = [44, 10, 170];
    const longest = Math.max(4, ...read.map((word) => Math.min(24, word.length)));
    const gap = Math.max(26, (room - left - 40) / read.length);
    const width = left + gap * read.length + 24;
    const at = (place, value) => [left + gap * (place + 0.4), top + height * (1 - value)];
    const grid = [0, 0.5, 1].map((value) => {
      const y = at(0, value)[1];
      const dash = value === 0.5 ? ' stroke-dasharray="4 4"' : "";
      return `<line x1="${left}" x2="${width}" y1="${y}" y2="${y}" stroke="currentColor" stroke-opacity=".4"${dash}/>
        <text x="${left - 8}" y="${y + 4}" text-anchor="end">${value}</text>`;
    });
    const labels = read.map((word, place) => {
      const [x, y] = at(place, 0);
      return `<text text-anchor="end" transform="translate(${x + 4} ${y + 16}) rotate(-50)">${escape(word.length > 24 ? `${word.slice(0, 23)}…` : word)}</text>`;
    });
    const lines = Object.entries(curves).map(([name, values]) => {
      const points = values.map((value, place) => at(place, value).map((number) => number.toFixed(1)));
      return `<polyline points="${points.join(" ")}" fill="none" stroke="${LINES[name].color}" stroke-width="2.5"
        stroke-dasharray="${LINES[name].dash}"/>${points.map(([x, y]) => mark(name, x, y)).join("")}`;
    });
    const below = 22 + 5.4 * longest;
    return `<svg role="img" aria-label="Probability of positive after each word, one line per model" width="${width}"
      height="${top + height + below}">${[...grid, ...labels, ...lines].join("")}</svg>`;
  }

  function start(root) {
    document.head.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    const percent = (share) => `${(100 * share).toFixed(0)}%`;
    const radio = ([name, title]) => `<label><input type="radio" name="verdict-model" value="${name}"${
      name === "gru" ? " checked" : ""}> ${title}</label>`;
    const key = ([name, title]) => `<span><svg width="44" height="14" aria-hidden="true"><line x2="44" y1="7" y2="7" stroke-width="2.5"
      stroke="${LINES[name].color}" stroke-dasharray="${LINES[name].dash}"/>${mark(name, 22, 7)}</svg>${title}</span>`;
    const page = document.createElement("div");
    page.innerHTML = `
      <label for="verdict-text">Your review</label>
      <textarea id="verdict-text" rows="3" maxlength="1000" spellcheck="false"></textarea>
      <div class="buttons">${data.pair.map((text) => `<button type="button">${text}</button>`).join("")}</div>
      <div aria-live="polite" id="verdict-answers"></div>
      <div id="verdict-more">
        <h3>As you read, word by word</h3>
        <div class="key">${Object.entries(MODELS).map(key).join("")}</div>
        <div class="scroll" id="verdict-chart" tabindex="0" role="group" aria-label="Chart, scroll sideways for long reviews"></div>
        <h3>Which words move the answer?</h3>
        <fieldset><legend>Color the words for</legend>${Object.entries(MODELS).map(radio).join("")}</fieldset>
        <div class="words" id="verdict-words" tabindex="0" role="group" aria-label="The words, each with its effect"></div>
        <p class="note" id="verdict-note"></p>
      </div>`;
    root.prepend(page);
    const part = (name) => page.querySelector(`#verdict-${name}`);
    const input = part("text");

    function showAnswers(read) {
      const answers = probabilities(input.value);
      const row = ([name, value]) => `<span>${MODELS[name]}</span><div class="bar"><i style="width:${100 * value}%"></i><b>${
        value.toFixed(3)}</b></div>`;
      part("answers").innerHTML = answers
        ? `<p>Probability that the review is positive, after ${read.length === 1 ? "one word" : `all ${read.length} words`}:</p>
          <div class="answers">${Object.entries(answers).map(row).join("")}</div>
          <p class="note">Right answers on the 1,000 test reviews: ${Object.entries(data.accuracy)
            .map(([name, share]) => `${MODELS[name]} ${percent(share)}`).join(", ")}.</p>`
        : "<p>There is no word to read yet. Type at least one, and the three models will answer.</p>";
      part("more").hidden = !answers;
    }

    function showWords(read) {
      const name = page.querySelector("input:checked").value;
      const moves = occlusion(name, read);
      const limit = Math.max(0.5, ...moves.map(Math.abs));
      part("words").innerHTML = read.map((word, place) => {
        const unknown = known(name, word) ? "" : ' class="unknown"';
        return `<span${unknown} style="background:${background(moves[place] / limit)}">${escape(word)}<small>${
          signed(moves[place])}</small></span>`;
      }).join(" ");
      const missing = read.filter((word) => !known(name, word)).length;
      part("note").textContent = "The number says how far the word moves the log-odds: with the word minus without it. A " +
        "blue word speaks for a positive review, an orange one against it." + (missing ? " A dashed frame marks a word that " +
        `this model doesn't know (${missing} of ${read.length}).` : "");
    }

    function showChart(read) {
      const curves = Object.fromEntries(Object.keys(MODELS).map((name) => [name, wordByWord(name, read)]));
      part("chart").innerHTML = chart(read, curves, part("chart").clientWidth);
    }

    function show() {
      const read = words(input.value);
      showAnswers(read);
      if (read.length) [showWords, showChart].forEach((draw) => draw(read));
    }

    input.addEventListener("input", show);
    part("more").addEventListener("change", () => showWords(words(input.value)));
    page.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => {
      input.value = button.textContent;
      show();
    }));
    window.addEventListener("resize", () => {
      const read = words(input.value);
      if (read.length) showChart(read);
    });
    input.value = data.pair[0];
    show();
  }

  const root = document.getElementById("verdict");
  if (root) start(root);
})();
