"use strict";
// Everything in these scripts is a convenience: the page reads completely without them.
// This one is what every document has, with a matrix or without.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const current = () => document.getElementById(location.hash.slice(1))?.closest(".page");

function save(name, type, text) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  make("a", { download: `session-conformance.${name}`, href }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

// What the address says besides the page: what is asked of the matrix, its columns, what is compared.
const said = { q: "", cols: "", cmp: "" };
let heard = null;
function hear() {
  const found = new URLSearchParams(location.search);
  for (const key of Object.keys(said)) said[key] = found.get(key) ?? "";
  heard = location.search;
}
function query(...keys) {
  const text = String(new URLSearchParams(keys.filter((key) => said[key]).map((key) => [key, said[key]])));
  return text && `?${text.replace(/%(?:2C|2F|3A|40)/g, decodeURIComponent)}`;
}
function say(words, hash = location.hash) {
  Object.assign(said, words);
  try {
    history.replaceState(null, "", location.pathname + query(...Object.keys(said)) + hash);
  } catch {
    // Some browsers keep the address of a local file as it is.
  }
  heard = location.search;
}
window.addEventListener("popstate", () => {
  if (location.search === heard) return;
  hear();
  document.dispatchEvent(new Event("heard"));
});

const copier = make("span", { className: "copy" }, make("button", { type: "button", textContent: "Copy link" }), make("span", { role: "status" }));
copier.firstChild.dataset.do = "copy";
async function copy(button) {
  const of = button.closest(".page") ? query("cmp") + location.hash : `${query("q", "cols")}#matrix`;
  const address = location.href.split(/[?#]/)[0] + of;
  const told = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(address);
    told.textContent = "copied";
  } catch {
    const field = make("input", { readOnly: true, value: address, ariaLabel: "Address" });
    told.replaceChildren(field);
    field.select();
    told.append(document.execCommand("copy") ? " copied" : " selected, to be copied");
  }
}

// What buttons and keys do; the matrix adds its own.
const turn = (direction) => current()?.querySelector(direction > 0 ? "a[rel=next]" : "a[rel=prev]")?.click();
const DO = { copy };
const KEYS = {
  n: () => turn(1), p: () => turn(-1),
  m: () => document.querySelector('.top a[href$="#matrix"]')?.click(),
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) DO[button.dataset.do](button);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!event.target.matches("input:not([type=checkbox]), select")) KEYS[event.key]?.(event);
});

// Every cell has an address; where nothing more is told of it than of its row, it is the row's.
function redirect() {
  const found = /^#cell\/(.+)@[^@]+$/.exec(location.hash);
  if (found && !document.getElementById(location.hash.slice(1))) location.replace(`#case/${found[1]}`);
}
const title = document.title;
function entitle() {
  const page = current();
  const name = page?.querySelector("h1 .id")?.textContent;
  document.title = name ? `${name} · Session conformance` : title;
  copier.lastChild.replaceChildren();
  page?.querySelector(".crumbs")?.append(copier);
}
window.addEventListener("hashchange", () => { redirect(); entitle(); });
hear();
redirect();
entitle();
