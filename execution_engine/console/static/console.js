// What the pages do by themselves: they stay up to date without being loaded again, count the seconds, follow a log.
"use strict";
const $ = (id) => document.getElementById(id);
const PAUSE = 1500, LONGEST = 15000, WHOLE = 6; // milliseconds between two looks; each WHOLE-th asks for everything

// A page's changing part takes the shape of a newer one, element by element: focus, scroll and selection stay.
function morph(old, next) {
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || (old.id || "") !== (next.id || "")) {
    old.replaceWith(next);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  const kept = old.nodeName === "DETAILS" ? ["open"] : old.hasAttribute("data-only") ? ["aria-pressed"] : [];
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value && !kept.includes(name)) old.setAttribute(name, value);
  const mine = [...old.childNodes], theirs = [...next.childNodes];
  theirs.forEach((child, place) => (mine[place] ? morph(mine[place], child) : old.append(child)));
  mine.slice(theirs.length).forEach((child) => child.remove());
}

function live(root) {
  let failures = 0, looks = 0;
  const shown = () => root.firstElementChild;
  async function look() {
    if (document.hidden) return setTimeout(look, PAUSE);
    try {
      looks += 1;
      const state = looks % WHOLE ? shown().dataset.state : "";
      const answer = await fetch(location.pathname + location.search, { headers: { "X-Live": state }, cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      if (answer.status !== 204) {
        const made = document.createElement("template");
        made.innerHTML = await answer.text();
        const [next, ...others] = made.content.children;
        if (next) morph(shown(), next);
        for (const other of others) if ($(other.id)) morph($(other.id), other); // parts that stand elsewhere
        if (next && shown().dataset.title) document.title = shown().dataset.title;
        filter();
        tick();
        fit();
      }
      failures = 0;
    } catch {
      failures += 1;
    }
    $("offline").hidden = failures < 2;
    if (!("over" in shown().dataset)) setTimeout(look, Math.min(PAUSE * 2 ** failures, LONGEST));
  }
  if (!("over" in shown().dataset)) setTimeout(look, PAUSE);
}

function duration(seconds) { // as wording.duration has it
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}

function tick() {
  for (const one of document.querySelectorAll("[data-since]")) {
    const text = duration(Date.now() / 1000 - Number(one.dataset.since));
    if (one.firstChild && one.firstChild.data !== text) one.firstChild.data = text;
  }
}

// A graph that is a little too wide is drawn a little smaller; a much wider one is scrolled.
function fit() {
  for (const one of document.querySelectorAll("svg[data-width]")) {
    const own = Number(one.dataset.width), room = one.parentElement.clientWidth;
    const width = Math.min(own, Math.max(room, own * 0.72));
    one.setAttribute("width", width);
    one.setAttribute("height", (width * one.viewBox.baseVal.height) / own);
  }
}

// The table shows the orders of the chosen statuses whose name holds what was typed.
function filter() {
  const field = document.querySelector("[data-filter]");
  if (!field) return;
  const text = field.value.trim().toLowerCase();
  const only = [...document.querySelectorAll("[data-only][aria-pressed=true]")].map((one) => one.dataset.only);
  for (const row of document.querySelectorAll("tr[data-status]")) {
    row.hidden = !row.dataset.name.includes(text) || (only.length > 0 && !only.includes(row.dataset.status));
  }
}

document.addEventListener("input", (event) => event.target.matches("[data-filter]") && filter());
document.addEventListener("click", async (event) => {
  const hit = event.target.closest("[data-only], [data-opens], [data-closes], [data-copy]");
  if (!hit) return;
  if (hit.dataset.only) {
    hit.setAttribute("aria-pressed", String(hit.getAttribute("aria-pressed") !== "true"));
    filter();
  } else if (hit.dataset.opens) {
    $(hit.dataset.opens).showModal();
  } else if (hit.dataset.copy) {
    await navigator.clipboard.writeText(hit.dataset.copy);
    hit.textContent = "copied";
    setTimeout(() => (hit.textContent = "copy"), 1500);
  } else {
    hit.closest("dialog").close();
  }
});
for (const form of document.querySelectorAll("dialog form")) {
  form.addEventListener("submit", () => form.querySelector("[type=submit]").setAttribute("disabled", ""));
}

// A log comes in stretches and grows at its end. About AT_ONCE stretches come by themselves.
function follow(pane) {
  const AT_ONCE = 16;
  const asked = { from: "", attempt: pane.dataset.attempt, instance: pane.dataset.instance };
  const pinned = asked.attempt !== "";
  let stretches = 0, failures = 0, rest = null, wanted = line();
  function line() {
    const found = /^#L(\d{1,9})$/.exec(location.hash);
    return found ? Number(found[1]) : 0;
  }
  function say(text) {
    if ($("log-end").textContent !== text) $("log-end").textContent = text;
  }
  function clear() {
    pane.replaceChildren();
    rest = null;
    stretches = 0;
  }
  function add(html, last) {
    const atEnd = $("follow").checked;
    rest?.remove();
    rest = null;
    if (html) {
      const part = document.createElement("div");
      part.className = "part";
      part.innerHTML = html;
      pane.append(part);
    }
    if (last) {
      rest = document.createElement("div");
      rest.innerHTML = last;
      pane.append(rest);
    }
    if (wanted && $(`L${wanted}`)) show(wanted);
    else if (atEnd && !wanted) pane.scrollTop = pane.scrollHeight;
  }
  function show(number) {
    wanted = 0;
    pane.querySelectorAll(".linked").forEach((one) => one.classList.remove("linked"));
    const found = $(`L${number}`);
    if (!found) return;
    found.classList.add("linked");
    $("follow").checked = false;
    found.scrollIntoView({ block: "center" });
  }
  async function next() {
    let wait = PAUSE;
    try {
      const answer = await fetch(`${pane.dataset.log}?${new URLSearchParams(asked)}`, { cache: "no-store" });
      const told = await answer.json();
      if (!answer.ok) return say(told.error);
      failures = 0;
      if (!pinned && told.latest > told.attempt) { // another attempt begins another log
        clear();
        Object.assign(asked, { from: "", attempt: String(told.latest) });
        return setTimeout(next, 0);
      }
      const went = told.html !== "" || asked.from === "end";
      Object.assign(asked, { from: told.next, attempt: told.attempt ? String(told.attempt) : "", instance: told.instance ?? "" });
      $("log-of").textContent = [told.instance, told.latest > 1 ? `attempt ${told.attempt}` : ""].filter(Boolean).join(", ");
      add(told.html, told.rest);
      search(false);
      stretches += told.more ? 1 : 0;
      const held = told.more && stretches >= AT_ONCE && !wanted;
      $("log-more").hidden = !held;
      if (held) return say("There is more of this log.");
      if (told.ended) return say(pane.childElementCount ? "That is all of it." : "It wrote nothing.");
      say(pane.childElementCount ? "Following what it writes …" : "Nothing has been written yet.");
      if (told.more) wait = 0;
      else if (!went && document.hidden) wait = PAUSE * 4;
    } catch {
      failures += 1;
      wait = Math.min(PAUSE * 2 ** failures, LONGEST);
    }
    setTimeout(next, wait);
  }
  $("more").addEventListener("click", () => { stretches = 0; next(); });
  $("end").addEventListener("click", () => { clear(); asked.from = "end"; $("follow").checked = true; next(); });
  $("wrap").addEventListener("change", (event) => pane.classList.toggle("wrap", event.target.checked));
  $("follow").addEventListener("change", (event) => event.target.checked && (pane.scrollTop = pane.scrollHeight));
  // Who scrolls up wants to read: nothing pulls them down again until they say so, or are at the end.
  pane.addEventListener("wheel", (event) => event.deltaY < 0 && ($("follow").checked = false), { passive: true });
  pane.addEventListener("keydown", (event) => ["ArrowUp", "PageUp", "Home"].includes(event.key) && ($("follow").checked = false));
  addEventListener("hashchange", () => show(line()));
  next();

  // The search goes through what is there, and again through what comes.
  let hits = [], current = -1;
  function search(fresh) {
    const text = $("search").value.toLowerCase();
    pane.querySelectorAll(".hit, .now").forEach((one) => one.classList.remove("hit", "now"));
    hits = text ? [...pane.querySelectorAll(".l")].filter((one) => one.lastChild.textContent.toLowerCase().includes(text)) : [];
    hits.forEach((one) => one.classList.add("hit"));
    mark(text);
    if (fresh) current = -1;
    if (fresh && hits.length) go(1);
    else tellHits();
  }
  function mark(text) {
    if (!window.CSS?.highlights || !window.Highlight) return;
    const found = new Highlight();
    for (const hit of text ? hits.slice(0, 2000) : []) {
      const walker = document.createTreeWalker(hit.lastChild, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const lower = node.data.toLowerCase();
        for (let at = lower.indexOf(text); at >= 0; at = lower.indexOf(text, at + text.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, Math.min(at + text.length, node.length));
          found.add(range);
        }
      }
    }
    CSS.highlights.set("found", found);
  }
  function tellHits() {
    const place = current >= 0 && hits.length ? `${current + 1} of ` : "";
    $("hits").textContent = $("search").value ? `${place}${hits.length}` : "";
    hits[current]?.classList.add("now");
  }
  function go(step) {
    if (!hits.length) return tellHits();
    hits[current]?.classList.remove("now");
    current = (current + step + hits.length) % hits.length;
    $("follow").checked = false;
    hits[current].scrollIntoView({ block: "center" });
    history.replaceState(null, "", `#${hits[current].id}`); // the match is a link that can be handed on
    tellHits();
  }
  $("search").addEventListener("input", () => search(true));
  $("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  });
  $("before").addEventListener("click", () => go(-1));
  $("after").addEventListener("click", () => go(1));
}

const root = document.querySelector("[data-live]");
if (root) live(root);
const pane = document.querySelector("[data-log]");
if (pane) follow(pane);
setInterval(tick, 1000);
addEventListener("resize", fit);
fit();
