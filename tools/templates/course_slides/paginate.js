// What does not fit on a slide goes on further slides below it. Every block is measured here, in the browser, since only
// the browser knows how large a text is: paragraphs, lists, code, and each output. Long lists, tables and printed lines are cut.
const HEIGHT = 694, LONGEST_CODE = 14;
const HEADING = "h1, h2, h3";
const root = document.querySelector(".reveal .slides");
const probe = root.appendChild(document.createElement("section"));
probe.className = "probe";

function blocks(section) {
  const found = [];
  for (const cell of section.querySelectorAll(".jp-Cell")) {
    if (cell.matches(".jp-MarkdownCell")) {
      found.push(...cell.querySelector(".jp-RenderedMarkdown").children);
    } else {
      const code = cell.querySelector(".highlight");
      if (code?.textContent.trim()) found.push(folded(code));
      found.push(...[...cell.querySelectorAll(".jp-OutputArea-output")].filter((output) => output.innerHTML.trim()));
    }
  }
  return found;
}

function folded(code) {
  const lines = code.textContent.trimEnd().split("\n").length;
  if (lines <= LONGEST_CODE && !code.textContent.includes("alt=")) return code; // a figure says more than the code of it
  const fold = document.createElement("details");
  fold.className = "folded";
  fold.innerHTML = `<summary>Show the code (${lines} lines)</summary><div class="long"></div>`;
  fold.lastChild.append(code);
  return fold;
}

function fits(page) {
  probe.replaceChildren(...page);
  return probe.scrollHeight <= HEIGHT;
}

function cut_sentences(paragraph) {
  const sentences = [""];
  for (const piece of paragraph.innerHTML.split(/(?<=[.!?]) /)) {
    sentences.push(`${sentences.pop()}${piece} `);
    const count = (mark) => sentences.at(-1).match(mark)?.length ?? 0;
    if (count(/<\w/g) === count(/<\//g)) sentences.push(""); // not inside of a link or of words in italics
  }
  paragraph.innerHTML = sentences.map((each) => `<span>${each}</span>`).join("");
}

// Cut a block after the last part that fits below `page`; returns the rest, or null if it has no parts.
function rest(block, page) {
  const pre = block.matches("details, .highlight") ? null : block.querySelector("pre");
  if (pre) pre.replaceChildren(...pre.textContent.split("\n").map((line) => Object.assign(document.createElement("span"), { textContent: `${line}\n` })));
  block.querySelectorAll("p").forEach(cut_sentences);
  const holder = (each) => (each.matches("ul, ol, p") || (each.matches("blockquote") && each.children.length > 1) ? each : each.querySelector("tbody, ul, ol, pre, p"));
  if (block.matches("p")) cut_sentences(block);
  if (block.matches("details, .highlight") || !holder(block)) return null;
  const parts = [...holder(block).children], after = block.cloneNode(true);
  let kept = parts.length;
  while (kept > 1 && !fits([...page, block])) parts[--kept].remove();
  if (kept === parts.length) return null;
  [...holder(after).children].slice(0, kept).forEach((part) => part.remove());
  if (after.matches("ol")) after.start = (block.start || 1) + kept;
  return after;
}

function paginate(section, above) {
  const notes = [...section.querySelectorAll("aside.notes")];
  const queue = blocks(section).filter((block) => !block.matches("aside")), pages = [];
  const where = () => Object.assign(document.createElement("p"), { className: "where", textContent: above });
  let page = [];
  const turn = () => {
    const next = page.length > 1 && page.at(-1).matches(HEADING) ? [page.pop()] : [];
    pages.push(page);
    queue.unshift(...next);
    page = [];
  };
  while (queue.length) {
    const block = queue.shift();
    if (page.length && block.matches("h1, h2")) pages.push(page.splice(0)); // a section begins a slide
    if (!page.length && !block.matches(HEADING)) page.push(where());
    if (block.matches("h1, h2")) above = block.textContent.replace("¶", "");
    if (fits([...page, block])) { page.push(block); continue; }
    const begun = page.some((each) => !each.matches(`${HEADING}, .where`));
    const left = begun ? null : rest(block, page);
    if (begun) { queue.unshift(block); turn(); continue; }
    page.push(block);
    if (left) queue.unshift(left);
    turn();
  }
  if (page.length) pages.push(page);
  pages[0]?.push(...notes);
  let last = section;
  pages.forEach((content, number) => {
    const slide = number ? document.createElement("section") : section;
    slide.replaceChildren(...content);
    if (number) last.after(slide);
    last = slide;
  });
  if (!pages.length) section.remove();
  return above;
}

let above = "";
for (const section of [...root.querySelectorAll("section > section")]) above = paginate(section, above);
[...root.children].filter((stack) => !stack.children.length).forEach((stack) => stack.remove());
probe.remove();
