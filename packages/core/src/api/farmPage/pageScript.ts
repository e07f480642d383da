/**
 * The page's script, as the text that a browser runs. Everything that comes from the tracker enters the page through
 * `textContent` or an attribute, never as markup: a farm's name and a proof's words are written by others.
 */
export const pageScript = String.raw`
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const format = new Intl.NumberFormat("en");
  const count = (n, one) => format.format(n) + " " + one + (n === 1 ? "" : "s");
  const thousandths = (n) => "× " + String(n / 1000);
  const el = (name, attributes, ...children) => {
    const node = document.createElement(name);
    for (const key of Object.keys(attributes || {})) node.setAttribute(key, attributes[key]);
    node.append(...children.filter((child) => child !== null));
    return node;
  };
  const put = (id, text) => {
    const node = $(id);
    if (node.textContent === text) return false;
    node.textContent = text;
    return true;
  };
  const moment = (stamp) => {
    const date = new Date(stamp);
    return el("time", { datetime: stamp, title: stamp }, date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  };
  // Where others can reach the tracker it shows the farm to its owner only; the token stays in this tab.
  const tokenKey = "farmops-owner-token";
  let token = "";
  try { token = sessionStorage.getItem(tokenKey) || ""; } catch { /* no storage: ask again after a reload */ }
  const ask = async (path, accept, signal) => {
    const headers = { accept };
    if (token !== "") headers.authorization = "Bearer " + token;
    const answer = await fetch(path, { headers, signal, cache: "no-store" });
    if (answer.status === 401) askForToken();
    if (!answer.ok) throw new Error("answer " + answer.status);
    return answer;
  };
  const get = async (path) => (await ask(path, "application/json", AbortSignal.timeout(10000))).json();
  // One request at a time for each part; what changes meanwhile is asked for once more, at most once in a while.
  const refresher = (work, pauseMs) => {
    let busy = false, again = false;
    const run = async () => {
      if (busy) { again = true; return; }
      busy = true;
      try { await work(); } catch { /* each part shows its own failure */ }
      setTimeout(() => { busy = false; if (again) { again = false; run(); } }, pauseMs);
    };
    return run;
  };

  let farm = null, shownPicture = "", saidAt = 0;
  const say = (text) => {
    if (Date.now() - saidAt < 5000) return;
    saidAt = Date.now();
    $("said").textContent = text;
  };
  const bump = (id) => {
    const node = $(id);
    node.classList.remove("bump");
    void node.offsetWidth;
    node.classList.add("bump");
  };
  const showFarm = (next) => {
    const grew = farm !== null && next.proofs > farm.proofs;
    farm = next;
    document.title = (next.sample ? "Sample: " : "") + next.name + " · FarmOps";
    put("name", next.name);
    $("sample").hidden = !next.sample;
    $("sample-note").hidden = !next.sample;
    if (put("coins", format.format(next.total_coins)) && grew) bump("coins");
    put("coins-note", count(next.proofs, "proof") + (next.bot_coins > 0 ? " · bots " + format.format(next.bot_coins) : ""));
    put("purse", next.debt > 0 ? count(next.debt, "coin") + " that were taken back have to be earned again." : count(next.current_coins, "coin") + " to spend: farmops farm shop");
    put("level", format.format(next.level));
    $("level-bar").max = Math.max(1, next.level_progress.need);
    $("level-bar").value = next.level_progress.have;
    put("level-note", format.format(next.level_progress.have) + " of " + format.format(next.level_progress.need) + " to level " + format.format(next.level + 1));
    put("streak", count(next.streak_days, "day"));
    put("streak-note", count(next.freezes, "freeze") + " kept in rain barrels");
    put("today", format.format(next.today_coins));
    $("today-bar").hidden = next.ceiling === 0;
    $("today-bar").max = Math.max(1, next.ceiling);
    $("today-bar").value = next.today_coins;
    put("today-note", next.ceiling === 0 ? "no daily ceiling" : "of " + format.format(next.ceiling) + (next.today_coins >= next.ceiling ? ": the barn is full" : " a day"));
    showCategories(next.categories);
    if (grew) say("The farm grew: " + count(next.total_coins, "coin") + " from " + count(next.proofs, "proof") + ".");
    const picture = [next.updated_at, next.proofs, next.total_coins, next.bot_coins, next.streak_days, next.freezes, next.today_coins].join("-");
    if (picture !== shownPicture) { shownPicture = picture; drawPicture(); }
  };
  const showCategories = (rows) => {
    $("categories").replaceChildren(...rows.map((row) => el("tr", {},
      el("th", { scope: "row" }, row.category),
      el("td", { class: "num" }, format.format(row.total_proofs)),
      el("td", { class: "num" }, format.format(row.total_coins)))));
  };
  // The new picture is loaded beside the old one, so nothing flickers.
  const drawPicture = refresher(async () => {
    const wanted = shownPicture;
    let address = "";
    try {
      const answer = await ask("/farm.svg", "image/svg+xml", AbortSignal.timeout(10000));
      address = URL.createObjectURL(new Blob([await answer.text()], { type: "image/svg+xml" }));
      const image = new Image();
      image.src = address;
      await image.decode();
      image.id = "picture";
      image.width = 960;
      image.height = 540;
      image.alt = farm.name + ": a farm at level " + farm.level + " with " + count(farm.total_coins, "coin") + " and a streak of " + count(farm.streak_days, "day");
      $("picture").replaceWith(image);
      $("picture-note").hidden = true;
    } catch {
      $("picture-note").hidden = false;
      if (shownPicture === wanted) shownPicture = "";
    }
    if (address !== "") URL.revokeObjectURL(address);
  }, 700);

  const reasons = {
    void: "No coins: this proof is void, since its signer is no longer trusted from here on.",
    key_rotation: "No coins: the agent went over to a new key.",
    not_verified: "No coins: the evidence was not verified.",
    not_success: "No coins: the work did not end in success.",
    ceiling: "Cut by the day's ceiling: the barn is full."
  };
  const chip = (label, value, kind) => el("span", kind ? { class: kind } : {}, el("small", {}, label), value);
  const factors = (detail) => {
    const parts = [chip("base", String(detail.base))];
    for (const name of ["complexity", "impact", "streak", "upgrade", "fatigue"]) parts.push(chip(name, thousandths(detail[name])));
    if (detail.uncapped !== detail.coins) parts.push(el("b", {}, "="), chip("worth", format.format(detail.uncapped)), el("b", {}, "→"));
    else parts.push(el("b", {}, detail.reason === null ? "=" : "→"));
    parts.push(chip("coins", format.format(detail.coins), "out"));
    return el("div", { class: "sum" }, ...parts);
  };
  const explain = (entry) => {
    const { proof, scoring_detail: detail } = entry;
    const words = [];
    if (detail.reason !== null) words.push(reasons[detail.reason] || detail.reason);
    if (detail.reason === "ceiling" && detail.ceiling_left !== null) words.push("The ceiling left " + count(detail.ceiling_left, "coin") + " of the " + format.format(detail.uncapped) + " that it is worth.");
    if (detail.fatigue < 1000 && detail.repeats_today > 0) words.push("The same kind of work for the " + format.format(detail.repeats_today) + ". time that day counts less.");
    words.push(detail.board === "bot" ? "Board: bots, apart from people's." : "Board: people.");
    words.push("Farm-day " + detail.farm_day + (detail.streak_days > 0 ? ", day " + detail.streak_days + " of a streak." : "."));
    return el("div", { class: "why" }, factors(detail),
      el("p", { class: "facts" }, words.join(" ")),
      el("p", { class: "facts" }, "Proof " + proof.sequence + " of agent ", el("span", { class: "mono" }, proof.agent.agent_id.slice(0, 8)), ", by a " + proof.actor.actor_type + ", hash ", el("span", { class: "mono" }, entry.hash)));
  };
  const proofItem = (entry) => {
    const { proof } = entry;
    const { action } = proof;
    const details = el("details", {}, el("summary", {},
      el("span", { class: "mark " + action.category, "aria-hidden": "true" }, action.category.slice(0, 1).toUpperCase()),
      el("span", { class: "what" }, action.description, el("small", {}, action.category + " · " + action.action_type + " · ", moment(proof.timestamp))),
      el("span", { class: "pay" + (entry.coins === 0 ? " none" : "") }, entry.coins === 0 ? "no coins" : "+" + count(entry.coins, "coin"))));
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(explain(entry)); });
    return el("li", { "data-proof": proof.proof_id }, details);
  };
  let seenProofs = false;
  const showProofs = refresher(async () => {
    let answer;
    try { answer = await get("/api/v1/proofs?limit=20"); }
    catch (error) { $("proofs-note").hidden = false; put("proofs-note", "The proofs could not be loaded."); throw error; }
    const list = $("proofs");
    const known = new Map(Array.from(list.children, (item) => [item.dataset.proof, item]));
    const items = answer.proofs.map((entry) => {
      const kept = known.get(entry.proof.proof_id);
      if (kept) return kept;
      const item = proofItem(entry);
      if (seenProofs) item.classList.add("fresh");
      return item;
    });
    seenProofs = true;
    // Items that stay are not touched, so what is open stays open and the focus stays where it is.
    const keep = new Set(items);
    for (const item of Array.from(list.children)) if (!keep.has(item)) item.remove();
    items.forEach((item, i) => { if (list.children[i] !== item) list.insertBefore(item, list.children[i] || null); });
    $("proofs-note").hidden = items.length > 0;
    put("proofs-note", "No proof yet. Commit something in the repository that the agent watches, and it grows here.");
  }, 900);

  const showBoard = refresher(async () => {
    let entries;
    try { entries = (await get("/api/v1/leaderboard")).entries; }
    catch (error) { put("board-note", "The leaderboard could not be loaded."); $("board-note").hidden = false; $("board").hidden = true; throw error; }
    $("board").hidden = entries.length === 0;
    $("board-note").hidden = entries.length > 0;
    put("board-note", "This farm has not joined a village yet.");
    $("board-rows").replaceChildren(...entries.slice(0, 10).map((entry) => el("tr", farm !== null && entry.display_name === farm.name ? { class: "you" } : {},
      el("td", { class: "num" }, String(entry.rank)),
      el("th", { scope: "row" }, entry.display_name),
      el("td", { class: "num" }, format.format(entry.total_coins)),
      el("td", { class: "num" }, String(entry.level)),
      el("td", { class: "num" }, String(entry.streak_days)))));
  }, 5000);

  const command = (text) => {
    const button = el("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
      catch { button.textContent = "Select the text to copy it"; }
      setTimeout(() => { button.textContent = "Copy"; }, 2500);
    });
    return [el("pre", { tabindex: "0" }, el("code", {}, text)), button];
  };
  let keysShown = "";
  const showKeys = refresher(async () => {
    const agents = (await get("/api/v1/agents")).agents.filter((agent) => agent.status === "approved");
    const shown = agents.map((agent) => agent.agent_id + agent.public_key).join();
    if (shown === keysShown) return;
    keysShown = shown;
    const many = agents.length > 1;
    $("keys").replaceChildren(...agents.flatMap((agent) => {
      const file = many ? "farm-" + agent.agent_id.slice(0, 8) + ".jsonl" : "farm.jsonl";
      const pick = many ? " --agent " + agent.agent_id : "";
      return [
        ...(many ? [el("h3", {}, agent.cluster_alias)] : []),
        ...command("npx farmops proof export --out " + file + pick + " && npx farmops proof verify " + file + " --key " + agent.public_key)
      ];
    }));
    $("keys-note").hidden = agents.length > 0;
  }, 3000);

  const showThings = refresher(async () => {
    const { trophies, upgrades } = await get("/api/v1/farm/upgrades");
    const { achievements } = await get("/api/v1/farm/achievements");
    const earned = achievements.filter((one) => one.earned !== null);
    $("things").hidden = upgrades.length === 0 && earned.length === 0;
    $("owned-table").hidden = upgrades.length === 0;
    $("owned").replaceChildren(...upgrades.map((one) => el("tr", {},
      el("th", { scope: "row" }, one.name || one.item),
      el("td", { class: "num" }, format.format(one.level)),
      el("td", { class: "num" }, format.format(one.count)))));
    const names = earned.slice(-5).map((one) => one.name).join(", ");
    put("achieved", earned.length === 0 ? "" : count(earned.length, "achievement") + " of " + format.format(achievements.length) + (trophies.length > 0 ? ", " + (trophies.length === 1 ? "1 trophy" : format.format(trophies.length) + " trophies") : "") + ". Among them: " + names + ".");
  }, 3000);

  // The stream is read with fetch, because an EventSource can send no token.
  let stream = null, live = false, locked = false, attempt = 0, timer = 0, heardAt = null;
  const link = (state, text) => { $("link").dataset.link = state; put("link-text", text); };
  const since = () => heardAt === null ? "" : " Numbers are from " + heardAt.toLocaleTimeString() + ".";
  const stop = () => {
    clearTimeout(timer);
    live = false;
    if (stream !== null) stream.abort();
    stream = null;
  };
  const askForToken = () => {
    stop();
    locked = true;
    link("retry", "Waiting for the owner's token");
    $("token-form").hidden = false;
  };
  $("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    token = $("token").value.trim();
    try { sessionStorage.setItem(tokenKey, token); } catch { /* kept in memory only */ }
    $("token").value = "";
    $("token-form").hidden = true;
    locked = false;
    attempt = 0;
    connect();
  });
  const showAll = async () => {
    try { showFarm(await get("/api/v1/farm")); } catch { /* the link says so */ }
    showProofs(); showBoard(); showKeys(); showThings();
  };
  const retry = () => {
    stop();
    if (locked) return;
    if (attempt === 0) say("The connection to the tracker is lost. Reconnecting.");
    // Doubles from half a second to half a minute; a little chance keeps many pages from knocking at once.
    const waitMs = Math.round(Math.min(30000, 500 * 2 ** attempt) * (0.75 + Math.random() * 0.5));
    attempt += 1;
    link("retry", "Reconnecting (attempt " + attempt + ")…" + since());
    timer = setTimeout(connect, waitMs);
  };
  const heard = (data) => {
    const next = JSON.parse(data);
    heardAt = new Date();
    const changed = farm === null || next.proofs !== farm.proofs;
    const spent = farm === null || next.current_coins !== farm.current_coins || next.debt !== farm.debt;
    showFarm(next);
    if (changed) { showProofs(); showBoard(); showKeys(); }
    if (changed || spent) showThings();
  };
  const take = (block) => {
    const fields = block.split("\n");
    if (!fields.includes("event: farm")) return;
    heard(fields.filter((field) => field.startsWith("data:")).map((field) => field.slice(5)).join("\n"));
  };
  const connect = async () => {
    stop();
    const mine = stream = new AbortController();
    try {
      const answer = await ask("/api/v1/events", "text/event-stream", mine.signal);
      attempt = 0;
      live = true;
      heardAt = new Date();
      link("live", "Live");
      showAll();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
        rest = blocks.pop();
        if (rest.length > 1000000) break;
        blocks.forEach(take);
      }
    } catch { /* away, or not an answer of ours: try again */ }
    if (stream === mine) retry();
  };
  const wake = () => { if (!live && !locked && !document.hidden) { attempt = 0; connect(); } };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  // A new day changes the farm without an event, and a connection can die without a word: so ask now and then.
  setInterval(() => {
    if (document.hidden || !live) return;
    get("/api/v1/farm").then(showFarm, retry);
    showBoard(); showKeys();
  }, 30000);
  connect();
})();
`
