#include <algorithm>

#include "compiler/explain/html_writer.h"

namespace headrace::explaining {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2126;--dim:#59636e;--line:#d5dbe1;--soft:#f3f5f7;--mark:#ffe49a;--link:#0b57a4;
--entropy:#c9781a;--idct:#2f6fbd;--resize:#1f8a70;--store:#7a4fb5;--other:#7c8793}
@media(prefers-color-scheme:dark){:root{--bg:#15191d;--fg:#e4e8ec;--dim:#9aa5b0;--line:#343b43;--soft:#1e242a;--mark:#5c4a12;--link:#7db4f0;
--entropy:#e09a45;--idct:#6aa3e6;--resize:#45b598;--store:#aa87de;--other:#8d98a4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.2rem 1rem 3rem;max-width:76rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;-webkit-text-size-adjust:100%}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
p{margin:.4rem 0;max-width:46rem}
a{color:var(--link)}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
.dim{color:var(--dim)}
.sub{overflow-wrap:anywhere}
.wrap{overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.6rem;margin:1rem 0}
.tile{background:var(--soft);border-radius:.5rem;padding:.6rem .8rem}
.tile b{display:block;font-size:1.35rem;line-height:1.3}
.tile span{color:var(--dim);font-size:.85rem}
.shares{display:flex;height:1.5rem;border-radius:.35rem;overflow:hidden;background:var(--soft)}
.shares i{display:block;min-width:1px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:.5rem 0 0;padding:0;list-style:none;font-size:.9rem}
.legend i{display:inline-block;width:.75em;height:.75em;border-radius:.2em;margin-right:.4em}
.b-entropy{background:var(--entropy)}.b-idct{background:var(--idct)}.b-resize{background:var(--resize)}
.b-store{background:var(--store)}.b-other{background:var(--other)}
.cols{display:grid;grid-template-columns:minmax(0,27rem) minmax(0,1fr);gap:1.6rem;align-items:start}
svg{display:block;width:100%;height:auto}
svg text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--fg);font-size:13px}
svg .s{font-size:11.5px;fill:var(--dim)}
svg .h{font-family:inherit;font-weight:600}
svg .box{fill:var(--soft);stroke:var(--line)}
svg .nest{fill:none;stroke:var(--dim);stroke-width:1.5}
svg .dash{stroke-dasharray:5 4}
svg .tie{fill:none;stroke:var(--dim);stroke-opacity:.55}
svg .flow{fill:none;stroke:var(--dim);stroke-width:1.5}
svg .tip{fill:var(--dim)}
.f-entropy{fill:var(--entropy)}.f-idct{fill:var(--idct)}.f-resize{fill:var(--resize)}.f-store{fill:var(--store)}.f-other{fill:var(--other)}
dl{margin:0}dt{margin-top:.7rem;overflow-wrap:anywhere}dd{margin:.1rem 0 0;color:var(--dim);overflow-wrap:anywhere}
.stage{display:grid;grid-template-columns:minmax(12.5rem,1.7fr) minmax(6rem,2.6fr) repeat(6,minmax(3.6rem,.8fr));gap:.1rem .8rem;
padding:.45rem 0;border-top:1px solid var(--line);align-items:center;font-size:.92rem}
.stage>*{min-width:0}
.stage.head{border-top:0;color:var(--dim);font-size:.82rem;align-items:end}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.extras{display:contents}
.stages{margin-top:.8rem}
.bar{position:relative;height:1.05rem;background:var(--soft);border-radius:.2rem}
.bar i{position:absolute;inset:0 auto 0 0;border-radius:.2rem;min-width:2px}
.bar u{position:absolute;top:-.15rem;bottom:-.15rem;width:2px;background:var(--fg)}
.what{grid-column:1/-1;color:var(--dim);font-size:.85rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
td:first-child,th:first-child{white-space:nowrap}
th{color:var(--dim);font-weight:400;font-size:.82rem;border-top:0}
td.num,th.num{text-align:right;padding-right:0;padding-left:.6rem}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0}
summary{cursor:pointer;padding:.55rem .8rem;overflow-wrap:anywhere}
summary .dim{font-size:.88rem}
.code{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);border-top:1px solid var(--line)}
.pane{overflow:auto;max-height:75vh;padding:.4rem 0;font-size:.8rem;line-height:1.45;white-space:pre;tab-size:2;
font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.pane+.pane{border-left:1px solid var(--line)}
.pane a{display:block;color:inherit;text-decoration:none;padding:0 .8rem 0 0;width:max-content;min-width:100%}
.pane a:hover{background:var(--soft)}
.pane a::before{content:attr(data-n);display:inline-block;width:3.6em;padding-right:.8em;text-align:right;color:var(--dim);
position:sticky;left:0;background:var(--bg)}
.pane .l{scroll-margin-block:38vh}
.pane .l.none{color:var(--dim)}
.pane .a{border-top:1px dotted var(--line);position:relative;padding-left:4.4em}
.pane .a::before{position:absolute;left:0;top:0;width:3.6em}
.pane .l:target{background:var(--mark)}
.pane .l:target::before{background:var(--mark)}
footer{margin-top:2.5rem;color:var(--dim);font-size:.85rem}
@media(max-width:52rem){
.cols{grid-template-columns:minmax(0,1fr)}
.stage{grid-template-columns:minmax(0,1fr) auto auto;gap:.15rem .7rem}
.stage.head{display:none}
.stage .bar{grid-column:1/-1;grid-row:2}
.extras{display:flex;flex-wrap:wrap;gap:0 .9rem;grid-column:1/-1;font-size:.82rem;color:var(--dim)}
.extras .num{text-align:left}
.extras .nothing{display:none}
.extras .num::before{content:attr(data-t) " "}
.code{grid-template-columns:minmax(0,1fr)}
.pane{max-height:42vh;font-size:.74rem}
.pane+.pane{border-left:0;border-top:2px solid var(--line)}
}
@media print{
:root{color-scheme:light;--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;--soft:#f1f1f1;--mark:#ffe49a;--link:#000;
--entropy:#c9781a;--idct:#2f6fbd;--resize:#1f8a70;--store:#7a4fb5;--other:#7c8793}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
html{font-size:10pt}
body{max-width:none;padding:0;font-size:1rem}
body:not(:has(.code-of[open])) .code-head{display:none}
h2{break-after:avoid}
.stage,tr,dt,.tile,svg{break-inside:avoid}
dt{break-after:avoid}
.cols{grid-template-columns:8.2cm minmax(0,1fr)}
details:not([open]),.screen{display:none}
.pane{max-height:none;overflow:hidden;white-space:pre-wrap;font-size:6.5pt}
.pane a{width:auto}
a{text-decoration:none}
}
)css";

}  // namespace

std::string html_style(const Explanation& e) {
  std::string css(kStyle);
  // Selecting a line of the loop IR marks the instructions that come from it, without a script.
  int longest = 0;
  for (const ExplainedStage& s : e.stages) longest = std::max(longest, s.line_count);
  for (int line = 1; line <= longest; ++line) {
    const std::string n = std::to_string(line);
    css += ".code:has(.l" + n + ":target) .a" + n + (line < longest ? ",\n" : "{background:var(--mark)}\n");
  }
  return css;
}

}  // namespace headrace::explaining
