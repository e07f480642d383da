/** The page at a tracker's root: one document that loads nothing from elsewhere and whose policy allows only itself. */
import { createHash } from "node:crypto"
import { pageScript } from "./farmPage/pageScript.ts"
import { pageStyle } from "./farmPage/pageStyle.ts"

const sha256 = (text: string): string => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`

/**
 * The Content-Security-Policy to send with the page: the inline script and style run because of their hashes, every other
 * script, style, frame, form or foreign address is refused even if a farm's name should ever find a way in.
 */
export const farmPageCsp: string = [
  "default-src 'none'",
  `script-src ${sha256(pageScript)}`,
  `style-src ${sha256(pageStyle)}`,
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

/** The Content-Security-Policy to send with `/farm.svg`: opened by itself it may style itself and do nothing else. */
export const farmSvgCsp = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M3 30V14l5-8 8-3 8 3 5 8v16z' fill='%23b8453a'/%3E%3Cpath d='M9 30V17h14v13M9 17l14 13M23 17L9 30' fill='none' stroke='%23fff' stroke-width='2.5'/%3E%3C/svg%3E"

const body = `<a class="skip" href="#proofs-title">Skip to the proofs</a>
<div class="wrap">
<header>
<h1 id="name">FarmOps</h1>
<span id="sample" class="badge" hidden>Sample farm</span>
<div id="link" class="link" data-link="wait" role="status"><span class="dot" aria-hidden="true"></span><span id="link-text">Connecting…</span></div>
</header>
<main>
<form id="token-form" class="card" hidden><label for="token">This tracker can be reached from other machines, so it shows its farm to its owner only. The owner's token is in the file <code>owner-token</code> of its data directory.</label><p><input id="token" type="password" required autocomplete="off" spellcheck="false"> <button>Open the farm</button></p></form>
<p id="sample-note" class="note" hidden>This farm grew from a sample repository that FarmOps made itself, because no repository was found. It is nobody's work.</p>
<figure class="scene"><img id="picture" alt="The farm is being drawn" width="960" height="540" src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="></figure>
<p id="picture-note" class="note" hidden>The picture could not be loaded.</p>
<dl class="stats">
<div class="card"><dt>Coins</dt><dd><div id="coins" class="big">–</div><p id="coins-note" class="note"></p></dd></div>
<div class="card"><dt>Level</dt><dd><div id="level" class="big">–</div><progress id="level-bar" aria-label="Coins towards the next level" value="0" max="1"></progress><p id="level-note" class="note"></p></dd></div>
<div class="card"><dt>Streak</dt><dd><div id="streak" class="big">–</div><p id="streak-note" class="note"></p></dd></div>
<div class="card"><dt>Coins today</dt><dd><div id="today" class="big">–</div><progress id="today-bar" aria-label="Today's coins of the daily ceiling" value="0" max="1"></progress><p id="today-note" class="note"></p></dd></div>
</dl>
<div class="cols">
<section class="card" aria-labelledby="proofs-title">
<h2 id="proofs-title" tabindex="-1">The last proofs</h2>
<p class="note">Open one to see how its reward came about.</p>
<ol id="proofs" class="proofs"></ol>
<p id="proofs-note" class="note" hidden></p>
</section>
<div class="side">
<section class="card" aria-labelledby="board-title">
<h2 id="board-title">Leaderboard</h2>
<table id="board" hidden><thead><tr><th scope="col" class="num">#</th><th scope="col">Farm</th><th scope="col" class="num">Coins</th><th scope="col" class="num">Level</th><th scope="col" class="num">Streak</th></tr></thead><tbody id="board-rows"></tbody></table>
<p id="board-note" class="note">Loading…</p>
</section>
<section class="card" aria-labelledby="categories-title">
<h2 id="categories-title">What grew it</h2>
<table><thead><tr><th scope="col">Category</th><th scope="col" class="num">Proofs</th><th scope="col" class="num">Coins</th></tr></thead><tbody id="categories"></tbody></table>
</section>
<section id="things" class="card" aria-labelledby="things-title" hidden>
<h2 id="things-title">On the farm</h2>
<p id="purse" class="note"></p>
<table id="owned-table"><thead><tr><th scope="col">What coins bought</th><th scope="col" class="num">Level</th><th scope="col" class="num">Count</th></tr></thead><tbody id="owned"></tbody></table>
<p id="achieved" class="note"></p>
</section>
<section class="card" aria-labelledby="verify-title">
<h2 id="verify-title">Check it yourself</h2>
<p class="note">Every coin stands on a signed proof. The first command writes the chain to a file; the second checks each link and signature with the agent's public key and asks no server. The <a href="/verify">verifier's page</a> does the second without a terminal:</p>
<div id="keys"></div>
<p id="keys-note" class="note">The key appears here when an agent is approved.</p>
</section>
</div>
</div>
<div id="said" class="quiet" aria-live="polite"></div>
</main>
<footer><span>FarmOps</span><a href="/docs">API</a><a href="/openapi.json">OpenAPI</a><a href="/farm.svg">The picture</a><a href="/verify">Check a file</a></footer>
</div>
<noscript><p class="wrap">This page needs JavaScript to stay live. The farm itself is at <a href="/farm.svg">/farm.svg</a>.</p></noscript>`

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>FarmOps</title>
<link rel="icon" href="${icon}">
<style>${pageStyle}</style>
</head>
<body>
${body}
<script>${pageScript}</script>
</body>
</html>
`

/** The page's bytes; they never change while the program runs, so a caller may compute an ETag once. Send {@link farmPageCsp} with it. */
export const farmPageHtml = (): string => page
