// What is wider than its box can be scrolled by keyboard, too.
addEventListener("load", () => {
  for (const box of document.querySelectorAll(".bd-article pre, .bd-article table, .bd-article .output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
});
