// Cut a text into words, characters and byte pairs, as the tokenizers of course_utils.text do.
(() => {
  "use strict";
  const data = window.COURSE_TOKENIZER;
  const UNKNOWN = "[UNK]";
  const numbered = (tokens) => new Map(tokens.map((token, id) => [token, id]));
  const wordIds = numbered(data.words);
  const characterIds = numbered(data.characters);
  const pairIds = numbered(data.pairs);
  const ranks = numbered(data.merges); // "h e" -> its place in the list

  // Words: no tags, plain apostrophes, lower case. Everything between two words is dropped.
  const TAG = new RegExp(data.tag, "gu");
  const WORD = new RegExp(data.word, "gu");
  const lower = (text) => Array.from(text, (character) => character.toLowerCase()).join("");

  function lookUp(ids, token) {
    const known = ids.has(token);
    return { token: known ? token : UNKNOWN, id: ids.get(known ? token : UNKNOWN), source: token, known };
  }

  function words(text) {
    const plain = lower(text.replace(TAG, " ").replace(/[\u2018\u2019]/g, "'"));
    return (plain.match(WORD) ?? []).map((word) => lookUp(wordIds, word));
  }

  function characters(text) {
    return Array.from(text, (character) => lookUp(characterIds, character));
  }

  // Byte pairs. Merges stay inside one chunk: a word with the space before it, a number, a run of signs or of spaces.
  const SPACE = "\\p{White_Space}";
  const CHUNK = new RegExp(
    `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
    "gu",
  );

  // Every byte is written as one visible letter. The printable ones stand for themselves, a space becomes Ġ.
  const LETTERS = [];
  for (let byte = 0, moved = 256; byte < 256; byte++) {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
    LETTERS.push(String.fromCharCode(printable ? byte : moved++));
  }
  const byteOf = numbered(LETTERS);

  const chunks = (text) => text.match(CHUNK) ?? [];
  const toPieces = (chunk) => Array.from(new TextEncoder().encode(chunk), (byte) => LETTERS[byte]);

  // The rank of each pair of neighbors, or Infinity where the pair is not in the list.
  function neighborRanks(pieces) {
    return pieces.slice(1).map((right, place) => ranks.get(`${pieces[place]} ${right}`) ?? Infinity);
  }

  // Join the pair with the lowest rank wherever it occurs, from left to right. Null when nothing is left to join.
  function nextMerge(pieces) {
    const rank = neighborRanks(pieces).reduce((least, each) => Math.min(least, each), Infinity);
    if (rank === Infinity) return null;
    const pair = data.merges[rank].split(" ");
    const joined = [...pieces];
    const made = [];
    for (let found = neighborRanks(joined); Math.min(...found) === rank; found = neighborRanks(joined)) {
      const place = found.indexOf(rank);
      joined.splice(place, 2, pair.join(""));
      made.push(place);
    }
    return { pair, rank, pieces: joined, made };
  }

  function merged(chunk) {
    let pieces = toPieces(chunk);
    for (let step = nextMerge(pieces); step; step = nextMerge(pieces)) pieces = step.pieces;
    return pieces;
  }

  function bytePairs(text) {
    return chunks(text).flatMap(merged).map((token) => lookUp(pairIds, token));
  }

  window.course_tokenizer = { words, characters, bytePairs, chunks, toPieces, nextMerge, merged };

  // The page.
  const root = document.getElementById("tokenizer");
  if (!root) return;

  const STYLE = `
    #tokenizer { color: var(--pst-color-text-base, inherit); max-width: 100%; }
    #tokenizer label, #tokenizer legend { display: block; font-weight: bold; margin: .75rem 0 .25rem; font-size: 1rem; }
    #tokenizer textarea, #tokenizer select { box-sizing: border-box; width: 100%; padding: .4rem; font: inherit; }
    #tokenizer textarea, #tokenizer select, #tokenizer button {
      color: var(--pst-color-text-base, CanvasText); background: var(--pst-color-surface, Canvas);
      border: 1px solid var(--pst-color-text-muted, currentColor); border-radius: .25rem; }
    #tokenizer textarea { border-left: .5rem solid #f3c95f; }
    #tokenizer button { font: inherit; padding: .3rem .7rem; margin: .4rem .4rem 0 0; cursor: pointer; }
    #tokenizer button[aria-disabled=true] { border-style: dashed; cursor: default; }
    #tokenizer :focus-visible { outline: 3px solid var(--pst-color-primary, Highlight); outline-offset: 1px; }
    #tokenizer fieldset { border: 1px solid var(--pst-color-border, currentColor); border-radius: .25rem;
      margin: 1.25rem 0; padding: 0 .8rem .8rem; min-width: 0; }
    #tokenizer legend { float: none; width: auto; margin: 0; padding: 0 .3rem; }
    #tokenizer p { margin: .9rem 0 .3rem; }
    #tokenizer small { color: var(--pst-color-text-muted, inherit); font-size: .875em; }
    #tokenizer ol.tokens { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem; list-style: none;
      margin: 0 -3px; padding: 3px; max-height: 17rem; overflow-y: auto; }
    #tokenizer ol.tokens li { margin: 0; }
    #tokenizer .token { display: inline-flex; flex-direction: column; max-width: 100%; min-width: 1.9rem; color: #111;
      border: 1px solid #555; border-radius: .2rem; text-align: center; line-height: 1.3; overflow: hidden; }
    #tokenizer .token > span { background: #8fcdf2; padding: .1rem .3rem; white-space: pre-wrap;
      overflow-wrap: anywhere; }
    #tokenizer .token > .id { background: #5cc4a1; font-size: .8rem; }
    #tokenizer .token.unknown { border: 2px dashed #b3261e; }
    #tokenizer .token.unknown > span { background: #fff; }
    #tokenizer .token.unknown > .id { background: #ddd; }
    #tokenizer .token .byte { font-size: .75rem; }
    #tokenizer .token.new { outline: 3px solid var(--pst-color-text-base, currentColor); }
    #tokenizer .rank { font-size: .8rem; padding: 0 .15rem; }
    #tokenizer .rank.next { font-weight: bold; text-decoration: underline; }
  `;

  const EXAMPLES = {
    "Made-up words": "An unwatchable, overhyped film. Not unfunny!",
    "Korean and emoji": "영화는 좋다 🎬",
    "Digits and spaces": "I saw it 12 times   in 2024.",
    "Words from the reviews": "The film is a joy, and I didn't fall asleep.",
  };

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function button(text, act) {
    const element = make("button", { type: "button" }, text);
    element.addEventListener("click", act);
    return element;
  }

  const number = (value) => value.toLocaleString("en-US");
  const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
  const visible = (text) => text.replaceAll(" ", "␣").replaceAll("\n", "↵");

  // A byte above 127 is part of a longer character, so it is shown as a number.
  function spell(piece) {
    const bytes = Array.from(piece, (letter) => byteOf.get(letter));
    return bytes.some((byte) => byte > 127) ? make("span", { class: "byte" }, `byte ${bytes.join(" ")}`) : piece;
  }

  function box({ token, id, known, source }, show) {
    const label = make("span", {}, show(source));
    if (!known) label.append(make("br"), make("b", {}, token));
    return make("span", { class: known ? "token" : "token unknown" }, label, make("span", { class: "id" }, String(id)));
  }

  const SPACES = "Ġ is a space, Ċ a line break.";
  const ways = [
    { name: "Words", cut: words, show: visible, vocabulary: data.words.length, note: "Lower case, no punctuation." },
    { name: "Byte pairs", cut: bytePairs, show: spell, vocabulary: data.pairs.length, note: SPACES },
    { name: "Characters", cut: characters, show: visible, vocabulary: data.characters.length, note: "␣ is a space." },
  ];

  const input = make("textarea", { id: "tokenizer-text", rows: 2, maxlength: 500, spellcheck: "false" });
  const examples = make("div", { role: "group", "aria-label": "Example texts" });
  for (const [name, text] of Object.entries(EXAMPLES)) {
    examples.append(button(name, () => { input.value = text; update(); }));
  }
  root.prepend(make("style", {}, STYLE), make("label", { for: input.id }, "Your text"), input, examples);
  input.value = EXAMPLES["Made-up words"];

  const rows = make("div");
  for (const way of ways) {
    way.counts = make("span", { "aria-live": "polite" });
    way.list = make("ol", { class: "tokens", "aria-label": `${way.name}, each with its id`, tabindex: 0 });
    const note = make("small", {}, ` ${way.note} ${number(way.vocabulary)} ids in all.`);
    rows.append(make("p", {}, make("strong", {}, `${way.name}: `), way.counts, note), way.list);
  }

  const choice = make("select", { id: "tokenizer-piece" });
  const next = button("Next merge", advance);
  const again = button("Start again", restart);
  const message = make("p", { "aria-live": "polite" });
  const board = make("ol", { class: "tokens", "aria-label": "Pieces, with merge numbers between them", tabindex: 0 });
  let chosen = null; // the piece that the reader chose; the longest one until then
  choice.addEventListener("change", () => { chosen = choice.value; restart(); });
  examples.after(
    rows,
    make(
      "fieldset", {}, make("legend", {}, "Byte pairs, merge by merge"),
      make("label", { for: choice.id }, "Word from your text"), choice, next, again, message, board,
    ),
  );

  let pieces = [];
  let steps = 0;

  function showBoard(made = []) {
    const found = neighborRanks(pieces);
    const least = Math.min(...found, Infinity);
    const items = [];
    pieces.forEach((piece, place) => {
      const token = box(lookUp(pairIds, piece), spell);
      if (made.includes(place)) token.classList.add("new");
      items.push(make("li", {}, token));
      if (place < found.length) {
        const listed = found[place] < Infinity;
        const rank = make("span", { class: "rank" }, listed ? number(found[place] + 1) : "–");
        if (listed && found[place] === least) rank.classList.add("next");
        items.push(make("li", {}, rank));
      }
    });
    board.replaceChildren(...items);
    next.setAttribute("aria-disabled", String(least === Infinity));
    return least === Infinity;
  }

  function restart() {
    pieces = toPieces(choice.value);
    steps = 0;
    const done = showBoard();
    if (!pieces.length) message.textContent = "Type a text first.";
    else if (done) message.textContent = `${count(pieces.length, "byte")}. No pair of neighbors is in the list.`;
    else message.textContent = `${count(pieces.length, "byte")}. The lowest number between neighbors is joined next.`;
  }

  function advance() {
    const step = nextMerge(pieces);
    if (!step) {
      if (pieces.length) message.textContent = `Nothing is left to join: ${count(pieces.length, "token")}.`;
      return;
    }
    pieces = step.pieces;
    steps += 1;
    const done = showBoard(step.made);
    const rank = `merge ${number(step.rank + 1)} of ${number(data.merges.length)}`;
    const left = `${done ? "Nothing is left to join: " : "Now "}${count(pieces.length, done ? "token" : "piece")}.`;
    message.textContent = `Step ${steps}: joined ${step.pair[0]} and ${step.pair[1]}, ${rank}. ${left}`;
  }

  function update() {
    for (const way of ways) {
      const tokens = way.cut(input.value);
      const unknown = tokens.filter((token) => !token.known).length;
      const counts = `${count(tokens.length, "token")}, ${number(unknown)} unknown.`;
      if (way.counts.textContent !== counts) way.counts.textContent = counts;
      way.list.replaceChildren(...tokens.map((token) => make("li", {}, box(token, way.show))));
    }
    const before = choice.value;
    const found = [...new Set(chunks(input.value))];
    choice.replaceChildren(...found.map((chunk) => make("option", { value: chunk }, visible(chunk))));
    const longest = found.reduce((best, chunk) => (chunk.length > best.length ? chunk : best), "");
    choice.value = found.includes(chosen) ? chosen : longest;
    if (choice.value !== before || !found.length) restart();
  }

  input.addEventListener("input", update);
  update();
})();
