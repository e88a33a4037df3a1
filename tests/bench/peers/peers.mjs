// One matcher from npm, asked line by line: `node --expose-gc peers.mjs NAME MATERIAL.json`.
//
// MATERIAL.json holds {terms, …} with lists of texts by name. The first answer says what was built: {calls, build_us,
// heap_bytes}. After that each line of standard input is the name of a list, and each answer {cpu_us, found}: the CPU
// time of going over that list once, the process's whole, its garbage collector and compiler included, and in how many
// of the texts something was found.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

// Of each matcher's calls the quickest: for short texts one that stops at the first term; for the bulk text one that
// finds them all, since sensitive-word-tool finds terms across lines too, where the others see none, and would stop.
const MATCHERS = {
  fastscan: async (terms) => {
    const { default: FastScanner } = await import("fastscan");
    return () => {
      const scanner = new FastScanner(terms);
      const quick = { quick: true };
      return {
        calls: ["search(text, {quick: true})", "search(text)"],
        any: (text) => scanner.search(text, quick).length > 0,
        all: (text) => scanner.search(text).length > 0,
      };
    };
  },
  "mint-filter": async (terms) => {
    const { default: exported } = await import("mint-filter");
    return () => {
      const mint = new exported.Mint(terms);
      const kept = { replace: false };
      return {
        calls: ["verify(text)", "filter(text, {replace: false})"],
        any: (text) => !mint.verify(text),
        all: (text) => mint.filter(text, kept).words.length > 0,
      };
    };
  },
  "sensitive-word-tool": async (terms) => {
    const { SensitiveWordTool } = await import("sensitive-word-tool");
    return () => {
      const tool = new SensitiveWordTool({ wordList: terms });
      return {
        calls: ["verify(text)", "match(text)"],
        any: (text) => tool.verify(text),
        all: (text) => tool.match(text).length > 0,
      };
    };
  },
};

const [name, file] = process.argv.slice(2);
const { terms, ...lists } = JSON.parse(readFileSync(file, "utf8"));
const build = await MATCHERS[name](terms);

globalThis.gc();
const heap = process.memoryUsage().heapUsed;
const began = process.cpuUsage();
const { calls, any, all } = build();
const build_us = spent(began);
globalThis.gc();
answer({ calls, build_us, heap_bytes: process.memoryUsage().heapUsed - heap });

for await (const list of createInterface({ input: process.stdin })) {
  answer(over(lists[list], list === "bulk" ? all : any));
}

function over(texts, hit) {
  const since = process.cpuUsage();
  let found = 0;
  for (const text of texts) if (hit(text)) found += 1;
  return { cpu_us: spent(since), found };
}

function spent(since) {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

function answer(values) {
  process.stdout.write(`${JSON.stringify(values)}\n`);
}
