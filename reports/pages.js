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
// Where cases are files of their own, the matrix knows in which.
function redirect() {
  if (!/^#(?:case|cell)\//.test(location.hash) || document.getElementById(location.hash.slice(1))) return;
  const row = location.hash.replace(/^#cell\/(.+)@[^@]+$/, "#case/$1");
  const leads = [location.hash, row].map((hash) => all(".matrix a").find((link) => link.hash === hash));
  const link = leads.find(Boolean);
  if (link) location.replace(carry(link).href);
  else if (row !== location.hash) location.replace(row);
}
// What is asked and compared goes along from file to file.
function carry(link) {
  const own = link.protocol === location.protocol && link.host === location.host && link.pathname.endsWith(".html");
  if (own && link.pathname !== location.pathname) link.search = query(...Object.keys(said));
  return link;
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link) carry(link);
}, true);
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
