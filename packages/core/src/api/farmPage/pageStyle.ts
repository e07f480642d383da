/** The page's style sheet: light and dark, one column on a phone, two on a desk. No font and no image comes from elsewhere. */
export const pageStyle = `
:root{color-scheme:light dark;--bg:#f4f1e6;--card:#fffdf6;--ink:#2d2a22;--soft:#6a6453;--edge:#e0d8c2;--gold:#8a5a00;--bar:#e3a92c;--leaf:#2f6d36;--red:#a8322a;--chip:#efe8d4;--shade:0 1px 2px #4a3a1014,0 6px 20px #4a3a1012}
@media(prefers-color-scheme:dark){:root{--bg:#12172a;--card:#1b2238;--ink:#ece8da;--soft:#a9adbd;--edge:#323b57;--gold:#ffd166;--bar:#f2b632;--leaf:#8fd694;--red:#ff9d94;--chip:#28314d;--shade:0 1px 2px #0006,0 8px 24px #0004}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 ui-rounded,"Trebuchet MS",system-ui,sans-serif;overflow-wrap:anywhere}
[hidden]{display:none!important}
a{color:var(--leaf)}
:focus-visible{outline:3px solid var(--bar);outline-offset:2px;border-radius:6px}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:2}
.wrap{max-width:1120px;margin:0 auto;padding:1rem}
header{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin-bottom:.8rem}
h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.1rem;margin:0 0 .6rem}
.badge{font-size:.8rem;font-weight:700;border-radius:99px;padding:.1rem .7rem;background:var(--red);color:var(--card)}
.link{margin-left:auto;display:flex;gap:.5rem;align-items:center;font-size:.88rem;color:var(--soft)}
.dot{width:.7rem;height:.7rem;border-radius:50%;background:var(--soft);flex:none}
[data-link=live] .dot{background:#43a047}
[data-link=retry] .dot{background:#e0902a}
[data-link=retry]{color:var(--red);font-weight:600}
.card{background:var(--card);border:1px solid var(--edge);border-radius:16px;padding:1rem;box-shadow:var(--shade)}
.scene{margin:0;border-radius:18px;overflow:hidden;box-shadow:var(--shade);background:#8cc3e6;aspect-ratio:16/9}
.scene img{display:block;width:100%;height:100%}
.stats{display:grid;grid-template-columns:repeat(4,1fr);gap:.8rem;margin:.8rem 0;padding:0}
.stats dt{color:var(--soft);font-size:.86rem}
.stats dd{margin:0}
.big{font-size:1.75rem;font-weight:700;line-height:1.15;font-variant-numeric:tabular-nums}
#coins{color:var(--gold)}
.note{color:var(--soft);font-size:.86rem;margin:.2rem 0 0}
progress{appearance:none;width:100%;height:.6rem;border:0;border-radius:9px;overflow:hidden;background:var(--chip);margin-top:.35rem}
progress::-webkit-progress-bar{background:var(--chip)}
progress::-webkit-progress-value{background:var(--bar)}
progress::-moz-progress-bar{background:var(--bar)}
.cols{display:grid;grid-template-columns:minmax(0,1.65fr) minmax(0,1fr);gap:.8rem;align-items:start}
.side{display:grid;gap:.8rem}
ol,ul{list-style:none;margin:0;padding:0}
.proofs>li{border-top:1px solid var(--edge)}
.proofs>li:first-child{border-top:0}
summary{display:grid;grid-template-columns:auto 1fr auto;gap:.2rem .7rem;align-items:center;padding:.55rem .2rem;cursor:pointer;list-style:none;border-radius:8px}
summary::-webkit-details-marker{display:none}
summary .pay::after{content:"›";display:inline-block;margin-left:.5rem;color:var(--soft)}
details[open] summary .pay::after{transform:rotate(90deg)}
summary:hover{background:var(--chip)}
.what{min-width:0}
.what small{display:block;color:var(--soft)}
.pay{font-weight:700;color:var(--gold);font-variant-numeric:tabular-nums;white-space:nowrap}
.pay.none{color:var(--soft);font-weight:400}
.mark{width:1.9rem;height:1.9rem;border-radius:10px;display:grid;place-items:center;font-size:.8rem;font-weight:700;color:#fff;background:#6c6452}
.mark.maintenance{background:#5d6d78}.mark.toil{background:#8a6420}.mark.reliability{background:#6b655a}.mark.security{background:#6d4fa3}.mark.incident{background:#b0392e}.mark.upgrade{background:#2f7a3c}
.why{padding:.1rem .2rem .8rem 2.8rem}
.sum{display:flex;flex-wrap:wrap;gap:.3rem;align-items:stretch;margin:.2rem 0 .5rem}
.sum span{display:flex;flex-direction:column;background:var(--chip);border-radius:9px;padding:.15rem .55rem;font-variant-numeric:tabular-nums;font-weight:700}
.sum span small{font-weight:400;color:var(--soft)}
.sum b{align-self:center;color:var(--soft);font-weight:400}
.sum .out{background:var(--bar);color:#2b1d00}
.sum .out small{color:#4a3500}
.facts{font-size:.86rem;color:var(--soft);margin:0}
code,.mono{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,monospace;font-size:.85em}
pre{margin:.4rem 0;padding:.6rem .7rem;background:var(--chip);border-radius:10px;white-space:pre-wrap;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-size:.82rem;color:var(--soft);font-weight:600}
th,td{text-align:left;padding:.28rem .3rem;border-top:1px solid var(--edge)}
thead th{border-top:0}
.num{text-align:right}
.you{font-weight:700}
#token-form{margin-bottom:.8rem}
input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:9px;padding:.15rem .6rem;max-width:100%}
button{font:inherit;font-size:.86rem;color:inherit;background:var(--chip);border:1px solid var(--edge);border-radius:9px;padding:.15rem .7rem;cursor:pointer}
footer{color:var(--soft);font-size:.86rem;padding:1rem 0;display:flex;gap:1rem;flex-wrap:wrap}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(prefers-reduced-motion:no-preference){.bump{animation:bump .7s}@keyframes bump{35%{transform:scale(1.12)}}.fresh{animation:fresh 2.2s}@keyframes fresh{0%{background:#f2b63266}}}
@media(max-width:820px){.cols{grid-template-columns:minmax(0,1fr)}.stats{grid-template-columns:repeat(2,1fr)}}
@media(max-width:420px){.why{padding-left:.2rem}.wrap{padding:.6rem}.big{font-size:1.4rem}}
`
